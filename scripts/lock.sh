#!/usr/bin/env bash
# Writes the lock files: every version for every Python and platform we support, with hashes, and without the address of an index.
#
#   scripts/lock.sh             keep what is locked, add what is missing
#   scripts/lock.sh --upgrade   the newest of everything
set -euo pipefail
cd "$(dirname "$0")/.."

tools=.cache/lock
[ -x $tools/bin/uv ] || { "${PYTHON:-python3}" -m venv $tools && $tools/bin/pip install --quiet uv; }

lock() { # lock FILE OPTIONS…: a failure leaves the old file
    env UV_NO_CONFIG=1 UV_SYSTEM_CERTS=1 $tools/bin/uv pip compile --quiet --universal --python-version 3.11 \
        --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --output-file "$@"
}

lock requirements.lock pyproject.toml --group build "${@:1}"
lock requirements-dev.lock pyproject.toml --group build --group dev --constraint requirements.lock "${@:1}"
lock requirements-bench.lock benchmarks/requirements.in "${@:1}"
# The official SDK of each older API version that is spoken: the last one that was made for just that version.
for sdk in 9.12.0 10.12.1 11.2.0 12.0.1 13.0.1 15.0.1 16.0.1; do
    echo "stripe==$sdk" | lock "requirements-sdk-${sdk%%.*}.lock" --no-deps -
done

if grep -nE '://|^ *--(extra-|index|find|trusted)' requirements*.lock; then
    echo "a lock file names an address" >&2
    exit 1
fi
