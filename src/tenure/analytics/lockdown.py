"""Locks the running process in, for good: it may read one folder, write another, and use so much memory and time.

    rlimits ──▶ no_new_privs ──▶ Landlock (Linux 5.13 and later)

Landlock binds this thread and those that it starts, so call `lock_in` before the database opens its own. Where the
kernel has no Landlock the answer says so, and the caller must keep the files out of reach in another way.
"""

import ctypes
import os
import resource
import signal
import struct
from collections.abc import Sequence

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_REG, TRUNCATE = 1 << 8, 1 << 14
READ = READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | REMOVE_FILE | MAKE_REG | TRUNCATE
FILE_ONLY = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE


def landlock_version() -> int:
    """The version of Landlock that the kernel speaks; 0 when it does not."""
    return max(0, _syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(CREATE_RULESET_VERSION)))


def lock_in(read: Sequence[str], write: Sequence[str], *, memory_bytes: int, cpu_s: int, file_bytes: int) -> int:
    """Lock this process in; answers the version of Landlock that holds it, 0 for none."""
    _limit(memory_bytes=memory_bytes, cpu_s=cpu_s, file_bytes=file_bytes)
    if not hasattr(_libc(), "prctl"):
        return 0
    _libc().prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if _libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return 0
    version = landlock_version()
    return version if version and _landlock(version, read, write) else 0


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _syscall(number: int, *arguments: object) -> int:
    libc = _libc()
    return int(libc.syscall(ctypes.c_long(number), *arguments)) if hasattr(libc, "prctl") else -1


def _limit(*, memory_bytes: int, cpu_s: int, file_bytes: int) -> None:
    wanted = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_CPU: cpu_s,
        resource.RLIMIT_FSIZE: file_bytes,
        resource.RLIMIT_NOFILE: 128,
        resource.RLIMIT_CORE: 0,
    }
    for limit, value in wanted.items():
        _, hard = resource.getrlimit(limit)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (bound, bound))


def _handled(version: int) -> bytes:
    """Everything that this version knows of files, TCP, and signals to others, is refused unless a rule allows it."""
    bits = 13 + (version >= 2) + (version >= 3) + (version >= 5)
    files = (1 << bits) - 1
    fields = [files] + ([0b11] if version >= 4 else []) + ([0b11] if version >= 6 else [])
    return struct.pack(f"={len(fields)}Q", *fields)


def _landlock(version: int, read: Sequence[str], write: Sequence[str]) -> bool:
    attributes = _handled(version)
    ruleset = _syscall(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    try:
        for path in read:
            _allow(ruleset, path, READ)
        for path in write:
            _allow(ruleset, path, WRITE if version >= 3 else WRITE & ~TRUNCATE)
        return _syscall(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)) == 0
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, access: int) -> None:
    """Allow what is under a path; a path that does not exist needs no rule."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        allowed = access if os.path.isdir(path) else access & FILE_ONLY
        rule = struct.pack("=Qi", allowed, place)
        if _syscall(ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(RULE_PATH_BENEATH), rule, ctypes.c_uint32(0)) != 0:
            raise OSError(ctypes.get_errno(), "Landlock refused a rule", path)
    finally:
        os.close(place)
