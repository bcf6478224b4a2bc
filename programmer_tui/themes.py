"""Colours: two of Textual's own, two of high contrast, and one that is told apart without red against green.

Whatever a colour says, a word beside it says too; these are for eyes that tire. The hues of `colour-blind` are
those that Okabe and Ito proposed [recalled], lightened where text stands on black. tests/screens/test_themes.py
measures the contrast of what is drawn.
"""

from __future__ import annotations

from typing import Any, Literal

from textual.app import App
from textual.color import Color
from textual.theme import Theme

DEFAULT = "textual-dark"
THEMES = {
    DEFAULT: "light on dark",
    "textual-light": "dark on light",
    "high-contrast": "white on black",
    "high-contrast-light": "black on white",
    "colour-blind": "blue, orange and yellow instead of green and red",
}
"""Name and what it looks like, in the order in which they are offered."""


Meaning = Literal["error", "warning", "success", "primary"]


def word_style(app: App[Any], meaning: Meaning) -> str:
    """The style of a word with this meaning in the present theme; what is wrong is bold besides."""
    colour = Color.parse(app.theme_variables[f"text-{meaning}"]).hex6
    return f"bold {colour}" if meaning == "error" else colour


def _plain(foreground: str, error: str, warning: str, success: str, accent: str) -> dict[str, str]:
    """Nothing is greyed out or blended: every word has one of these colours in full."""
    return {
        "text-muted": foreground,
        "text-disabled": foreground,
        "foreground-muted": foreground,
        "foreground-disabled": foreground,
        "text-error": error,
        "text-warning": warning,
        "text-success": success,
        "text-primary": accent,
        "text-accent": accent,
        "footer-foreground": foreground,
        "footer-description-foreground": foreground,
        "footer-key-foreground": accent,
        "input-cursor-text-style": "reverse",
        "block-cursor-text-style": "bold reverse",
        "block-cursor-background": foreground,
    }


OWN = (
    Theme(
        name="high-contrast", primary="#66CCFF", secondary="#66CCFF", accent="#FFFF00", foreground="#FFFFFF",
        background="#000000", surface="#000000", panel="#000000", error="#8B0000", warning="#FFD700", success="#7CFC7C",
        variables=_plain("#FFFFFF", "#FF9999", "#FFD700", "#7CFC7C", "#FFFF00")
        | {"primary-muted": "#000000", "surface-lighten-2": "#000000", "block-cursor-foreground": "#000000"},
    ),
    Theme(
        name="high-contrast-light", primary="#00308F", secondary="#00308F", accent="#00308F", foreground="#000000",
        background="#FFFFFF", surface="#FFFFFF", panel="#FFFFFF", error="#8B0000", warning="#6B3E00", success="#004D00",
        dark=False,
        variables=_plain("#000000", "#8B0000", "#6B3E00", "#004D00", "#00308F")
        | {"primary-muted": "#FFFFFF", "surface-lighten-2": "#FFFFFF", "block-cursor-foreground": "#FFFFFF"},
    ),
    Theme(
        name="colour-blind", primary="#56B4E9", secondary="#0072B2", accent="#F0E442", foreground="#FFFFFF",
        background="#101010", surface="#181818", panel="#202020", error="#A34700", warning="#F0E442", success="#56B4E9",
        variables=_plain("#FFFFFF", "#EE7014", "#F0E442", "#8CCBF2", "#F0E442")
        | {"primary-muted": "#103850", "surface-lighten-2": "#303030", "block-cursor-foreground": "#101010"},
    ),
)  # fmt: skip
