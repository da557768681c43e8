"""`python -m tests.trust.hostile_names`: names that would be markup, code or paths are text in every format.

Each hostile name is put into each field that a user controls (`hostile_fields`), and all that comes out is read with a
real parser: the elements and attributes must be those of a harmless name, and the name must be found in it as text.
Pages are opened in a browser besides, where one is installed.
"""

from __future__ import annotations

import argparse
import ast
import base64
import html.parser
import io
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from contextlib import ExitStack
from dataclasses import astuple, dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from tqdm import tqdm

from minigrad.models.training import files
from minigrad.refusal.arguments import printable
from minigrad.viz.render.graphviz import _installed
from minigrad.viz.text import escape
from tests.javascript import NODE, in_node

from . import hostile_messages as hostile_messages  # its fields
from .hostile_fields import FIELDS, Output, csv_rows, framed, outputs
from .pool import pool

OWNED = "window.__owned=1"
HOSTILE = {
    "script": f"</script><script>{OWNED}</script>",
    "image": f'"><img src=x onerror={OWNED}>',
    "image, single quote": f"'><img src=x onerror={OWNED}>",
    "image in a title": f"</title></style></textarea><img src=x onerror={OWNED}>",
    "handler": f'" onload="{OWNED}" onclick="{OWNED}" x="',
    "handler, single quote": f"' onmouseover='{OWNED}' x='",
    "svg": f"<svg onload={OWNED}>",
    "frame": f'<iframe srcdoc="<script>parent.{OWNED[7:]}</script>"></iframe>',
    "frame's end": f'&quot;></iframe><script>{OWNED}</script>',
    "CDATA's end": "]]>",
    "CDATA": "<![CDATA[x]]>",
    "comment": "<!-- x",
    "comment's end": "x --> y",
    "processing": "<?xml version='1.0'?>",
    "doctype": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;',
    "entity": "&amp;&lt;b&gt;",
    "entity of nothing": "&#0;&#xD800;&bogus;&",
    "script's comment": "<!--<script>",
    "double quotes": 'say "x"',
    "single quotes": "it's 'x'",
    "typographic quotes": "“x” ‘y’ «z»",
    "backslash": "a\\",
    "backslashes": "\\\\\\",
    "Graphviz' escapes": "\\N \\G \\L \\E \\T \\H \\l \\r \\n",
    "bold": "<b>bold</b>",
    "table of Graphviz": "<<TABLE><TR><TD>x</TD></TR></TABLE>>",
    "DOT's end": '"]; evil [label="x"]; }',
    "ports": "a:b:c->d",
    "lines": "one\ntwo\r\nthree\ttabbed",
    "blank lines": "one\n\n\ntwo",
    "NUL": "a\x00b",
    "control characters": "\x01\x1b[31mred\x7f\x9f",
    "lone surrogates": "\ud800 and \udfff",
    "line separators": "a\u2028b\u2029c\x85d",
    "right to left": "a\u202eb\u202c\u2066c",
    "zero width": "a\u200bb\u200dc\ufeffd",
    "combining": "e\u0301" + "\u0300" * 12,
    "emoji": "🙂👩\u200d👧 \U0001f1e9\U0001f1ea",
    "no characters": "x\ufffe\uffff\U0001ffff",
    "byte-order mark": "\ufeffstart",
    "tags": "a\U000e0041b",
    "5,000 letters": "wide name " * 500,
    "5,000 letters in one word": "W" * 5_000,
    "formula": "=1+2",
    "formula, plus": "+1+cmd|' /C calc'!A0",
    "formula, minus": "-2+3",
    "formula, at": "@SUM(1)",
    "formula, tab": "\t=1+2",
    "prototype": "__proto__",
    "constructor": "constructor",
    "hasOwnProperty": "hasOwnProperty",
    "toString": "toString",
    "template": f"${{{OWNED}}}`${{{OWNED}}}`",
    "regular replacement": "$& $1 $` $' $$",
    "runtime's name": "$nested $x",
    "address": f"javascript:{OWNED}",
    "address of data": "data:text/html,<script>x</script>",
    "percent formats": "%s %d %n %(x)s %20",
    "brace formats": "{} {0} {x!r} {{y}}",
    "path": "../../x",
    "absolute path": "/etc/x",
    "device": "CON",
    "dots": "..",
    "path of Windows": "..\\..\\x",
    "TeX": "$x^2$ \\frac{a}{b} $",
    "Markdown": "| a | `b` [c](d) **e** _f_ # g",
    "fence": "```\n# code\n```",
    "collision, one": "a<b",
    "collision, two": "a>b",
    "another parameter's part": "a_V",
    "a use": "V@1",
    "an input": "x_1",
    "a state": "h_1",
    "a loss": "L_1",
    "metadata": "__metadata__",
    "header": "header.json",
    "an id of the page": "~page frames spec figure",
    "an edge's id": "h_0->h_1.gradient",
    "a cut's id": "h_0.blocked",
    "hole of the page": "⟨0⟩ ⟨f⟩",
    "a gradient": "∂ 0",
    "a target": "target −8.8e−12",
    "Python's end": "x'\nimport os\n'",
    "nothing": "",
    "blank": " ",
}  # fmt: skip
"""Hostile names by what they are."""

WORDS = {"text", "tspan", "sub", "sup", "i", "br"}  # how a text is set, which is its own affair
FORMULA = {
    "math",
    "mi",
    "mo",
    "mn",
    "mrow",
    "msub",
    "msup",
    "msubsup",
    "munder",
    "mover",
    "munderover",
    "mfrac",
    "mspace",
}
WORD_ATTRIBUTES = {
    "x", "y", "dy", "fill", "font-size", "font-weight", "font-style", "font-family", "text-anchor", "textLength",
    "lengthAdjust", "class", "visibility", "textlength", "lengthadjust", "display", "style", "width", "mathvariant",
    "stretchy", "largeop", "transform", "space", "baseline-shift", "movablelimits", "lspace", "rspace",
}  # fmt: skip


class Wrong(Exception):
    """What is wrong with an output."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A hostile name that is more than text: where, and how."""

    field: str
    kind: str
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}, {self.kind}, {self.name}: {self.reason}"


@dataclass
class Seen:
    """What a parser finds: elements with their attributes, by what they stand in; all text, that of attributes too."""

    elements: Counter[tuple[str, ...]]
    text: str
    identities: list[str]
    scripts: list[tuple[str, str]]


def harmless(name: str) -> str:
    """A name of the same kind: as long, in as many parts of a path, blank where the name is."""
    if not name.strip():
        return name
    return re.sub(r"[^/\s]", "n", name)


# ---- parsers ---------------------------------------------------------------------------------------------------------


@lru_cache(2_000)
def of_xml(text: str) -> Seen:
    """An SVG or another XML, by the parser that is in the standard library."""
    root = ElementTree.fromstring(text.encode("utf-8"))
    seen = Seen(Counter(), "", [], [])
    parts: list[str] = []

    def walk(element: ElementTree.Element, parent: str) -> None:
        tag = element.tag.rpartition("}")[2]
        attributes = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
        if not (
            attributes.get("id", "").startswith("~text-") or parent == "lines"
        ):  # how many there are is the layout's
            _enter(seen, parent, tag, attributes)
        else:
            tag = "lines"
        parts.extend(value for key, value in attributes.items() if key not in ("d", "points"))
        parts.append(element.text or "")
        for child in element:
            walk(child, tag)
            parts.append(child.tail or "")

    walk(root, "")
    seen.text = "\n".join(parts)
    return seen


def _enter(seen: Seen, parent: str, tag: str, attributes: dict[str, str]) -> None:
    handlers = [name for name in attributes if name.startswith("on")]
    if handlers:
        raise Wrong(f"<{tag}> has the handler {handlers[0]}")
    if "id" in attributes:
        seen.identities.append(attributes["id"])
    for name in ("href", "src"):
        if re.match(r"\s*(javascript|vbscript):", attributes.get(name, ""), re.IGNORECASE):
            raise Wrong(f"<{tag}> leads to {attributes[name]!r:.60}")
    if tag in WORDS or tag in FORMULA:
        if unknown := set(attributes) - WORD_ATTRIBUTES:
            raise Wrong(f"<{tag}> has the attributes {sorted(unknown)}")
    else:
        seen.elements[(parent, tag, *sorted(attributes))] += 1


class _Reader(html.parser.HTMLParser):
    """A page as the standard library's parser reads it."""

    VOID = frozenset({"meta", "input", "img", "br", "link", "hr"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen, self.parts, self.open = Seen(Counter(), "", [], []), [], []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if len(attributes) != len(attrs):
            raise Wrong(f"<{tag}> has an attribute twice")
        _enter(self.seen, self.open[-1] if self.open else "", tag, attributes)
        self.parts += [value for name, value in attributes.items() if name not in ("d", "points", "srcdoc", "src")]
        if tag == "script":
            self.seen.scripts.append((attributes.get("type", ""), ""))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        while self.open and tag in self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            kind, text = self.seen.scripts[-1]
            self.seen.scripts[-1] = kind, text + data
        if not self.open or self.open[-1] != "style":
            self.parts.append(data)

    def handle_comment(self, data: str) -> None:
        raise Wrong(f"there is a comment, {data!r:.40}")

    def unknown_decl(self, data: str) -> None:
        raise Wrong(f"there is a declaration, {data!r:.40}")


@lru_cache(2_000)
def of_html(text: str) -> Seen:
    """A page or a part of one. What it keeps as JSON is parsed too, strictly, and what stands in a frame."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise Wrong("it can't be written in UTF-8")
    reader = _Reader()
    reader.feed(text)
    reader.close()
    seen = reader.seen
    seen.text = "\n".join(reader.parts)
    for kind, script in seen.scripts:
        if kind == "application/json":
            seen.text += "\n" + "\n".join(_strings(strict(script)))
    return seen


def strict(text: str) -> Any:
    """JSON by its standard: no NaN, no key twice."""

    def refused(token: str) -> None:
        raise Wrong(f"{token} is no JSON")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise Wrong("a key is there twice")
        return dict(pairs)

    try:
        return json.loads(text, parse_constant=refused, object_pairs_hook=once)
    except ValueError as error:
        raise Wrong(f"it is no JSON: {error}") from None


def _strings(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict):
        for key, value in content.items():
            yield key
            yield from _strings(value)
    elif isinstance(content, list):
        for value in content:
            yield from _strings(value)


def _shape(content: Any) -> Any:
    """The structure of JSON: how many keys and members there are where, and of which kind."""
    if isinstance(content, dict):
        return {"keys": sorted(json.dumps(_shape(value), sort_keys=True) for value in content.values())}
    if isinstance(content, list):
        return [_shape(value) for value in content]
    return type(content).__name__


@cache
def renderers() -> tuple[str, ...]:
    """The programs that read DOT: the system's, and the one that pip installed."""
    system = [dot] if (dot := shutil.which("dot")) else []
    return (*system, *map(str, _installed()))


def of_dots(texts: Sequence[str]) -> dict[str, list[Seen]]:
    """Graphs as each renderer reads them: what is in the SVG that it makes, but for how it draws a box.

    Many in one process: to start it takes longer than to draw. A graph that can't be read is left out.
    """
    found: dict[str, list[Seen]] = {text: [] for text in texts}
    for program in renderers():
        with tempfile.TemporaryDirectory() as folder:
            names = [f"{number}.dot" for number in range(len(found))]
            for name, text in zip(names, found, strict=True):
                Path(folder, name).write_text(text, "utf-8")
            command = [program, "-q", "-Tsvg", "-O"]
            subprocess.run([*command, *names], cwd=folder, capture_output=True, timeout=600)
            missing = [name for name in names if not Path(folder, f"{name}.svg").exists()]
            for name in missing:  # where one ended the process
                subprocess.run([*command, name], cwd=folder, capture_output=True, timeout=60)
            for name, text in zip(names, found, strict=True):
                drawn = Path(folder, f"{name}.svg")
                if drawn.exists():
                    found[text].append(_drawn_by_graphviz(drawn.read_text("utf-8")))
    return {text: seen for text, seen in found.items() if len(seen) == len(renderers())}


def _drawn_by_graphviz(svg: str) -> Seen:
    seen = of_xml(re.sub(r"<!DOCTYPE[^>]*>", "", svg))
    for element in [key for key in seen.elements if key[1] in ("path", "polygon", "polyline")]:
        del seen.elements[element]
    return seen


# ---- what is asked of an output --------------------------------------------------------------------------------------


def squashed(text: str) -> str:
    """A text without what is set otherwise on a page: blanks, minus signs, the marks of indices and groups."""
    return re.sub(r"[\s_{}^\\]", "", escape.clean(text).replace("−", "-").replace("\N{NO-BREAK SPACE}", "")).replace(
        "\N{REPLACEMENT CHARACTER}", ""
    )


def check_named(text: str, name: str) -> None:
    """The name is in the text, whole or with its middle left out."""
    within = squashed(text)

    def found(part: str) -> bool:
        forms = (part, part.replace("=", " = "), printable(part), repr(part)[1:-1])
        longest = (14, 24, 40, 60, 120, 200, 6_000)
        return any(squashed(escape.line(form, letters)) in within for form in forms for letters in longest)

    ways = ([name], name.split("/"), re.split(r"[\r\n]+", name))  # scopes are nested, plots keep their lines
    if not any(all(map(found, parts)) for parts in ways):
        raise Wrong(f"the name isn't found in it: {squashed(name)!r:.60}")


def check_alike(seen: Seen, other: Seen) -> None:
    """The elements and attributes are the same, and each id is there once."""
    twice = [key for key, count in Counter(seen.identities).items() if count > 1]
    if twice:
        raise Wrong(f"the id {twice[0]!r:.60} is there twice")
    if added := seen.elements - other.elements:
        raise Wrong(f"elements that a harmless name doesn't give: {dict(added)!r:.200}")
    if lost := other.elements - seen.elements:
        raise Wrong(f"elements that only a harmless name gives: {dict(lost)!r:.200}")


def check_svg(output: Output, other: Output, name: str) -> None:
    seen = of_xml(output.content)
    check_alike(seen, of_xml(other.content))
    if output.named:
        check_named(seen.text, name)


def check_matplotlib(output: Output, other: Output, name: str) -> None:
    seen, expected = of_matplotlib(output.content), of_matplotlib(other.content)
    check_alike(seen, expected)
    if output.named:
        check_named(seen.text, name)


@lru_cache(100)
def of_matplotlib(axes: Any) -> Seen:
    """What is in the SVG that matplotlib writes."""
    import matplotlib

    stream = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        axes.get_figure().savefig(stream, format="svg")
    return of_xml(re.sub(r"<!DOCTYPE[^>]*>", "", stream.getvalue()))


def check_html(output: Output, other: Output, name: str) -> None:
    seen, expected = of_html(output.content), of_html(other.content)
    check_alike(seen, expected)
    kinds = [kind for kind, _ in seen.scripts]
    if kinds != [kind for kind, _ in expected.scripts]:
        raise Wrong(f"its scripts are {kinds}")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', output.content)
    if any(kind == "" for kind in kinds) and (policy is None or "unsafe-inline'; script" in policy[1]):
        raise Wrong("it has a script and no policy that names it")
    if output.named:
        check_named(seen.text, name)


def check_notebook(output: Output, other: Output, name: str) -> None:
    check_html(Output(output.field, "html", output.content, False), other, name)
    inside, beside = (Output(each.field, "html", framed(each.content), each.named) for each in (output, other))
    check_html(inside, beside, name)


def check_dot(output: Output, other: Output, name: str) -> None:
    for text in (output.content, other.content):
        if text not in _dots:
            raise Wrong("a renderer can't read it")
    for seen, expected in zip(_dots[output.content], _dots[other.content], strict=True):
        check_alike(seen, expected)
        if output.named:
            check_named(seen.text, name)


def check_png(output: Output, other: Output, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        content = output.content.save(Path(folder, "x.png"), scale=0.5).read_bytes()
    if content[:8] != b"\x89PNG\r\n\x1a\n" or b"IEND" not in content[-12:]:
        raise Wrong("it is no whole PNG")


def check_pdf(output: Output, other: Output, name: str) -> None:
    objects, expected = of_pdf(output.content), of_pdf(other.content)
    if objects != expected:
        raise Wrong(f"its objects are {objects}, with a harmless name {expected}")


@lru_cache(100)
def of_pdf(diagram: Any) -> Counter[bytes]:
    """The kinds of objects in the PDF of a figure, but for fonts, and all that would act."""
    with tempfile.TemporaryDirectory() as folder:
        content = diagram.save(Path(folder, "x.pdf")).read_bytes()
    content = re.sub(rb"stream\r?\n.*?endstream", b"", content, flags=re.DOTALL)
    if not content.startswith(b"%PDF-") or not content.rstrip().endswith(b"%%EOF"):
        raise Wrong("it is no whole PDF")
    return Counter(re.findall(rb"/(?:Type\s*/(?!Font)\w+|JavaScript|JS|URI|Launch|EmbeddedFile|OpenAction)\b", content))


def check_xml(output: Output, other: Output, name: str) -> None:
    check_svg(output, other, name)


def check_json(output: Output, other: Output, name: str) -> None:
    output.content.encode("utf-8")
    content, expected = strict(output.content), strict(other.content)
    if _shape(content) != _shape(expected):
        raise Wrong("its structure isn't that with a harmless name")
    if output.named and name not in list(_strings(content)):
        raise Wrong("the name isn't among its strings as it was")


def check_ipynb(output: Output, other: Output, name: str) -> None:
    """A notebook: the keys that its format asks for, one cell for each of the text's, ids that are once there."""
    output.content.encode("utf-8")
    content, expected = strict(output.content), strict(other.content)
    for book in (content, expected):
        if (book["nbformat"], sorted(book)) != (4, ["cells", "metadata", "nbformat", "nbformat_minor"]):
            raise Wrong("it is no notebook of format 4")
    kinds = [[cell["cell_type"] for cell in book["cells"]] for book in (content, expected)]
    if kinds[0] != kinds[1]:
        raise Wrong(f"its cells are {kinds[0]}")
    if len({cell["id"] for cell in content["cells"]}) != len(content["cells"]):
        raise Wrong("two cells have one id")
    check_named("\n".join(_strings(content)), name.replace("```", "``"))  # as the field writes it


def check_csv(output: Output, other: Output, name: str) -> None:
    """A row for each folder, as many columns in each, no cell that a spreadsheet computes, the name as it was."""
    (text, given), (harmless_text, _) = output.content, other.content
    rows = csv_rows(text)
    if [len(row) for row in rows] != [len(row) for row in csv_rows(harmless_text)]:
        raise Wrong(f"its rows have {[len(row) for row in rows]} columns")
    for row in rows:
        for cell in row:
            if cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
                raise Wrong(f"a spreadsheet takes {cell!r:.40} for a formula")
    if rows[1][0] not in (given, f"'{given}"):
        raise Wrong(f"the name reads back as {rows[1][0]!r:.60}")


CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def check_text(output: Output, other: Output, name: str) -> None:
    """For a terminal: as many lines, unless they are wrapped; nothing that moves its cursor or turns its writing."""
    if bad := CONTROLS.search(output.content):
        raise Wrong(f"it has the character {bad[0]!r}")
    if output.named and output.content.count("\n") != other.content.count("\n"):
        raise Wrong(
            f"it has {output.content.count(chr(10))} line ends, with a harmless name {other.content.count(chr(10))}"
        )


def check_javascript(output: Output, other: Output, name: str) -> None:
    source, _, expected = output.content
    if source not in _returned:
        return  # there is no Node
    value = _returned[source].get("value")
    if not isinstance(value, dict) or value.keys() != expected.keys():
        raise Wrong(f"it returns {_returned[source]!r:.120}")
    if any(abs(value[key] - expected[key]) > 1e-12 for key in expected):
        raise Wrong(f"it returns {value!r:.80}, not {expected!r:.80}")


def _stored(output: Output, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = files.save(Path(folder, f"arrays{suffix}"), output.content)
        except ValueError as error:  # one that no such file can hold
            if "rename it" not in str(error) or os.listdir(folder):
                raise
            return
        arrays = files.load(path).arrays
    if arrays.keys() != output.content.keys() or any((arrays[key] != output.content[key]).any() for key in arrays):
        raise Wrong(f"it reads back as {list(arrays)!r:.100}")


def check_npz(output: Output, other: Output, name: str) -> None:
    _stored(output, ".npz")


def check_safetensors(output: Output, other: Output, name: str) -> None:
    _stored(output, ".safetensors")


def check_same(output: Output, other: Output, name: str) -> None:
    found, expected = output.content
    if found != expected:
        raise Wrong(f"it is {found!r:.100}, not {expected!r:.100}")


def check_nothing(output: Output, other: Output, name: str) -> None:
    if output.content:
        raise Wrong(f"there is {output.content!r:.120}")


def check_files(output: Output, other: Output, name: str) -> None:
    inside, written = output.content
    if len(set(written)) != len(other.content[1]) or any(path.parent != inside for path in written):
        raise Wrong(f"{[str(path) for path in written]!r:.200}")


def check_refused(output: Output, other: Output, name: str) -> None:
    """A message: as many lines as with a harmless name, one where that is taken; nothing that a terminal obeys."""
    said, lines = str(output.content), str(other.content).count("\n") if other.kind == "refused" else 0
    if not said or said.count("\n") != lines:
        raise Wrong(f"the refusal has other lines, {said!r:.120}")
    if bad := CONTROLS.search(said):
        raise Wrong(f"it has the character {bad[0]!r}: {said!r:.120}")


CHECKS: dict[str, Callable[[Output, Output, str], None]] = {
    "svg": check_svg, "matplotlib": check_matplotlib, "html": check_html, "touch": check_html, "player": check_html,
    "explorer": check_html, "notebook": check_notebook, "dot": check_dot, "png": check_png, "pdf": check_pdf,
    "xml": check_xml, "json": check_json, "ipynb": check_ipynb, "csv": check_csv, "text": check_text,
    "javascript": check_javascript, "npz": check_npz, "safetensors": check_safetensors, "same": check_same,
    "nothing": check_nothing, "files": check_files, "refused": check_refused,
}  # fmt: skip
Page = tuple[str, str, str, str, str]
"""Field, format, hostile name, the page, that of a harmless name."""

LIVE = ("touch", "player", "explorer", "html")
"""Formats that a browser opens."""


Pair = tuple[str, Output, Output]
"""What a name is, what was made of it, what of a harmless one."""


def pairs_of(field: str, names: Mapping[str, str], kinds: Sequence[str] = ()) -> tuple[list[Fault], list[Pair]]:
    """Put names into a field, and harmless ones beside them; give what failed, and what was made, format by format."""
    faults: list[Fault] = []
    pairs: list[Pair] = []
    plain: dict[str, list[Output]] = {}
    for key, name in names.items():
        try:
            made = list(outputs(field, name))
            if harmless(name) not in plain:
                plain[harmless(name)] = list(outputs(field, harmless(name)))
        except Exception as error:
            faults.append(Fault(field, "all", key, _said(error)))
            continue
        expected = plain[harmless(name)]
        if len(made) != len(expected) and made[-1].kind != "refused":
            faults.append(Fault(field, "all", key, f"{len(made)} outputs, {len(expected)} with a harmless name"))
        pairs += [(key, *pair) for pair in zip(made, expected, strict=False) if not kinds or pair[0].kind in kinds]
    return faults, pairs


def checked(field: str, names: Mapping[str, str], kinds: Sequence[str] = ()) -> tuple[list[Fault], Counter[str]]:
    """Put names into a field and read what comes out; give what is wrong, and how many outputs of each format."""
    faults, pairs = pairs_of(field, names, kinds)
    counted = Counter(output.kind for _, output, _ in pairs)
    if dots := [output.content for _, *both in pairs for output in both if output.kind == "dot"]:
        _dots.update(of_dots(dots))
    if NODE is not None:
        programs = {output.content[0]: output.content[1] for _, output, _ in pairs if output.kind == "javascript"}
        results = in_node([(source, [arguments]) for source, arguments in programs.items()]) if programs else []
        _returned.update({source: result for source, (result,) in zip(programs, results, strict=True)})
    for key, output, other in pairs:
        try:
            CHECKS[output.kind](output, other, names[key])
        except Exception as error:
            faults.append(Fault(field, output.kind, key, _said(error)))
    _dots.clear()
    return faults, counted


def pages_of(field: str, names: Mapping[str, str], kinds: Sequence[str] = LIVE) -> list[Page]:
    """What a browser can open of it."""
    _, pairs = pairs_of(field, names, kinds)
    return [(field, output.kind, key, output.content, other.content) for key, output, other in pairs]


_dots: dict[str, list[Seen]] = {}
_returned: dict[str, Any] = {}


def _said(error: Exception) -> str:
    said = " ".join(str(error).split())[:300]
    return said if isinstance(error, Wrong) else f"{type(error).__name__}: {said} at {_place(error)}"


def _place(error: BaseException) -> str:
    """Where an exception was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


# ---- the browser -----------------------------------------------------------------------------------------------------

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND"),
    *("--enable-logging=stderr", "--dump-dom"),
)
_DRIVER = """
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const seen = [];
async function visit(text) {
  const frame = document.createElement("iframe"), errors = [];
  frame.width = 1000; frame.height = 700;
  document.body.append(frame);
  const inner = frame.contentWindow, page = frame.contentDocument;
  page.open();
  inner.requestAnimationFrame = (next) => inner.setTimeout(next, 10);  // a busy machine shows no frames in time
  inner.addEventListener("error", (event) => errors.push(String(event.message)));
  page.write(text);
  page.close();
  await wait(300);
  const act = (what) => { try { return what(); } catch (error) { errors.push(String(error)); return null; } };
  const click = (id) => { const found = page.getElementById(id); if (found) act(() => found.click()); };
  for (let i = 0; i < 400 && page.getElementById("forth"); i++) {
    click("forth");
    if (page.getElementById("slider").value === page.getElementById("slider").max) break;
  }
  for (const box of page.querySelectorAll("[role=button]")) act(() => box.dispatchEvent(new inner.Event("click")));
  for (const box of page.querySelectorAll("g.node")) act(() => box.dispatchEvent(new inner.Event("pointerenter")));
  const slider = page.getElementById("slider-0");
  if (slider && page.getElementById("spec")) {
    await wait(300);
    slider.value = 1.25;
    act(() => slider.dispatchEvent(new inner.Event("input")));
    for (const radio of page.getElementsByName("f")) if (radio.value === "k") act(() => radio.click());
    await wait(300);
    click("copy-link"); click("copy-python");
  }
  const kinds = {};
  for (const element of page.querySelectorAll("*")) {
    if (element.closest("#charts svg")) continue;  // what is drawn there goes by the numbers, which are compared
    const parent = element.parentElement ? element.parentElement.localName : "";
    const key = [parent, element.localName, ...element.getAttributeNames().sort()].join(" ");
    kinds[key] = (kinds[key] || 0) + 1;
  }
  const numbers = [...page.querySelectorAll("#numbers td")].map((cell) => cell.textContent);
  const handed = page.getElementById("handed"), owned = inner.__owned === 1 || window.__owned === 1;
  seen.push({owned, errors, kinds, numbers, python: handed ? handed.value : ""});
  frame.remove();
}
(async () => {
  for (const text of pages) { try { await visit(text); } catch (error) { seen.push({errors: [String(error)]}); } }
  const result = document.createElement("pre");
  result.id = "result";
  result.textContent = btoa(unescape(encodeURIComponent(JSON.stringify(seen))));
  document.body.append(result);
})();
"""


def opened(pages: Sequence[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """What a browser makes of pages: their elements, whether a script of a name ran, errors; and its console."""
    assert BROWSER is not None
    with tempfile.TemporaryDirectory() as folder:
        content = json.dumps(list(pages)).replace("<", "\\u003c")
        driver = Path(folder, "driver.html")
        text = f"<!DOCTYPE html><meta charset=utf-8><body><script>const pages = {content};{_DRIVER}</script>"
        driver.write_text(text, "utf-8")
        budget = f"--virtual-time-budget={2_000 + 1_500 * len(pages)}"
        command = [BROWSER, *_QUIET, budget, f"--user-data-dir={folder}/profile", driver.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, encoding="utf-8", errors="replace")
    result = re.search(r'<pre id="result">([^<]*)</pre>', done.stdout)
    if result is None:
        raise RuntimeError(f"the browser did not come to the end of {len(pages)} pages: {done.stderr[-300:]}")
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return json.loads(base64.b64decode(result[1])), console


def live_faults(pages: Sequence[Page]) -> list[Fault]:
    """Open pages beside those of harmless names; give what differs."""
    distinct = list(dict.fromkeys(text for page in pages for text in page[3:]))
    found, console = opened(distinct)
    seen = dict(zip(distinct, found, strict=True))
    faults = [Fault("all", "console", "some", line[-240:]) for line in console if not line.endswith("(0)")]
    for field, kind, key, text, other in pages:
        try:
            _check_live(seen[text], seen[other])
            if kind == "explorer" and not (seen[text].get("numbers") and seen[text].get("python")):
                raise Wrong("it shows no numbers, or hands out no Python")
        except Wrong as error:
            faults.append(Fault(field, f"{kind} in a browser", key, str(error)))
    return faults


def _check_live(page: dict[str, Any], other: dict[str, Any]) -> None:
    if page["errors"]:
        raise Wrong(f"it throws {page['errors'][0]!r:.160}")
    if page["owned"]:
        raise Wrong("a script in the name ran")
    kinds, expected = (_plain_kinds(each["kinds"]) for each in (page, other))
    if kinds != expected:
        raise Wrong(f"elements: more {dict(kinds - expected)!r:.150}, less {dict(expected - kinds)!r:.150}")
    if page["numbers"] != other["numbers"]:
        raise Wrong(f"its numbers are {page['numbers']!r:.120}, with a harmless name {other['numbers']!r:.120}")
    if page["python"]:
        try:
            trees = [ast.parse(each["python"]) for each in (page, other)]
        except SyntaxError as error:
            raise Wrong(f"the Python to copy isn't Python: {error}") from None
        if [type(node) for node in trees[0].body] != [type(node) for node in trees[1].body]:
            raise Wrong("the Python to copy has other statements")


def _plain_kinds(kinds: dict[str, int]) -> Counter[str]:
    """Without how texts are set, and what scripts set as they go."""
    counts: Counter[str] = Counter()
    for key, count in kinds.items():
        parent, tag, *attributes = key.split(" ")
        if tag in WORDS or tag in FORMULA:
            continue
        counts[" ".join([parent, tag, *(name for name in attributes if name not in ("class", "style", "hidden"))])] += (
            count
        )
    return counts


# ---- the command -----------------------------------------------------------------------------------------------------


BATCH = 17
"""Names of one task: few enough that little is lost when a run is broken off."""

PAGES = 60
"""Pages that a browser opens in one go."""


@dataclass(frozen=True, slots=True)
class Task:
    """Some names in one field: their outputs read by parsers, or their pages opened in a browser."""

    field: str
    names: tuple[str, ...]
    formats: tuple[str, ...]
    browser: bool


def judged(task: Task) -> tuple[Task, Counter[str], list[str]]:
    """Carry out a task; give how many outputs of each format were read or opened, and what is wrong."""
    warnings.simplefilter("ignore")  # of matplotlib, about letters that a font hasn't
    names = {key: HOSTILE[key] for key in task.names}
    if not task.browser:
        faults, counted = checked(task.field, names, task.formats)
        for parser in (of_xml, of_html, of_pdf, of_matplotlib):
            parser.cache_clear()
        return task, counted, list(map(_plain, faults))
    pages, faults = pages_of(task.field, names, [kind for kind in LIVE if kind in (task.formats or LIVE)]), []
    for start in range(0, len(pages), PAGES):
        some = pages[start : start + PAGES]
        try:
            faults += live_faults(some)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            faults.append(Fault(task.field, "browser", f"{some[0][2]} … {some[-1][2]}", _said(error)))
    return task, Counter(page[1] for page in pages), list(map(_plain, faults))


Row = tuple[Counter[str], list[str]]
"""Of a task that was carried out: outputs by format, faults."""


def kept(path: Path | None) -> dict[Task, Row]:
    """What a file holds of an earlier run."""
    rows: dict[Task, Row] = {}
    if path is not None and path.exists():
        for line in path.read_text("utf-8").splitlines():
            field, names, formats, browser, counted, faults = json.loads(line)
            rows[Task(field, tuple(names), tuple(formats), browser)] = Counter(counted), faults
    return rows


def carried_out(tasks: Sequence[Task], jobs: int, path: Path | None) -> dict[Task, Row]:
    """Carry out tasks, each result a line of a file; those that are in it without a fault are not run again."""
    rows = {task: row for task, row in kept(path).items() if task in tasks and not row[1]}
    left = [task for task in tasks if task not in rows]
    with ExitStack() as stack:
        stream = stack.enter_context(path.open("a", encoding="utf-8")) if path is not None else None
        results: Iterable[tuple[Task, Counter[str], list[str]]] = map(judged, left)
        if jobs > 1:
            workers = stack.enter_context(pool(jobs, "spawn"))
            results = (future.result() for future in as_completed(workers.submit(judged, task) for task in left))
        for task, counted, faults in tqdm(results, desc="names in fields", total=len(left)):
            rows[task] = counted, faults
            for fault in faults:
                tqdm.write(fault)
            if stream is not None:
                print(json.dumps([*astuple(task), counted, faults]), file=stream, flush=True)
    return rows


def table(rows: Mapping[Task, Row]) -> str:
    """A line for each field: its formats, how many outputs were read, how many pages opened, how many faults."""
    lines = ["| field | formats | outputs | opened | faults |", "| --- | --- | ---: | ---: | ---: |"]
    read, opened, wrong = Counter[str](), Counter[str](), Counter[str]()
    kinds: dict[str, Counter[str]] = {field: Counter() for field in FIELDS}
    for task, (counted, faults) in rows.items():
        (opened if task.browser else read)[task.field] += counted.total()
        kinds[task.field] += counted
        wrong[task.field] += len(faults)
    for field in FIELDS:
        if kinds[field] or wrong[field]:
            formats = ", ".join(kind for kind in CHECKS if kinds[field][kind])
            lines.append(f"| {field} | {formats} | {read[field]:,} | {opened[field]:,} | {wrong[field]} |")
    lines.append(f"| together | | {read.total():,} | {opened.total():,} | {wrong.total()} |")
    return "\n".join(lines)


def _plain(fault: Fault) -> str:
    return str(fault).encode("utf-8", "backslashreplace").decode()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.trust.hostile_names", description=__doc__)
    parser.add_argument("--fields", nargs="*", metavar="FIELD", help="these alone, by a part of their name")
    parser.add_argument("--names", nargs="*", metavar="NAME", help="these alone, by what they are")
    parser.add_argument("--formats", nargs="*", default=(), metavar="FORMAT", help=f"these alone: {', '.join(CHECKS)}")
    parser.add_argument("--no-browser", action="store_true", help="open no page in a browser")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="kept there, a line a task; a run broken off goes on from it"
    )
    options = parser.parse_args()
    fields = [field for field in FIELDS if not options.fields or any(part in field for part in options.fields)]
    names = [key for key in HOSTILE if not options.names or key in options.names]
    batches = [tuple(names[start : start + BATCH]) for start in range(0, len(names), BATCH)]
    browsers = (False,) if options.no_browser or BROWSER is None else (False, True)
    tasks = [
        Task(field, batch, tuple(options.formats), browser)
        for browser, batch, field in itertools.product(browsers, batches, fields)
    ]
    rows = carried_out(tasks, options.jobs, options.results)
    faults = sum(len(faults) for _, faults in rows.values())
    print(table(rows))
    print(f"{len(names)} names in {len(fields)} fields: {faults} faults")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
