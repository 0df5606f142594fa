"""Which Parquet files make up one consistent version of a scope's tables; swapping the manifest publishes it.

    <root>/<account>/<live|test>/manifest.json ──▶ {"tables": {"subscriptions": {"base": …, "deltas": […]}}}
                                 subscriptions-12-base.parquet, subscriptions-13-delta.parquet, …

A reader that has read a manifest finds its files for KEEP_RETIRED_MS more, however often it is replaced.
"""

import hashlib
import os
from pathlib import Path

import msgspec

from tenure.analytics.catalogue import TABLES
from tenure.domain.documents import Scope

NAME = "manifest.json"
KEEP_RETIRED_MS = 15 * 60_000
FORMAT = 1


class Part(msgspec.Struct, frozen=True):
    """One Parquet file and how many rows it has."""

    file: str
    rows: int


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """One table: `base` without the documents that a delta names, and the newest of each in the deltas."""

    base: Part | None = None
    deltas: tuple[Part, ...] = ()


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One version; `data_load_time` and the watermarks in `changed` are in unix milliseconds."""

    version: int = 0
    catalogue: str = ""
    data_load_time: int = 0
    changed: dict[str, int] = msgspec.field(default_factory=dict)
    tables: dict[str, Files] = msgspec.field(default_factory=dict)
    retired: dict[str, int] = msgspec.field(default_factory=dict)


def fingerprint() -> str:
    """Changes whenever a table or column does, so that older files are written anew."""
    shape = [(table.name, [(column.name, column.type) for column in table.columns]) for table in TABLES]
    return hashlib.sha256(repr((FORMAT, shape)).encode()).hexdigest()[:16]


def directory(root: Path, scope: Scope) -> Path:
    """Where a scope's files are: each has a folder of its own, so that a process can be locked into it."""
    if not scope.account.replace("_", "").isalnum():
        raise ValueError(f"Not an account id: {scope.account!r}")
    return root / scope.account / ("live" if scope.livemode else "test")


def read(directory: Path) -> Manifest:
    """The published version; an empty one when there is none or it was written for other columns."""
    try:
        manifest = msgspec.json.decode((directory / NAME).read_bytes(), type=Manifest)
    except (FileNotFoundError, msgspec.DecodeError):
        return Manifest(catalogue=fingerprint())
    if manifest.catalogue == fingerprint():
        return manifest
    return emptied(manifest)


def parts(files: Files) -> tuple[Part, ...]:
    """All files of a table."""
    return (*((files.base,) if files.base else ()), *files.deltas)


def emptied(manifest: Manifest) -> Manifest:
    """The version from which everything is written anew; its files stay for those who read them now."""
    old = {part.file: manifest.data_load_time for files in manifest.tables.values() for part in parts(files)}
    return Manifest(version=manifest.version, catalogue=fingerprint(), retired={**manifest.retired, **old})


def publish(directory: Path, manifest: Manifest, *, durable: bool = True) -> None:
    """Replace the version that readers see, atomically."""
    draft = directory / f".{NAME}.{os.getpid()}"
    with draft.open("wb") as file:
        file.write(msgspec.json.encode(manifest))
        file.flush()
        if durable:
            os.fsync(file.fileno())
    draft.replace(directory / NAME)


def sweep(directory: Path, manifest: Manifest, now_ms: int) -> Manifest:
    """Delete files that were retired long enough ago, and those of a writer that died; the manifest without them."""
    kept = {file: at for file, at in manifest.retired.items() if now_ms - at < KEEP_RETIRED_MS}
    used = {part.file for files in manifest.tables.values() for part in parts(files)}
    for path in directory.glob("*.parquet"):
        if path.name not in used and path.name not in kept:
            path.unlink(missing_ok=True)
    return msgspec.structs.replace(manifest, retired=kept)
