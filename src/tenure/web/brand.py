"""A merchant's one colour, made into a stylesheet whose contrast is proven.

    "#ffd400" ──▶ light + dark { brand, hover, fg, edge, text, soft, ring, line } ──▶ /static/brand/ffd400.css

Works in OKLCH: hue and, as far as possible, chroma are kept; only the lightness moves, by bisection, until the
WCAG 2 ratio is met. Colours are rounded to 8 bits before they are measured, so what ships is what was measured.
Source of the conversion: Björn Ottosson, "A perceptual color space for image processing" (2020).
"""

import math
import re
from functools import lru_cache
from typing import Literal

Rgb = tuple[float, float, float]
Mode = Literal["light", "dark"]
HEX = re.compile(r"#?([0-9a-fA-F]{6})")
DEFAULT_COLOR = "#2f55d4"
TEXT_RATIO, LINK_RATIO, EDGE_RATIO, RING_RATIO = 4.5, 4.6, 3.0, 3.2
GAMUT_STEPS, REACH_STEPS = 24, 30


def parse(color: str) -> Rgb:
    """Channels from 0 to 1 of `#rrggbb`; raises ValueError for anything else."""
    found = HEX.fullmatch(color.strip())
    if found is None:
        raise ValueError(f"A colour must be written as #rrggbb, not {color!r}.")
    number = int(found[1], 16)
    return ((number >> 16 & 255) / 255, (number >> 8 & 255) / 255, (number & 255) / 255)


def to_hex(color: Rgb) -> str:
    """`#rrggbb`, each channel rounded to 8 bits."""
    return "#" + "".join(f"{round(max(0.0, min(1.0, channel)) * 255):02x}" for channel in color)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _encoded(channel: float) -> float:
    return 12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055


def luminance(color: Rgb) -> float:
    """Relative luminance. Source: WCAG 2.2."""
    red, green, blue = (_linear(channel) for channel in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """Contrast ratio from 1 to 21. Source: WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def to_oklch(color: Rgb) -> tuple[float, float, float]:
    """Lightness, chroma and hue in radians."""
    red, green, blue = (_linear(channel) for channel in color)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _linear_rgb(lightness: float, chroma: float, hue: float) -> Rgb:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        +4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _in_gamut(color: Rgb) -> bool:
    return all(-1e-4 <= channel <= 1.0001 for channel in color)


def from_oklch(lightness: float, chroma: float, hue: float) -> Rgb:
    """The sRGB colour with the most chroma that fits, rounded to 8 bits."""
    low, high = 0.0, chroma
    if _in_gamut(_linear_rgb(lightness, chroma, hue)):
        low = chroma
    else:
        for _ in range(GAMUT_STEPS):
            middle = (low + high) / 2
            if _in_gamut(_linear_rgb(lightness, middle, hue)):
                low = middle
            else:
                high = middle
    red, green, blue = (_encoded(max(0.0, min(1.0, each))) for each in _linear_rgb(lightness, low, hue))
    return parse(to_hex((red, green, blue)))


def reach(color: Rgb, background: Rgb, ratio: float, *, darker: bool) -> Rgb:
    """The nearest lightness of the same hue that has `ratio` against the background."""
    if contrast(color, background) >= ratio:
        return color
    lightness, chroma, hue = to_oklch(color)
    low, high = (0.0, lightness) if darker else (lightness, 1.0)
    best: Rgb = (0.0, 0.0, 0.0) if darker else (1.0, 1.0, 1.0)
    for _ in range(REACH_STEPS):
        middle = (low + high) / 2
        candidate = from_oklch(middle, chroma, hue)
        enough = contrast(candidate, background) >= ratio
        if enough:
            best = candidate
        if enough == darker:
            low = middle
        else:
            high = middle
    return best


WHITE: Rgb = (1.0, 1.0, 1.0)
INK = parse("#10131a")
SURFACE: dict[Mode, Rgb] = {"light": WHITE, "dark": parse("#171a21")}


def _fill(brand: Rgb) -> tuple[Rgb, Rgb]:
    """The button's colour and its text: the merchant's own colour unless no text is readable on it."""
    if contrast(WHITE, brand) >= TEXT_RATIO:
        return brand, WHITE
    if contrast(INK, brand) >= TEXT_RATIO:
        return brand, INK
    return reach(brand, WHITE, TEXT_RATIO, darker=True), WHITE


def scheme(color: str, mode: Mode) -> dict[str, str]:
    """The named colours of one mode; a yellow brand stays yellow, and `edge` gives its button a visible border."""
    brand, surface, dark = parse(color), SURFACE[mode], mode == "dark"
    _, chroma, hue = to_oklch(brand)
    fill, foreground = _fill(brand)
    lightness, fill_chroma, fill_hue = to_oklch(fill)
    away = -0.05 if foreground == WHITE else 0.05
    hover = from_oklch(max(0.0, min(1.0, lightness + away)), fill_chroma, fill_hue)
    soft = from_oklch(0.26 if dark else 0.974, min(chroma, 0.03 if dark else 0.013), hue)
    text = reach(reach(brand, soft, LINK_RATIO, darker=not dark), surface, LINK_RATIO, darker=not dark)
    colors = {
        "brand": fill,
        "brand-hover": hover,
        "brand-fg": foreground,
        "brand-edge": reach(fill, surface, EDGE_RATIO, darker=not dark),
        "brand-text": text,
        "brand-soft": soft,
        "brand-ring": reach(brand, surface, RING_RATIO, darker=not dark),
        "brand-line": from_oklch(0.36 if dark else 0.905, min(chroma, 0.03), hue),
    }
    return {name: to_hex(value) for name, value in colors.items()}


@lru_cache(maxsize=512)
def stylesheet(color: str) -> bytes:
    """The custom properties of both modes, as CSS."""
    light, dark = scheme(color, "light"), scheme(color, "dark")
    rows = "".join(f"--{name}:light-dark({light[name]},{dark[name]});" for name in light)
    return f":root{{{rows}}}\n".encode()


def path(color: str) -> str:
    """Where the stylesheet of a colour is served; a colour that is not one gets the default's."""
    found = HEX.fullmatch(color.strip()) or HEX.fullmatch(DEFAULT_COLOR)
    return f"/static/brand/{found[1].lower() if found else ''}.css"
