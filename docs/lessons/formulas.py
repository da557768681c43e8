r"""Formulas of the lessons in letters that a terminal shows: `\frac{\partial L}{\partial w}` as ∂L/∂w."""

from __future__ import annotations

import re

_LETTERS = {
    "partial": "∂", "phi": "φ", "theta": "θ", "delta": "δ", "sigma": "σ", "lambda": "λ", "tau": "τ", "eta": "η",
    "varepsilon": "ε", "sum": "Σ", "prod": "Π", "lfloor": "⌊", "rfloor": "⌋", "lVert": "‖", "rVert": "‖", "cdot": "·",
    "odot": "⊙", "times": "×", "le": "≤", "ge": "≥", "neq": "≠", "approx": "≈", "ldots": "…", "cdots": "⋯", "top": "ᵀ",
    "prime": "′", "in": "∈", "to": "→", "infty": "∞", "max": "max", "min": "min", "tanh": "tanh", "log": "log",
    "exp": "exp", "diag": "diag", "quad": "   ", "qquad": "      ", "left": "", "right": "", "pm": "±",
}  # fmt: skip
_FONTS = ("mathbf", "mathcal", "mathrm", "text", "operatorname")


def plain(formula: str) -> str:
    r"""A formula of LaTeX in plain letters. What isn't known stays as it is.

    >>> plain(r"\frac{\partial \mathcal{L}_{(t)}}{\partial \mathbf{W}_{hh}} = \sum_{k=0}^{t} a_k")
    '∂L_(t)/∂W_hh = Σ_{k=0…t} a_k'
    >>> plain(r"\frac{a + b}{2 c}")
    '(a + b)/(2 c)'
    """
    text = " ".join(formula.split()).replace("&", "").replace(r"\partial^{+}", "∂⁺")
    for font in _FONTS:
        text = re.sub(rf"\\{font}\{{([^{{}}]*)\}}", r"\1", text)
    text = re.sub(r"\\(sum|prod)_\{([^{}]*)\}\^(?:\{([^{}]*)\}|(\w))", r"\\\1_<\2…\3\4>", text)
    text = re.sub(r"_\{([^{}]*)\}(?=[a-zA-Z\\])", r"_\1 ", text)
    text = re.sub(r"_\{([^{}]*)\}", r"_\1", text)
    text = re.sub(r"\^\{([^{}]*)\}", lambda power: f"^{_grouped(power[1])}", text)
    while (shorter := re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", _fraction, text)) != text:
        text = shorter
    text = re.sub(r"\\partial (?=[^\s])", "∂", text).replace("∂⁺ ", "∂⁺").replace("^2", "²")
    text = re.sub(r"\\([a-zA-Z]+) ?(?=[a-zA-Z0-9]*)", _letter, text)
    text = re.sub(r" ([⌋‖])(?! =)", r"\1", re.sub(r"\\[,;! ]", " ", text)).replace("^′", "′").replace("^ᵀ", "ᵀ")
    text = re.sub(r"([ΣΠ])_<(.*?)>", r"\1_{\2}", text).replace("-", "−")
    return re.sub(r"  (?! )", " ", text).strip()


def _letter(command: re.Match[str]) -> str:
    name = command[1]
    if name not in _LETTERS:
        return command[0]
    space = " " if name in ("tanh", "log", "exp", "max", "min", "cdot", "odot", "times", "le", "ge", "in", "to") else ""
    return _LETTERS[name] + (space if command[0].endswith(" ") else "")


def _fraction(parts: re.Match[str]) -> str:
    return f"{_grouped(parts[1])}/{_grouped(parts[2])}"


def _grouped(part: str) -> str:
    """In brackets, unless it is one symbol, or the ∂ of one."""
    part = part.strip()
    outside = re.sub(r"\([^()]*\)", "", part)
    return part if re.fullmatch(r"(?:(?:\\partial|∂⁺) ?)?\\?[^\s+\-/]*", outside) else f"({part})"
