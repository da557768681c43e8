"""Formulas: one line of plain notation, as it is typed in a terminal, to MathML, which browsers set without help.

`_` and `^` lower and raise what follows: a letter, a word of letters and digits, or a group in braces. `{a}/{b}` is a
fraction. Σ, Π and max take what is lowered beneath them. Words of two letters or more stand upright; two blanks are
a wide gap.
"""

from __future__ import annotations

import html
import re

from ..text import escape

_TOKEN = re.compile(r"  +|(?<=[\w}]) (?=[^\W\d_]{2})|(?<=[^\W\d_]{2}) (?=\w)|[^\W\d_]+|\d+(?:\.\d+)?|\S")
_BIG = ("Σ", "Π", "max", "min")


def mathml(formula: str) -> str:
    """Give a formula as a block of MathML.

    >>> mathml("h_{t2}^k")
    '<math display="block"><msubsup><mi>h</mi><mrow><mi>t</mi><mn>2</mn></mrow><mi>k</mi></msubsup></math>'

    Raises
    ------
    ValueError
        A brace has no partner.
    """
    tokens = _tokens(formula)
    rows = _row(tokens, formula)
    if tokens:
        raise ValueError(f"a brace closes that none opened, in {formula!r}; take it out")
    return f'<math display="block">{"".join(rows)}</math>'


def plain(formula: str) -> str:
    """Give a formula as a line of text: braces left out where nothing hangs on them.

    >>> plain("{∂L}/{∂W_hh} = Σ_{s=0}^{T−1} x_{t−1} + h_{t}")
    '∂L/∂W_hh = Σ_{s=0}^{T−1} x_{t−1} + h_t'
    """
    line = re.sub(r"(?<![_^])\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}", r"\1", formula)
    return re.sub(r"([_^])\{(\w)\}", r"\1\2", line)


def _tokens(formula: str) -> list[str]:
    """Take a formula apart, last token first, to be popped."""
    return [token[0] for token in _TOKEN.finditer(escape.clean(formula).strip())][::-1]


def _row(tokens: list[str], formula: str) -> list[str]:
    """Read up to a closing brace, or to the end."""
    row: list[str] = []
    while tokens and tokens[-1] != "}":
        row.append(_scripted(tokens, formula))
        if tokens and tokens[-1] == "/" and row[-1].startswith("<mrow>"):
            tokens.pop()
            row.append(f"<mfrac>{row.pop()}{_scripted(tokens, formula)}</mfrac>")
    return row


def _scripted(tokens: list[str], formula: str) -> str:
    """Read an atom with what is lowered and raised at it."""
    token = tokens[-1] if tokens else ""
    base, scripts = _atom(tokens, formula), {"_": "", "^": ""}
    while tokens and tokens[-1] in scripts:
        script = tokens.pop()
        scripts[script] = _atom(tokens, formula)
    low, high = scripts["_"], scripts["^"]
    below, above = ("munder", "mover") if token in _BIG else ("msub", "msup")
    both = "munderover" if token in _BIG else "msubsup"
    if low and high:
        return f"<{both}>{base}{low}{high}</{both}>"
    if low or high:
        tag = below if low else above
        return f"<{tag}>{base}{low or high}</{tag}>"
    return base


def _atom(tokens: list[str], formula: str) -> str:
    token = tokens.pop() if tokens else ""
    if token == "{":
        row = _row(tokens, formula)
        if not tokens:
            raise ValueError(f"a brace opens that none closes, in {formula!r}; close it")
        tokens.pop()
        return f"<mrow>{''.join(row)}</mrow>"
    written = html.escape(token)
    if token.isspace():
        return f'<mspace width="{"0.3em" if token == " " else "1.6em"}"/>'
    if token[:1].isdigit():
        return f"<mn>{written}</mn>"
    if token in "ΣΠ":
        return f'<mo largeop="true" movablelimits="false">{"∑" if token == "Σ" else "∏"}</mo>'
    if token in "|∥":
        return f'<mo stretchy="false" lspace="0.1em" rspace="0.1em">{token}</mo>'
    if token in _BIG or (token.isalpha() and len(token) > 1):
        return f'<mi mathvariant="normal">{written}</mi>'
    return f"<mi>{written}</mi>" if token.isalpha() and token != "∂" else f'<mo stretchy="false">{written}</mo>'
