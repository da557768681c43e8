"""Formulas of what was recorded: a value in terms of named ones, a rule's factor with the names of its operands."""

import re
from collections.abc import Mapping, Sequence

from minigrad import Tensor
from minigrad.registry import Operation, Origin

from ..text import numbers

DEEPEST, LONGEST = 6, 90
_INFIX = {"add": "+", "subtract": "−", "multiply": "×", "divide": "÷", "matmul": "@"}
_LOOSE = ("add", "subtract")
_LETTER = re.compile(r"(?<![A-Za-z])[abxy](?![A-Za-z])")
_RAISED = re.compile(r"[ᵃᵇᶜᵈᵉᶠᵍʰᵏᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ]")
Names = Mapping[int, str]


def formula(tensor: Tensor, names: Names, depth: int = DEEPEST) -> str:
    """Write how a value was made, down to what has a name.

    >>> import minigrad as mg
    >>> w, x, b = (mg.tensor(0.5, requires_grad=True, name=name) for name in "wxb")
    >>> formula(mg.tanh(w * x + b) ** 2, {each.order: each.name for each in (w, x, b)})
    'tanh(w × x + b) ** 2'
    """
    origin = tensor.origin
    return names.get(tensor.order, "…") if origin is None else _applied(origin, names, depth)


def _applied(origin: Origin, names: Names, depth: int) -> str:
    name = origin.primitive.name
    if name in _INFIX and len(origin.inputs) == 2:
        left, right = (
            _operand(operand, names, depth, name, position) for position, operand in enumerate(origin.inputs)
        )
        return f"{left} {_INFIX[name]} {right}"
    if name == "power" and len(origin.inputs) == 2:
        left, right = (
            _operand(operand, names, depth, name, position) for position, operand in enumerate(origin.inputs)
        )
        return f"{left} ** {right}"
    operands = [_operand(operand, names, depth, "", 0) for operand in origin.inputs]
    if name == "negative":
        return f"−{_grouped(operands[0])}"
    if name.startswith("getitem"):
        return f"{_grouped(operands[0])}[…]"
    return f"{name}({', '.join(operands)})"


def _operand(value: object, names: Names, depth: int, outer: str, position: int) -> str:
    """An operand of an operation, in brackets where another would bind it tighter."""
    if not isinstance(value, Tensor):
        return numbers.constant(value)
    if value.order in names:
        return names[value.order]
    origin = value.origin
    if origin is None or not depth:
        return "…"
    text, inner = _applied(origin, names, depth - 1), origin.primitive.name
    tight = inner in _LOOSE and outer not in ("", "add") and not (outer == "subtract" and position == 0)
    tight |= inner in _INFIX and inner not in _LOOSE and outer in ("divide", "matmul", "power")
    return f"({text})" if tight else text


def _grouped(text: str) -> str:
    """The text in brackets, if an operation stands in it outside of any."""
    depth, bare = 0, ""
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        bare += "" if depth else letter
    return f"({text})" if re.search(r" [+−×÷@*<>]|^−", bare) else text


def short(tensor: Tensor, names: Names, longest: int) -> str:
    """A formula that is no longer than this, where there is one: what is deep in it is left out.

    >>> import minigrad as mg
    >>> W_xh, x_3, b_h = (mg.tensor(0.5, requires_grad=True, name=name) for name in ("W_xh", "x_3", "b_h"))
    >>> short(W_xh * x_3 + b_h, {each.order: each.name for each in (W_xh, x_3, b_h)}, 12)
    '… + b_h'
    """
    for depth in reversed(range(DEEPEST + 1)):
        text = formula(tensor, names, depth)
        if len(text) <= longest:
            break
    return text


def factor(operation: Operation, position: int, operands: Sequence[str], result: str) -> str:
    """Write a rule's factor with the names of the operands and of the result in it; empty if the rule has no words.

    >>> import minigrad as mg
    >>> factor(mg.multiply, 0, ["W_xh", "x_3"], "v"), factor(mg.tanh, 0, ["a"], "h_2"), factor(mg.exp, 0, ["a"], "h_2")
    ('x_3', '1 − h_2²', 'h_2')
    """
    words = operation.local or ""
    word = words if isinstance(words, str) else words[position]
    if operation.name == "matmul":
        return f"g @ {_grouped(operands[1])}ᵀ" if position == 0 else f"{_grouped(operands[0])}ᵀ @ g"
    known = {"y": result, "x": operands[0], "a": operands[0], "b": operands[-1]}
    if _RAISED.search(word):  # a name doesn't fit into an exponent
        return (
            f"{word}, where {', '.join(f'{letter} = {name}' for letter, name in known.items() if letter in _met(word))}"
        )
    alone = bool(_LETTER.fullmatch(word))
    return _LETTER.sub(lambda match: known[match[0]] if alone else _grouped(known[match[0]]), word)


def _met(word: str) -> str:
    """The letters of a rule that stand for values, those in exponents too."""
    return "".join(_LETTER.findall(word)) + "b" * ("ᵇ" in word) + "x" * ("ˣ" in word)


def pulled_back(head: Tensor, tail: Tensor, names: Names) -> str:
    """Write what `head` gives back to `tail`, where one way alone leads from one to the other past nothing named.

    >>> import minigrad as mg
    >>> W, h = (mg.tensor(0.5, requires_grad=True, name=name) for name in ("W_hh", "h_2"))
    >>> y = mg.tanh(W * h + 1)
    >>> pulled_back(y, h, {W.order: "W_hh", h.order: "h_2", y.order: "h_3"})
    '∂h_3 × (1 − h_3²) × W_hh'
    """
    ways = _ways(head, tail, names)
    if len(ways) != 1:
        return ""
    text = f"∂{names.get(head.order, '')}"
    for value, position in ways[0]:
        origin = value.origin
        if origin is None:
            return ""
        operands = [_operand(operand, names, DEEPEST, "", 0) for operand in origin.inputs]
        word = factor(origin.primitive, position, operands, names.get(value.order) or formula(value, names))
        if not word or "," in word or "…" in word:
            return ""
        if origin.primitive.name == "matmul":
            before, after = re.split(r"(?<!\w)g(?!\w)", word, maxsplit=1)
            text = f"{before}{_grouped(text)}{after}"
        elif word != "1":
            text = f"{_grouped(text) if ' @ ' in text else text} × {_grouped(word)}"
    return text if len(text) <= LONGEST else ""


def _ways(head: Tensor, tail: Tensor, names: Names) -> list[list[tuple[Tensor, int]]]:
    """The ways from one down to the other, as values and the operand that leads on; more than two are not needed."""
    chains: list[list[tuple[Tensor, int]]] = []
    waiting: list[tuple[Tensor, list[tuple[Tensor, int]]]] = [(head, [])]
    while waiting and len(chains) < 2 and len(waiting) < 200:
        value, way = waiting.pop()
        origin = value.origin
        for position, operand in enumerate(origin.inputs if origin is not None else ()):
            if operand is tail:
                chains.append([*way, (value, position)])
            elif isinstance(operand, Tensor) and operand.order not in names and operand.origin is not None:
                waiting.append((operand, [*way, (value, position)]))
    return chains
