"""Where a user's words go that no figure shows: commands and their messages, exercises, gallery, site, what is refused.

The fields whose words are drawn, and the table that all are entered into, are in `hostile_fields`.
"""

from __future__ import annotations

import contextlib
import html
import io
import linecache
import re
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np

import minigrad as mg
from minigrad import models, viz
from minigrad.commands.cli import main
from minigrad.lessons.exercises import EXERCISES
from minigrad.models.training import files
from minigrad.models.training.recipe import Recipe
from minigrad.testing import check_engine
from minigrad.viz.gallery import exhibit

from .hostile_fields import Cell, Made, field, file_name, saved, unrolled


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def said(*arguments: str, stream: type[io.StringIO] = io.StringIO) -> Made:
    """What a command prints, and what it complains of."""
    output, errors = stream(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors), contextlib.suppress(SystemExit):
        main(arguments)
    yield "text", output.getvalue()
    yield "text", errors.getvalue()


def word(text: str) -> str:
    """What can stand on a command line: no NUL, and a lone surrogate only for a byte that is no letter."""
    return text.replace("\0", "␀").encode("utf-8", "replace").decode()


# ---- commands --------------------------------------------------------------------------------------------------------


REFUSED = """
⌂ | draw ⌂ | draw --net=⌂ | draw --inputs=⌂ | draw --loss=⌂x | draw --truncate=⌂ | draw --weights=⌂ | draw --out=⌂.xyz
draw --x⌂ | draw --steps=2x⌂ | draw --theme=⌂ | draw --cell=⌂ | draw --text=⌂ | player --out=⌂.xyz | explore ⌂ | plot ⌂
sample ⌂ | export ⌂ | flow --run=./⌂ | flow --cells=⌂ | train ./⌂ | train --cell=⌂ | train --task=⌂ | lab ⌂ | lessons x⌂
train --coordinator=⌂ --process=0 --processes=1 | exercises start ⌂ | exercises --dir=./⌸ | exercises x⌂ | gallery x⌂
exercises report ./⌸ | check-engine ⌂ | check-engine --law=⌂ a:B | check-engine --html=⌂.xyz a:B | demo --text=./⌂
"""
"""Calls with a word of the user's in place of ⌂, a file's name in that of ⌸."""

WRITING = """
draw --steps=2 --title=⌂ --out=⌸.svg | player --steps=2 --title=⌂ --out=⌸.html | player --steps=2 --out=⌸ --frames=⌸
explore expression --out=⌸-2.html | lessons 0 --out=⌸ | exercises start 0.1 --dir=⌸ | exercises start 0.1 --dir=⌸
exercises --dir=⌸ | exercises report --out=⌸.csv ./⌸ | exercises report --out=⌸ ./⌸ | draw --out=⌸/no/x.svg | sample ⌸
"""
"""Calls that write into a folder of that name, or can't."""


def called(calls: str, text: str) -> Made:
    """What commands say to a text."""
    for call in calls.strip().replace("\n", " | ").split(" | "):
        yield from said(*(part.replace("⌂", word(text)).replace("⌸", file_name(text)) for part in call.split()))


@field
def argument_of_a_command(text: str) -> Made:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield from called(REFUSED, text)
        yield "nothing", list(Path(folder).iterdir())


@field
def folder_of_a_command(text: str) -> Made:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield from called(WRITING, text)
        yield "nothing", [path for path in Path(folder).iterdir() if not path.name.startswith(file_name(text))]


@field
def text_of_a_training(text: str) -> Made:
    with tempfile.TemporaryDirectory() as above:
        run, book = Path(above, "run"), Path(above, f"{file_name(text)}.txt")
        book.write_text(f"{word(text)[:500]} and words that are no harm. " * 40, "utf-8")
        sizes = ("--updates=2", "--hidden=4", "--steps=4", "--batch=2", "--cell=rnn")
        yield next(said("train", str(book), f"--out={run}", *sizes))  # beside it there is a bar
        for arguments in ("--length=40", f"--prime={word(text)[:500]}"):  # it writes lines of its own
            for kind, written in said("sample", str(run), arguments, stream=Terminal):
                yield f"{kind}?", written
        yield from said("sample", str(run), "--prime=\N{SNOWMAN}")
        yield from said("draw", str(run), f"--text={word(text)[:20]} and", f"--out={run}.svg")
        yield from said("draw", str(run), "--text=\N{SNOWMAN}", f"--out={run}.svg")
        yield from said("export", str(run), f"--out={run}.npz")
        yield from said("flow", f"--run={run}", "--steps=3")
        header = files.load(Path(f"{run}.npz")).header
        yield "same", (header["settings"]["text"], str(book))
        yield "svg?", Path(f"{run}.svg").read_text("utf-8")


@field
def setting_of_a_checkpoint(text: str) -> Made:
    with tempfile.TemporaryDirectory() as folder:
        sizes = {"task": "cue", "cell": "rnn", "hidden": 4, "validation_size": 0}
        settings = [
            {**sizes, "task": text},
            {**sizes, "cell": text},
            {**sizes, "truncate": text},
            {**sizes, text: text},
        ]
        for index, recipe in enumerate([*settings, {**sizes, "cell": f"{text}:{text}"}, sizes]):
            path = Path(folder, f"{index}.npz")
            files.save(
                path,
                {f"model/{text.replace(chr(0), '?')}x": np.zeros(4)} if files_take(text) else {},
                {"recipe": recipe},
            )
            yield from said("draw", str(path))
            yield from said("sample", str(path))


def files_take(text: str) -> bool:
    """Whether a file of arrays has such names."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


# ---- code of the user's ----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def module_with(**names: Any) -> Iterator[str]:
    """A module that can be imported as long as this lasts."""
    module = types.ModuleType("hostile_module")
    vars(module).update(names)
    sys.modules[module.__name__] = module
    try:
        yield module.__name__
    finally:
        del sys.modules[module.__name__]


class Loud(type):
    """A class that says in its own words what it is."""

    text = ""

    def __repr__(cls) -> str:
        return cls.text


@field
def messages_of_a_cell(text: str) -> Made:
    def stopping(*_: Any, **__: Any) -> Any:
        raise ValueError(text)

    class Stopping(models.RNN):
        __doc__ = word(text)
        step = stopping

    Stopping.__name__ = Stopping.__qualname__ = word(text)
    own = Loud("Own", (), {"text": text})
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        try:
            models.check_cell(Stopping(2, 3, 2))
        except AssertionError as error:
            yield "text", str(error)
    yield "text", output.getvalue()
    with module_with(Stopping=Stopping, Raising=stopping, Own=own, text=text) as module:
        for name in ("Stopping", "Raising", "Own", "text", "missing"):
            yield from said("draw", f"--net={module}:{name}", "--steps=2", "--out=x.svg")
            yield from said("flow", "--cells", f"{module}:{name}", "--steps=2")
            yield from said("check-engine", f"{module}:{name}")


@field
def message_of_an_answer(text: str) -> Made:
    exercise = EXERCISES["0.1"]
    name = exercise.name
    with tempfile.TemporaryDirectory() as above:
        folder = Path(above, file_name(text))
        path = folder / "exercises" / exercise.file
        path.parent.mkdir(parents=True)
        for answer in (
            f"def {name}(*_):\n    raise ValueError({text!r})\n",
            f"class C:\n    def __repr__(self):\n        return {text!r}\ndef {name}(*_):\n    return C()\n",
            f"E = type({word(text)!r}.replace(chr(0), '?'), (Exception,), {{}})\ndef {name}(*_):\n    raise E\n",
            f"def {name}(*_):\n    return {text!r}\n",
            f"def other(*_):\n    return 1\nother.__name__ = {text!r}\ndef {name}(*_):\n    return other\n",
            f"raise ValueError({text!r})\n",
            f"def {name}(*_):\n    raise ValueError  # {' '.join(word(text).split())[:80]}\n",
            f"x = 'no end {' '.join(word(text).split())[:80]}\n",
        ):
            path.write_text(answer, "utf-8")
            yield from ((kind + "?", shown) for kind, shown in said("exercises", "check", "0.1", f"--dir={folder}"))


@field
def messages_of_an_engine(text: str) -> Made:
    class Stopping:
        def __init__(self) -> None:
            raise ValueError(text)

    class Engine(Ours):
        def backward(self, output: Any) -> None:
            raise ValueError(text)

    Engine.__name__ = Engine.__qualname__ = word(text)
    yield "text?", str(check_engine(Engine, laws=["one tensor twice"]))
    with module_with(Stopping=Stopping, Engine=Engine) as module, tempfile.TemporaryDirectory() as folder:
        yield from said("check-engine", f"{module}:Stopping")
        written = Path(folder, "x.html")
        for kind, shown in said("check-engine", f"{module}:Engine", "--law=one tensor twice", f"--html={written}"):
            yield f"{kind}?", shown
        yield "html?", written.read_text("utf-8")  # which has the message on one line and not all of it


class Ours:
    """The adapter of this engine."""

    def leaf(self, value: Any) -> Any:
        return mg.tensor(value, requires_grad=True)

    def value(self, x: Any) -> Any:
        return x.data

    def backward(self, output: Any) -> None:
        output.backward()

    def gradient(self, leaf: Any) -> Any:
        return leaf.grad


# ---- gallery and site ------------------------------------------------------------------------------------------------


@field
def words_of_an_exhibit(text: str) -> Made:
    name = text.encode("utf-8", "replace").decode()
    source = f'def drawn(seed=0):\n    """Words"""\n    x = mg.tensor(0.5, requires_grad=True, name={name!r})\n'
    source += f"    # {' '.join(word(text).split())}\n    return viz.draw(mg.tanh(x), title={name!r})\n"
    linecache.cache["hostile exhibit"] = (len(source), None, source.splitlines(keepends=True), "hostile exhibit")
    names: dict[str, Any] = {"mg": mg, "viz": viz}
    exec(compile(source, "hostile exhibit", "exec"), names)
    names["drawn"].__doc__ = f"{text}\n\n{text}"
    with tempfile.TemporaryDirectory() as folder:
        figure = exhibit(names["drawn"], 0, Path(folder))
    yield "html", saved(lambda path: viz.page("Gallery", "intro", [figure], path), "index.html")


if find_spec("docutils") is not None:

    @field
    def title_on_the_site(text: str) -> Made:
        from docutils.core import publish_string
        from docutils.writers.html5_polyglot import Writer

        path = Path(__file__).parents[2] / "docs" / "site_pages" / "embedded.py"  # alone: the others need Sphinx
        specification = spec_from_file_location("embedded", path)
        assert specification is not None and specification.loader is not None
        embedded = module_from_spec(specification)
        specification.loader.exec_module(embedded)
        with tempfile.TemporaryDirectory() as folder:
            read = re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)  # as in a file
            embedded._page(Path(folder), "x", html.escape(read), "A sentence.", "../x.html")
            written = Path(folder, "x.rst").read_text("utf-8")
        strictly = {"report_level": 1, "halt_level": 1, "embed_stylesheet": False, "stylesheet_path": ""}
        yield "html", publish_string(written, writer=Writer(), settings_overrides=strictly).decode()


# ---- what is refused -------------------------------------------------------------------------------------------------


def refusals(calls: list[Callable[[], object]]) -> Made:
    """What each call is refused with."""
    for call in calls:
        try:
            call()
        except Exception as error:
            yield "refused", str(error)
        else:
            yield "refused", ""


@field
def look_that_is_not_known(text: str) -> Made:
    run = unrolled(models.ScalarRNN(W_xh=1.0, W_hh=0.8, W_hy=1.0))
    some: Any = text or "x"
    yield from refusals(
        [
            lambda: viz.draw(run, color=some),
            lambda: viz.draw(run, colour=some),  # type: ignore[call-arg]
            lambda: viz.draw(run, theme=some),
            lambda: viz.draw(run, level=some),
            lambda: viz.draw(run, show=some),
            lambda: viz.draw(run, aspect=some),
            lambda: viz.player(run, level=some),
            lambda: viz.Theme(some),
            lambda: viz.Theme(captions=some),
            lambda: viz.compare(run, [models.untruncated()] * 2, theme=some),
            lambda: viz.paths(run, theme=some),
            lambda: viz.draw(run).save(f"{some}.xyz"),
        ]
    )


@field
def name_that_is_not_known(text: str) -> Made:
    run = unrolled(Cell())
    some: Any = text or "x"
    x = mg.tensor(np.ones(3), requires_grad=True, name=some)
    tokens = models.unroll(models.RNN(4, 3, 4, rng=0), [0, 1, 2], [1, 0, 3])

    def anomaly(y: Any) -> None:
        with mg.detect_anomaly():
            mg.sum(mg.log(wrong(0 * x)) * y).backward()

    wrong = mg.primitive(lambda a: 2 * a, lambda g, y, a: 3 * g, name=some)
    yield from refusals(
        [
            lambda: viz.draw(run, weights=[some]),
            lambda: viz.explore(run, sliders={some: (0, 1)}),
            lambda: viz.per_loss(run, some),
            lambda: viz.paths(run, weight=some),
            lambda: viz.schedule(run, weight=some),
            lambda: viz.sentence(tokens, [some]),
            lambda: models.unroll(Cell(), [0.5], [0.5], loss=some),
            lambda: models.load_run(some),
            lambda: models.read_text(some),
            lambda: models.text_of("abc", some).encoded(some),
            lambda: models.text_of("abc").encoded(some),
            lambda: Recipe(cell=some),
            lambda: Recipe(task=some),
            lambda: Recipe(truncate=some),
            lambda: models.Net({some: 0.5}).load_state_dict({f"{some} ": np.zeros(1)}),
            lambda: models.Net({some: 0.5}).load_state_dict({some: np.zeros((2, 2))}),
            lambda: mg.trace(lambda p: p[some])({some: 0.5})({"other": 0.5}),
            lambda: mg.gradients(mg.sum(x))[mg.tensor(1.0, name=some)],
            lambda: mg.tanh(x).backward(),
            lambda: wrong(x) @ mg.tensor(np.ones((2, 2)), name=some),
            lambda: anomaly(x),
            lambda: mg.check_gradients(lambda a: mg.sum(wrong(a)), [x.data]),
            lambda: mg.optim.SGD([x], lr=0.1).load_state_dict({some: 1}),
            lambda: check_engine(some),
            lambda: check_engine(Ours, laws=[some]),
        ]
    )
