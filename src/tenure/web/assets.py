"""Stylesheets, scripts and icons under names that change with their content, so that browsers keep them for good.

static/base.css ──▶ /static/base.4f1c09ab.css     Cache-Control: public, max-age=31536000, immutable
url("check.svg") and import "./x.js" inside assets are rewritten to such names too.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".png": "image/png",
    ".ico": "image/x-icon",
}  # fmt: skip
REFERENCE = re.compile(r"""(?P<before>url\("|from "\./|import "\./|import\("\./)(?P<name>[\w.-]+)(?=")""")
HASH_DIGITS = 8
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file as it is served."""

    path: str
    type: str
    content: bytes

    @cached_property
    def as_gzip(self) -> bytes:
        """Compressed as small as it goes; done once."""
        return gzip.compress(self.content, compresslevel=9, mtime=0)


def _load(name: str, folder: Path, done: dict[str, Asset]) -> Asset:
    """One asset, after the ones that it refers to."""
    if name in done:
        return done[name]
    file = folder / name
    content = file.read_bytes()
    if file.suffix in (".css", ".js"):

        def hashed(found: re.Match[str]) -> str:
            return found["before"] + _load(found["name"], folder, done).path.rpartition("/")[2]

        content = REFERENCE.sub(hashed, content.decode()).encode()
    digest = hashlib.sha256(content).hexdigest()[:HASH_DIGITS]
    done[name] = Asset(f"/static/{file.stem}.{digest}{file.suffix}", TYPES[file.suffix], content)
    return done[name]


@cache
def assets() -> dict[str, Asset]:
    """Every asset by its plain name; a changed file is seen after a restart."""
    done: dict[str, Asset] = {}
    for file in sorted(FOLDER.iterdir()):
        if file.suffix in TYPES:
            _load(file.name, FOLDER, done)
    return done


@cache
def by_path() -> dict[str, Asset]:
    """Every asset by the path that it is served at."""
    return {asset.path: asset for asset in assets().values()}


def url(name: str) -> str:
    """The address of an asset, with its content's hash."""
    return assets()[name].path
