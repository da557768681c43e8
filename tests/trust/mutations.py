"""What a mutant is: a module with one place changed by an operator of cosmic-ray. How one is tried is in trials.py."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

# Left out: what no slip of a finger makes (+ to <<, == to is), and what needs arguments of its own.
LEFT_OUT = re.compile(
    r"core/(ReplaceBinaryOperator_(BitOr|.*_(RShift|LShift|BitOr|BitAnd|BitXor|Mod|FloorDiv)\b)"
    r"|ReplaceComparisonOperator_((Eq|NotEq|Lt|LtE|Gt|GtE)_(Is|IsNot)|(Is|IsNot)_(Eq|NotEq|Lt|LtE|Gt|GtE))\b"
    r"|ReplaceUnaryOperator_.*_(Invert|Not)\b|Variable(Inserter|Replacer))"
)


ORDER = re.compile(
    r"Comparison.*_(Lt|LtE|Gt|GtE)$"
)  # of texts, shapes and dtypes it means nothing: == is only tried as !=


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one place changed.

    `was` and `now` are the lines that differ; with the statement in which they stand, and which of equal ones it is,
    they are its name, which stays the same when the rest of the file is edited. `scope` are the lines of the statement,
    `line` the one that differs.
    """

    path: str
    statement: str
    was: str
    now: str
    number: int
    line: int
    scope: range
    source: str

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """Its name."""
        return (self.path, self.statement, self.was, self.now, self.number)


def mutants(path: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a module that compiles, and to something else than the module itself."""
    lines = source.splitlines(keepends=True)
    tree = ast.parse(source)
    silent = [_span(node, lines) for node in _silent(tree)]
    unordered = [_span(node, lines) for node in ast.walk(tree) if isinstance(node, ast.Compare) and _unordered(node)]
    original = compile(source, path, "exec")
    seen: Counter[tuple[str, str, str]] = Counter()
    for piece in _pieces(tree.body):
        text = "".join((piece.before, *lines[piece.first - 1 : piece.last], piece.after))
        offset = piece.first - 1 - piece.before.count("\n")
        for operator, occurrence in _places(text, offset, silent, unordered):
            changed = mutate_code(text, operator, occurrence)
            if changed is None:
                continue
            inside = changed.removeprefix(piece.before).removesuffix(piece.after)
            mutated = "".join((*lines[: piece.first - 1], inside, *lines[piece.last :]))
            if not _differs(mutated, path, original):
                continue
            line, was, now = _difference(text.splitlines(), changed.splitlines())
            number = seen[piece.name, was, now]
            seen[piece.name, was, now] += 1
            yield Mutant(path, piece.name, was, now, number, offset + line + 1, piece.scope, mutated)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Lines of a module that are parsed at once, for speed: a statement; of a class, its head and each member."""

    name: str
    first: int
    last: int
    before: str = ""
    after: str = ""

    @property
    def scope(self) -> range:
        return range(self.first, self.last + 1)


def _pieces(body: list[ast.stmt], inside: str = "") -> Iterator[_Piece]:
    for statement in body:
        first = min([statement.lineno, *(node.lineno for node in getattr(statement, "decorator_list", []))])
        name = inside + (getattr(statement, "name", "") or ast.unparse(statement).splitlines()[0][:60])
        before = "class _:\n" if inside else ""
        if isinstance(statement, ast.ClassDef) and not inside and statement.body[0].lineno > statement.lineno:
            members = list(_pieces(statement.body, f"{name}."))
            yield _Piece(name, first, members[0].first - 1, after="    pass\n")
            yield from members
        else:
            yield _Piece(name, first, statement.end_lineno or first, before)


@cache
def _operators() -> tuple[Operator, ...]:
    return tuple(get_operator(name)() for name in sorted(operator_names()) if not LEFT_OUT.match(name))


def _places(text: str, offset: int, silent: list[tuple], unordered: list[tuple]) -> Iterator[tuple[Operator, int]]:
    """The operators that change a statement, each with the numbers of its places."""
    nodes = list(ast_nodes(get_ast(text)))
    for operator in _operators():
        places = [(*place, node) for node in nodes for place in operator.mutation_positions(node)]
        left_alone = silent + unordered if ORDER.search(type(operator).__name__) else silent
        for occurrence, (start, end, node) in enumerate(places):
            at = (start[0] + offset, start[1]), (end[0] + offset, end[1])
            if node.parent and node.parent.type in ("parameters", "lambdef"):  # the * between kinds of parameters
                continue
            if not any(span[0] <= at[0] and at[1] <= span[1] for span in left_alone):
                yield operator, occurrence


def _silent(tree: ast.Module) -> Iterator[ast.AST]:
    """What is left alone: annotations, texts with their values, what is raised or asserted, what only mypy reads."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from [node.returns] if node.returns else []
                for decorator in node.decorator_list:
                    if isinstance(decorator, ast.Name) and decorator.id == "overload":
                        yield from (node, decorator)
            case ast.arg() | ast.AnnAssign() if node.annotation:
                yield node.annotation
            case ast.Raise(exc=ast.expr()):
                yield node.exc
            case ast.JoinedStr() | ast.Assert():
                yield node
            case ast.keyword(arg="strict"):  # of zip: an assertion
                yield node.value
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield node
            case ast.Assign(targets=[ast.Name(id="__all__" | "__slots__")]):
                yield node


def _unordered(node: ast.Compare) -> bool:
    """Whether texts, shapes or dtypes are compared."""
    for side in (node.left, *node.comparators):
        whole = side.value if isinstance(side, ast.Subscript) and isinstance(side.slice, ast.Slice) else side
        name = whole.attr if isinstance(whole, ast.Attribute) else whole.id if isinstance(whole, ast.Name) else ""
        if name in ("shape", "shapes", "dtype") or isinstance(whole, ast.Tuple | ast.List | ast.Set):
            return True
        if isinstance(side, ast.Constant) and isinstance(side.value, str):
            return True
    return False


def _span(node: ast.AST, lines: list[str]) -> tuple:
    """Where a node begins and ends, counted in characters as cosmic-ray counts; a decorator begins at its @."""
    assert isinstance(node, ast.expr | ast.stmt)
    ends = ((node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0))
    start, end = ((line, len(lines[line - 1].encode()[:column].decode())) for line, column in ends)
    if lines[start[0] - 1][: start[1]].strip() == "@":
        return (start[0], 0), (end[0] + 1, 0)
    return start, end


def _differs(mutated: str, path: str, original: object) -> bool:
    try:
        return compile(mutated, path, "exec") != original
    except (SyntaxError, ValueError):
        return False


def _difference(before: list[str], after: list[str]) -> tuple[int, str, str]:
    """The number of the first line that differs, and the lines that differ."""
    start = next((at for at, (old, new) in enumerate(zip(before, after, strict=False)) if old != new), len(after))
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    was, now = (" ".join(line.strip() for line in lines[start : len(lines) - end]) for lines in (before, after))
    return start, was, now


# The cases of the laws for tape engines are questions, tests themselves: another one isn't wrong. Whether the laws
# notice what is wrong is shown by the faults that are planted for them (tests/testing/faults.py).
QUESTIONS = {f"minigrad/testing/{name}.py" for name in ("arrays", "graphs", "rules", "sweeps")}


def rooms(names: list[str], root: Path) -> list[str]:
    """The modules of files and folders, as paths below the repository's root, in the order in which they are named.

    Of folders those that only ask questions are left out.
    """
    paths: dict[str, None] = {}
    for name in names:
        inside = sorted((root / name).rglob("*.py"))
        spelled = [path.resolve().relative_to(root).as_posix() for path in inside or [root / name]]
        paths |= dict.fromkeys(path for path in spelled if not inside or path not in QUESTIONS)
    return list(paths)
