"""Text from users, made safe: for labels, tooltips and ids. Whatever it holds, it is drawn as text; not its layout."""

import html
import re
import unicodedata
from collections.abc import Iterable
from itertools import chain, count

LONGEST_LABEL = 24
LONGEST_TOOLTIP = 20_000
_SUBSCRIPTED = re.compile(
    r"(?P<before>(?:.*\.)?)(?P<stem>(?:[^\W\d_][\u0300-\u036f]?){1,2}\d{0,2})_(?P<below>[^\s_.]{1,8})"
)
_COUNTED = re.compile(r"(?P<before>)(?P<stem>[^\W_]+)_(?P<below>-?\d+)")


def clean(text: str) -> str:
    """Put the replacement character where XML allows none or a reader would be misled: controls, surrogates, overrides.

    >>> clean("a\\x00b\\u202ec")
    'a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c'
    """
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if _is_text(c) else "\N{REPLACEMENT CHARACTER}" for c in text)


def _is_text(character: str) -> bool:
    if character in "\n\t\N{ZERO WIDTH JOINER}":
        return True
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"} and ord(character) & 0xFFFE != 0xFFFE


def line(text: str, longest: int = LONGEST_LABEL) -> str:
    """Make one line of it, the middle left out where it is too long.

    >>> line("two\\nlines"), line("abcdefghij", 5)
    ('two lines', 'abc…j')
    """
    words = " ".join(clean(text[: 4 * longest] + text[4 * longest :][-longest:]).split())
    if len(words) <= longest:
        return words
    tail = (longest - 1) // 3
    return f"{words[: longest - 1 - tail]}…{words[len(words) - tail :]}"


def subscript(name: str) -> tuple[str, str]:
    """Split a name at the underscore that typesetters would make a subscript.

    >>> subscript("h_3"), subscript("W_hh"), subscript("h_-1"), subscript("c̃_2"), subscript("gate_3")
    (('h', '3'), ('W', 'hh'), ('h', '−1'), ('c̃', '2'), ('gate', '3'))
    >>> subscript("learning_rate")
    ('learning_rate', '')
    """
    words = line(name)
    if match := _SUBSCRIPTED.fullmatch(words) or _COUNTED.fullmatch(words):
        return match["before"] + match["stem"], match["below"].replace("-", "−")
    return words, ""


def layer(name: str) -> tuple[str, str]:
    """Split the layer that a parameter or a state belongs to from its name, as nets of several layers name them.

    >>> layer("layer1.W_hh"), layer("h1_0"), layer("h_0"), layer("W1_0")
    (('1', 'W_hh'), ('1', 'h_0'), ('', 'h_0'), ('', 'W1_0'))
    """
    if match := re.fullmatch(r"layer(\d{1,2})\.(.+)", name) or re.fullmatch(
        r"(?=[hc]\d)[hc](\d{1,2})(_(?:-?\d+|t))", name
    ):
        return match[1], match[2] if match[2][0] != "_" else name[0] + match[2]
    return "", name


def markup(text: str) -> str:
    r"""Escape a text for DOT's HTML-like labels, in which a backslash starts an escape too: `\N` is the node's name.

    >>> print(markup(r'a<b> & "\N"'))
    a&lt;b&gt; &amp; &quot;\\N&quot;
    """
    return html.escape(text).replace("\\", "\\\\")


def tooltip(text: str) -> str:
    r"""Escape a text for DOT's tooltips: entities and backslashes are taken literally, lines stay lines.

    Graphviz reads the escapes of a tooltip twice, so a backslash is four.

    >>> print(tooltip("&lt;\\N\n2"))
    &amp;lt;\\\\N\n2
    """
    shown = text if len(text) <= LONGEST_TOOLTIP else f"{text[:LONGEST_TOOLTIP]}…"
    return clean(shown).replace("&", "&amp;").replace("\\", "\\" * 4).replace("\n", "\\n")


def slug(name: str) -> str:
    """Make an id of a name: letters, digits and `_ . - @` stay as they are.

    >>> slug("W_hh@3"), slug('a "b"')
    ('W_hh@3', 'a__b_')
    """
    return re.sub(r"[^\w.@-]", "_", clean(name[:40])) or "_"


class Names:
    """Gives out ids, each one once.

    >>> names = Names(["h_0"])
    >>> names.take("h_0"), names.take("h_0"), names.take("x")
    ('h_0~2', 'h_0~3', 'x')
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def take(self, name: str) -> str:
        stem = slug(name)
        candidates = chain([stem], (f"{stem}~{number}" for number in count(2)))
        key = next(name for name in candidates if name not in self._taken)
        self._taken.add(key)
        return key
