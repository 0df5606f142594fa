"""The press: papers in, PDF out, on threads of its own; typst lets go of Python, so the event loop goes on.

    await Press().printed(paper)      5 to 30 ms of one core

Nothing is fetched: the template lies beside this file, the fonts are typst's own. Letters that these lack (Chinese,
Arabic, …) are looked for among the machine's fonts, and only for papers that have such letters.
"""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import msgspec
import typst

from tenure.pdf.papers import Paper

TEMPLATE = Path(__file__).parent / "paper.typ"
AT_ONCE = 2
# Latin, Greek, Cyrillic, Hebrew, punctuation and currency signs, arrows: what Libertinus Serif has.
BUNDLED = re.compile(r"[\u0000-\u058f\u0590-\u05ff\u1e00-\u1fff\u2000-\u218f\u2190-\u22ff]*")
_encoder = msgspec.json.Encoder()


@cache
def _fonts(*, of_machine: bool) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=of_machine)


def print_now(paper: Paper) -> bytes:
    """The paper as PDF; runs for some milliseconds."""
    data = _encoder.encode(paper).decode()
    bundled = BUNDLED.fullmatch(data) is not None
    made: bytes = typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        font_paths=_fonts(of_machine=not bundled),
        sys_inputs={"paper": data},
        timestamp=paper.at,
    )
    return made


class Press:
    """Prints a few papers at once; others wait for their turn."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="press")

    async def printed(self, paper: Paper) -> bytes:
        """The paper as PDF."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, print_now, paper)
