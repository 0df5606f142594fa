"""Takes the pictures of docs/images from a running demo.

    .venv/bin/tenure demo --port 8095 --data /tmp/pictures --json /tmp/pictures.json --quiet &
    .venv/bin/python scripts/screenshots.py /tmp/pictures.json

Chromium is the one that `scripts/chromium.sh` finds. Each picture is reduced to 256 colours, to stay below 200 kB.
"""

import json
import struct
import subprocess
import sys
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import stripe
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 200_000
COLOURS = 256
CUSTOMER = "Ben Okafor"


def main(facts: dict[str, Any]) -> None:
    """Every picture, the customer's pages first."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    path = subprocess.run(
        [ROOT / "scripts" / "chromium.sh", sys.executable], capture_output=True, text=True, check=True
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path.stdout.strip(), args=["--no-sandbox"])
        size: Any = {"width": 1200, "height": 800}
        portal = browser.new_page(viewport=size, locale="en-US", color_scheme="light")
        take_portal(portal, link(facts))
        dashboard = browser.new_page(viewport=size, locale="en-US", color_scheme="light")
        take_dashboard(dashboard, facts)
        browser.close()


def link(facts: dict[str, Any]) -> str:
    """A fresh portal link; links open once."""
    client = stripe.StripeClient(facts["api_key"], base_addresses={"api": facts["api_base"]})
    session = client.v1.billing_portal.sessions.create(
        {"customer": facts["customers"][CUSTOMER], "return_url": "https://halyard.example/account"}
    )
    return session.url


def take_portal(page: Page, url: str) -> None:
    """The portal's home and the cancel flow up to the confirm page; nothing is cancelled."""
    page.goto(url)
    page.wait_for_url(lambda now: "/p/session" not in now)
    keep(page, "portal-home")
    page.get_by_test_id("cancel-subscription").first.click()
    page.get_by_test_id("cancel-reason-opt-too_expensive").click()
    keep(page, "portal-reason")
    page.get_by_test_id("cancellation_reason_submit").click()
    page.get_by_test_id("retention-offer").wait_for()
    keep(page, "portal-offer")
    page.get_by_test_id("retention-decline").click()
    page.get_by_test_id("confirm").wait_for()
    keep(page, "portal-confirm")
    page.get_by_test_id("cancel").click()


def take_dashboard(page: Page, facts: dict[str, Any]) -> None:
    """What the merchant sees."""
    page.goto(facts["dashboard_url"])
    page.get_by_label("Email").fill(facts["dashboard_email"])
    page.get_by_label("Password").fill(facts["dashboard_password"])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda now: "login" not in now)
    keep(page, "dashboard-home")
    page.goto(f"{facts['dashboard_url']}/subscriptions/{facts['subscriptions']['ending']}")
    keep(page, "dashboard-subscription")


def keep(page: Page, name: str) -> None:
    """Write one picture of what the window shows."""
    page.wait_for_load_state("networkidle")
    reduced = reduce(page.screenshot(animations="disabled"))
    if len(reduced) > MOST_BYTES:
        sys.exit(f"{name} has {len(reduced)} bytes, more than {MOST_BYTES}.")
    (IMAGES / f"{name}.png").write_bytes(reduced)
    print(f"docs/images/{name}.png  {len(reduced):,} bytes")


# PNG with a palette. Pages have few colours: the most frequent ones stay, the shades between take their neighbour's.


def reduce(png: bytes) -> bytes:
    """The same picture with at most 256 colours."""
    width, height, rows = decode(png)
    pixels = [list(zip(row[0::3], row[1::3], row[2::3], strict=True)) for row in rows]
    counted = Counter(colour for row in pixels for colour in row)
    palette = [colour for colour, _ in counted.most_common(COLOURS)]
    place = {colour: palette.index(nearest(colour, palette)) for colour in counted}
    lines = b"".join(b"\0" + bytes(place[colour] for colour in row) for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colours = bytes(part for colour in palette for part in colour)
    parts = ((b"IHDR", head), (b"PLTE", colours), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return png[:8] + b"".join(chunk(kind, data) for kind, data in parts)


def nearest(colour: tuple[int, ...], palette: list[tuple[int, ...]]) -> tuple[int, ...]:
    """The colour of the palette that differs least."""
    return min(palette, key=lambda each: sum((a - b) ** 2 for a, b in zip(each, colour, strict=True)))


def chunk(kind: bytes, data: bytes) -> bytes:
    """One part of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def decode(png: bytes) -> tuple[int, int, list[bytearray]]:
    """Width, height and rows of red, green, blue, from a PNG as Chromium writes it: 8 bits, RGB or RGBA."""
    at, packed, width, height, channels = 8, b"", 0, 0, 3
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        data, at = png[at + 8 : at + 8 + length], at + length + 12
        if kind == b"IHDR":
            width, height, _, colour_type = struct.unpack(">IIBB", data[:10])
            channels = 4 if colour_type == 6 else 3
        elif kind == b"IDAT":
            packed += data
    raw, stride, rows = zlib.decompress(packed), width * channels, [bytearray(width * channels)]
    for number in range(height):
        start = number * (stride + 1)
        rows.append(unfilter(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), rows[-1], channels))
    if channels == 4:
        for row in rows:
            del row[3::4]
    return width, height, rows[1:]


def unfilter(kind: int, row: bytearray, above: bytearray, channels: int) -> bytearray:
    """A row without its filter. Source: W3C, "PNG Specification", 9 Filtering."""
    for i, value in enumerate(row):
        left = row[i - channels] if i >= channels else 0
        corner = above[i - channels] if i >= channels else 0
        guess = (0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner))[kind]
        row[i] = (value + guess) & 0xFF
    return row


def paeth(left: int, up: int, corner: int) -> int:
    """Whichever of the three is closest to left + up - corner."""
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
