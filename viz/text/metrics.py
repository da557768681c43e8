"""How wide text is, in Helvetica's published widths; not what it says.

Arial, Liberation Sans and Arimo share these widths. A browser or a renderer that has none of the four takes a wider
font; boxes leave room for that (`SLACK`).
"""

import unicodedata
from functools import lru_cache

SLACK = 1.2
LEADING = 1.25
SPACE = "\N{NO-BREAK SPACE}"

_REGULAR = {  # thousandths of the type size: the characters of that width
    191: "'′", 222: "ijl‘’", 260: "|", 278: " \N{NO-BREAK SPACE}!,./:;I[\\]ft", 333: "()-`r·²³“”", 334: "{}", 355: '"',
    389: "*", 413: "‖", 469: "^", 494: "∂", 500: "Jcksvxyz", 549: "√≤≥≈÷", 556: "#$0123456789?L_abdeghnopqu–",
    584: "+<=>~×−", 611: "FTZ", 618: "Σσ", 648: "φ", 667: "&ABEKPSVXY", 713: "∞", 722: "CDHNRUw", 778: "GOQ", 833: "Mm",
    889: "%", 944: "W", 1000: "—…→←", 1015: "@",
}  # fmt: skip
_BOLD = {
    240: "'′", 278: " \N{NO-BREAK SPACE},./I\\ijl‘’", 280: "|", 333: "!()-:;[]`ft·²³", 389: "*r{}", 474: '"', 494: "∂",
    498: "‖", 500: "z“”", 549: "√≤≥≈÷", 556: "#$0123456789J_aceksvxy–", 584: "+<=>^~×−", 600: "Σ",
    611: "?FLTZbdghnopqu", 667: "EPSVXY", 684: "σ", 713: "∞", 715: "φ", 722: "&ABCDHKNRU", 778: "GOQw", 833: "M",
    889: "%m", 944: "W", 975: "@", 1000: "—…→←",
}  # fmt: skip
_WIDTHS = [{c: width for width, characters in table.items() for c in characters} for table in (_REGULAR, _BOLD)]


@lru_cache(100_000)
def width(text: str, size: float, *, bold: bool = False) -> float:
    """Measure a line of text, in points.

    >>> width("0.380", 10)
    25.02
    """
    widths = _WIDTHS[bold]
    return round(sum(widths.get(c) or _unlisted(c) for c in text) * size / 1000, 2)


@lru_cache(100_000)
def known(text: str) -> bool:
    """Tell whether every character's width is known, not guessed."""
    return all(c in _WIDTHS[False] for c in text)


def _unlisted(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 1300 if unicodedata.east_asian_width(character) in "FW" else 700
