"""How a whole figure looks: the palette, the type, what surrounds the figure, how time is counted; not what it says.

A theme travels with the figure and is read where files and the legend are written. What is laid out knows the colors of
the light palette alone: they are names, for which `Palette.of` gives the theme's own.
"""

import colorsys
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from minigrad.refusal.arguments import chosen, flag, number, whole

from ..drawing import Role
from . import style
from .style import Look

Colors = Literal["light", "dark", "print"]


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """Colors by what they are for; `ramp`, `heat` and `signs` run from the least to the most, `words` say so."""

    ink: str
    muted: str
    gradient: str
    pale: str
    paper: str
    grey: str
    band: str
    band_edge: str
    forward: str
    backward: str
    looks: Mapping[Role, Look]
    ramp: tuple[str, str, str]
    heat: tuple[str, str]
    signs: tuple[str, str, str]
    words: tuple[str, str, str]
    hues: bool = True

    def of(self, color: str) -> str:
        """Give what a color of the light palette is here; one of no palette stays what it is, or is as bright a grey.

        >>> LIGHT.of(style.INK), DARK.of(style.INK), DARK.of("#123456")
        ('#1B1F24', '#F1F4F8', '#123456')
        """
        known = _names(self).get(color.upper())
        return known or (color if self.hues else style.grey(color))

    def tone(self, color: str) -> str:
        """Give what a color that says a size is here: in the dark the paler is the larger; in print it is grey.

        >>> LIGHT.tone("#4a1d00"), DARK.tone("#4a1d00")
        ('#4a1d00', '#ffd2b5')
        """
        if self is not DARK:
            return self.of(color)
        red, green, blue = (int(color[digit : digit + 2], 16) / 255 for digit in (1, 3, 5))
        hue, light, strong = colorsys.rgb_to_hls(red, green, blue)
        return "#" + "".join(f"{round(255 * part):02x}" for part in colorsys.hls_to_rgb(hue, 1 - light, strong))

    def growth(self, decades: float | None) -> str:
        """Give the fill for a gradient some decades above the last state's, or below."""
        if decades is None:
            return self.paper
        low, middle, high = self.ramp
        return style.mixed(middle, low if decades < 0 else high, abs(decades) / 3)

    def tint(self, size: float, largest: float) -> str:
        """Give the fill for a gradient by its size; nothing's from three decades below the largest on, and for NaN."""
        least, most = self.heat
        if math.isinf(size):
            return style.mixed(most, least, 0.0)
        if not size > 0 or not largest > 0:
            return least
        return style.mixed(most, least, (math.log10(largest) - math.log10(size)) / 3)

    def signed(self, value: float, largest: float) -> str:
        """Give the fill for a value below 0 or above."""
        negative, nothing, positive = self.signs
        if math.isnan(value) or value == 0:
            return nothing
        part = 1.0 if math.isinf(value) or not largest else abs(value) / largest
        return style.mixed(nothing, negative if value < 0 else positive, part)


def _looks(paper: str, grey: str, neutral: str, **roles: tuple[str, str]) -> dict[Role, Look]:
    """The looks of the light palette with other fills and strokes: shapes stay."""
    own = {"copy": roles["parameter"], **roles}
    plain = {"growth": (neutral, grey), "product": (neutral, grey)}
    looks: dict[Role, Look] = {}
    for role, look in style.LOOKS.items():
        fill, stroke = own.get(role) or plain.get(role) or (paper, grey)
        looks[role] = Look(fill, stroke, look.corners, look.outline)
    return looks


LIGHT = Palette(
    style.INK, style.MUTED, style.GRADIENT, style.PALE, style.PAPER, style.GREY, style.BAND, style.BAND_EDGE,
    style.FORWARD, style.BACKWARD, style.LOOKS,
    ramp=("#4FA3D9", "#E5E7EB", "#EE8A48"), heat=(style.PAPER, "#FFD5B5"), signs=("#CFE6F7", style.PAPER, "#FFE0A3"),
    words=(
        "blue … grey … vermillion",
        "|∂|: white is small, orange is large",
        "value: blue is negative, amber is positive",
    ),
)  # fmt: skip
DARK = Palette(
    "#F1F4F8", "#B9C3CF", "#FFB07A", "#C2B0A4", "#12161C", "#98A3B3", "#1A212B", "#46556B", "#AEB8C5", "#FF7F2A",
    _looks(
        "#12161C", "#98A3B3", "#2B333F",
        parameter=("#3B2F0D", "#E2AE45"), input=("#10293B", "#56B4E9"),
        state=("#10332A", "#3FBF95"), loss=("#3A2032", "#DD93C0"), failure=("#42181A", "#FF8A80"),
    ),
    ramp=("#1D5F8C", "#2B333F", "#8F3F0A"), heat=("#12161C", "#6B3410"), signs=("#174A6E", "#12161C", "#5E4508"),
    words=(
        "blue … grey … vermillion",
        "|∂|: black is small, orange is large",
        "value: blue is negative, amber is positive",
    ),
)  # fmt: skip
PRINT = Palette(
    "#000000", "#3A3A3A", "#000000", "#5A5A5A", "#FFFFFF", "#5A5A5A", "#F5F5F5", "#B4B4B4", "#8A8A8A", "#000000",
    _looks(
        "#FFFFFF", "#5A5A5A", "#DADADA",
        parameter=("#E4E4E4", "#1E1E1E"), input=("#FFFFFF", "#5A5A5A"),
        state=("#EFEFEF", "#1E1E1E"), loss=("#D6D6D6", "#1E1E1E"), failure=("#FFFFFF", "#000000"),
    ),
    ramp=("#FFFFFF", "#DADADA", "#9C9C9C"), heat=("#FFFFFF", "#B4B4B4"), signs=("#B4B4B4", "#FFFFFF", "#DADADA"),
    words=(
        "white … grey … dark",
        "|∂|: white is small, grey is large",
        "value: dark is negative, pale is positive",
    ),
    hues=False,
)  # fmt: skip
PALETTES = {"light": LIGHT, "dark": DARK, "print": PRINT}


@cache
def _names(palette: Palette) -> dict[str, str]:
    pairs = {
        style.INK: palette.ink,
        style.MUTED: palette.muted,
        style.GRADIENT: palette.gradient,
        style.PALE: palette.pale,
        style.PAPER: palette.paper,
        style.GREY: palette.grey,
        style.BAND: palette.band,
        style.BAND_EDGE: palette.band_edge,
        style.BACKWARD: palette.backward,
    }
    strokes = {
        look.stroke: palette.looks[role].stroke for role, look in style.LOOKS.items() if look.stroke not in pairs
    }
    fills = {look.fill: palette.looks[role].fill for role, look in style.LOOKS.items() if look.fill not in pairs}
    return pairs | strokes | fills


@dataclass(frozen=True, slots=True)
class Theme:
    """How a figure looks.

    Attributes
    ----------
    colors : "light", "dark" or "print"
        The palette; "print" is in grey alone, where a backward edge is black with a full head, a forward one grey with
        an open head.
    transparent : bool
        Whether what is behind the figure shows through.
    font_scale : float
        How large the type is: 1.25 for a quarter larger. The boxes grow with it.
    legend : bool
        Whether the legend stands below the figure.
    captions : "both", "words" or "code"
        How a truncation is written above it: "chunks of 3", "subsequence(3)", or the former and beside it the latter.
    first_step : 0 or 1
        The number of the first time step on the figure. Ids count from 0 always, so that slides can be scripted.

    >>> Theme("dark", legend=False).palette.paper
    '#12161C'
    >>> Theme("blue")
    Traceback (most recent call last):
    ...
    ValueError: colors is one of light, dark, print; got 'blue'
    """

    colors: Colors = "light"
    transparent: bool = False
    font_scale: float = 1.0
    legend: bool = True
    captions: Literal["both", "words", "code"] = "both"
    first_step: int = 0

    def __post_init__(self) -> None:
        flag("transparent", self.transparent)
        flag("legend", self.legend)
        number("font_scale", self.font_scale, least=0.25, most=4)
        chosen("colors", self.colors, PALETTES)
        chosen("captions", self.captions, ("both", "words", "code"))
        whole("first_step", self.first_step, 0, 1)

    @property
    def palette(self) -> Palette:
        return PALETTES[self.colors]

    def caption(self, code: str) -> tuple[str, str]:
        """Write a caption as this theme has it, and what stands beside it.

        >>> Theme().caption("k_truncated(2)"), Theme(captions="code").caption("k_truncated(2)")
        (('window of 2 hops', 'k_truncated(2)'), ('k_truncated(2)', ''))
        """
        words = code if self.captions == "code" else in_words(code)
        return words, code.partition(",")[0] if self.captions == "both" and words != code else ""


def theme_of(given: Colors | Theme) -> Theme:
    """Give the theme that is asked for: by the name of its palette, or as it is."""
    if isinstance(given, Theme):
        return given
    return Theme(chosen("theme", given, PALETTES, ", or a viz.Theme"))


def in_words(caption: str) -> str:
    """Write a truncation as lectures say it.

    >>> for code in ("untruncated()", "k_truncated(1)", "subsequence(3), L_5 alone", "f(t)"):
    ...     print(in_words(code))
    full BPTT
    window of 1 hop
    chunks of 3, L_5 alone
    f(t)
    """
    text = re.sub(r"^untruncated\(\)", "full BPTT", caption)
    text = re.sub(r"^k_truncated\((\d+)\)", lambda m: f"window of {m[1]} hop{'s' * (m[1] != '1')}", text)
    return re.sub(r"^subsequence\((\d+)\)", r"chunks of \1", text)
