"""Who imports whom, read from the code with `ast`; `python -m tests.house` writes tests/house.txt."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "tests" / "house.txt"
FOLDERS = {
    "minigrad": "minigrad",
    "models": "minigrad.models",
    "viz": "minigrad.viz",
    "docs/lessons": "minigrad.lessons",
    "commands": "minigrad.commands",
}
FLAT = ("minigrad", "models", "viz")  # of these, each module is a line of the table; of other folders, the folder is


def modules(root: Path = ROOT) -> dict[str, Path]:
    """Every module by its name; a package stands for its `__init__`."""
    return {
        ".".join((package, *path.relative_to(root / folder).with_suffix("").parts)).removesuffix(".__init__"): path
        for folder, package in FOLDERS.items()
        for path in sorted((root / folder).rglob("*.py"))
    }


def imports(name: str, path: Path, known: set[str]) -> Iterator[str]:
    """The modules of ours that a module imports, type hints included; and those that it names in a string."""
    tree = ast.parse(path.read_text("utf-8"))
    package = name.split(".") if path.stem == "__init__" else name.split(".")[:-1]
    texts = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    named = known - {"minigrad"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            source = ".".join(filter(None, (start, node.module)))
            if source.split(".")[0] != "minigrad":
                continue
            within = {f"{source}.{alias.name}" for alias in node.names} & known
            functions = {f"{source}.{alias.name}" for alias in node.names if alias.name in _FUNCTIONS.get(source, ())}
            yield from within - functions
            if len(within - functions) < len(node.names):
                yield source
        elif isinstance(node, ast.Constant) and id(node) not in texts and node.value in named:
            yield node.value


# Functions of a package that are called as the module in which they stand.
_FUNCTIONS = {
    "minigrad": {"tape", "tensor", "primitive", "checkpoint", "gradients", "trace"},
    "minigrad.models": {"bptt"},
    "minigrad.viz": {"compare", "draw", "explore", "page", "player"},
}


@cache
def arrows(root: Path = ROOT) -> dict[str, set[str]]:
    """Each module with those that it imports."""
    known = modules(root)
    return {name: {other for other in imports(name, path, set(known)) if other != name} for name, path in known.items()}


def room(name: str) -> str:
    """The line of the table in which a module stands: its folder; of a flat folder, itself."""
    folder, package = next(pair for pair in reversed(FOLDERS.items()) if f"{name}.".startswith(f"{pair[1]}."))
    inside = name.removeprefix(package).strip(".").split(".")
    folders = [part for end, part in enumerate(inside, 1) if ROOT.joinpath(folder, *inside[:end]).is_dir() and part]
    if folders or folder not in FLAT or not inside[0]:
        return "/".join((folder, *folders))
    return f"{folder}/{inside[0]}.py"


def table(root: Path = ROOT) -> dict[str, set[str]]:
    """The arrows between rooms."""
    lines: dict[str, set[str]] = {}
    for name, others in arrows(root).items():
        lines.setdefault(room(name), set()).update(room(other) for other in others)
    return {name: others - {name} for name, others in lines.items()}


def circles(graph: dict[str, set[str]]) -> list[str]:
    """The modules on a circle or between two: what is left when those with no way out or in are taken off."""
    left = {name: others & graph.keys() for name, others in graph.items()}
    while True:
        targets = set().union(*left.values())
        inner = {name for name, others in left.items() if others and name in targets}
        if len(inner) == len(left):
            return sorted(left)
        left = {name: left[name] & inner for name in inner}


def written(graph: dict[str, set[str]]) -> str:
    """A table as text, a line for each room."""
    wide = max(map(len, graph))
    return "".join(
        f"{name:{wide}} -> {' '.join(sorted(others))}".rstrip() + "\n" for name, others in sorted(graph.items())
    )


def read(text: str) -> dict[str, set[str]]:
    """The text of a table as data."""
    rows = (line.split("->") for line in text.splitlines())
    return {name.strip(): set(others.split()) for name, others in rows}


if __name__ == "__main__":
    PAGE.write_text(written(table()), encoding="utf-8")
