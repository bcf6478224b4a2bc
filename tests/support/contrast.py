"""How well words stand out from what is behind them, and how far two colours are apart for eyes that miss a hue.

Contrast is that of WCAG 2 [recalled]: 1 for equal colours, 21 for black on white. Eyes without red or green cones
are the matrices of Machado, Oliveira and Fernandes at full severity [recalled], in linear light.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from rich.segment import Segment
from textual.color import Color

from tests.support.screen_story import Person

Linear = tuple[float, float, float]

PROTAN = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
DEUTAN = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))


def linear(color: Color) -> Linear:
    red, green, blue = (
        part / 12.92 if (part := byte / 255) <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for byte in color.rgb
    )
    return red, green, blue


def luminance(light: Linear) -> float:
    red, green, blue = light
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """1 to 21."""
    low, high = sorted((luminance(linear(one)), luminance(linear(other))))
    return (high + 0.05) / (low + 0.05)


def seen_by(color: Color, eyes: tuple[Linear, Linear, Linear]) -> Linear:
    """A colour in linear light as such eyes have it."""
    light = linear(color)
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * part for weight, part in zip(row, light, strict=True)))) for row in eyes
    )
    return red, green, blue


def distance(one: Linear, other: Linear) -> float:
    """In CIE 1976 L*a*b* [recalled]; about 2 can just be noticed side by side."""
    return math.dist(_lab(one), _lab(other))


def _lab(light: Linear) -> tuple[float, float, float]:
    red, green, blue = light
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def faint_words(person: Person, least: float) -> dict[str, float]:
    """Words on the screen with less than this contrast, with what they have."""
    return {
        segment.text.strip(): round(found, 1)
        for segment in _segments(person)
        if any(letter.isalnum() for letter in segment.text) and (found := _contrast_of(segment)) < least
    }


def _segments(person: Person) -> Iterator[Segment]:
    for strip in person.app.screen._compositor.render_strips():
        yield from strip


def _contrast_of(segment: Segment) -> float:
    style = segment.style
    assert style is not None, "every word has a style"
    assert style.color is not None, f"{segment.text!r} has no colour"
    assert style.bgcolor is not None, f"{segment.text!r} has no background"
    front, back = (Color.from_rich_color(color) for color in (style.color, style.bgcolor))
    return contrast(front, back)
