"""The press: papers become PDF beside the event loop, with nothing but what lies in the package."""

import asyncio
import time
from io import BytesIO

from pypdf import PdfReader

from tenure.pdf.papers import Columns, Paper, PaperLine, Party
from tenure.pdf.press import TEMPLATE, Press, print_now


def paper(lines: int = 1, **given: object) -> Paper:
    rows = tuple(PaperLine(text=f"Line {n}", amount="€1.00") for n in range(lines))
    return Paper(
        title="Invoice",
        subject="HAL-1",
        headline="€1.00 due",
        columns=Columns(text="Description", amount="Amount"),
        parties=(Party(name="Halyard"), Party(name="Ada")),
        lines=rows,
        at=1_795_348_800,
        **given,
    )


async def test_printing_leaves_the_event_loop_free():
    press, longest, done = Press(), 0.0, asyncio.Event()

    async def watch() -> None:
        nonlocal longest
        while not done.is_set():
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - before)

    await press.printed(paper())
    watching = asyncio.create_task(watch())
    started = time.perf_counter()
    made = await asyncio.gather(*(press.printed(paper(3000 + n)) for n in range(4)))
    took = time.perf_counter() - started
    done.set()
    await watching
    assert all(each.startswith(b"%PDF-") for each in made)
    assert longest < took / 2, (longest, took)


def test_the_file_says_what_it_is():
    reader = PdfReader(BytesIO(print_now(paper(language="de", region="DE"))))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("Invoice HAL-1", "Halyard")
    assert str(reader.metadata.creation_date).startswith("2026-11-22")
    assert reader.trailer["/Root"]["/Lang"] == "de-DE"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]  # tagged, so that it can be read aloud in order


def test_fonts_are_inside():
    page = PdfReader(BytesIO(print_now(paper()))).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    names = {str(font["/BaseFont"]).partition("+")[2] for font in fonts}
    assert names and all(name.startswith("LibertinusSerif") for name in names)


def test_the_template_fetches_nothing():
    source = TEMPLATE.read_text()
    for word in ("#import", "#include", "image(", "read(", "plugin(", "eval("):
        assert word not in source, word
