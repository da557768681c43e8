"""From DOT to a picture, in a process of its own: finds a renderer, runs it, says why it failed; knows no drawing."""

import importlib.metadata
import shutil
import subprocess
import tempfile
from pathlib import Path

TIME_LIMIT = 60.0  # seconds
_SAID = 600  # characters of a renderer's own complaint that an error repeats


class RenderError(RuntimeError):
    """No picture could be made. `source` is the DOT, which any Graphviz can draw."""

    def __init__(self, message: str, source: str) -> None:
        super().__init__(message)
        self.source = source


def render(source: str, kind: str, *, dpi: float = 72.0) -> bytes:
    """Turn DOT into "svg", "png" or "pdf": by `dot` from the PATH or by the one that `pip` installed.

    Parameters
    ----------
    source : str
        The DOT.
    kind : str
        "svg", "png" or "pdf".
    dpi : float
        Pixels to 72 points of the picture; for "png".

    Raises
    ------
    RenderError
        If there is no renderer for `kind`, or each one failed or ran out of time.

    >>> b"<svg" in render("digraph { a -> b }", "svg")
    True
    """
    complaints = []
    for program in _renderers(kind):
        try:
            return _run(program, source, kind, dpi)
        except (OSError, subprocess.SubprocessError) as error:
            complaints.append(f"{program}: {error}")
    if complaints:
        raise RenderError(f"no picture came of it: {'; '.join(complaints)}", source)
    if kind == "pdf":
        remedy = (
            "PDF needs svglib, pip install 'minigrad-bptt[lab]', or Graphviz' own `dot` on the PATH; or save as .svg"
        )
    else:
        remedy = "install Graphviz or `pip install graphviz-pure`, or save as .dot"
    raise RenderError(f"there is no renderer for .{kind}: {remedy}", source)


def _renderers(kind: str) -> list[Path]:
    """List the programs to try, in order: for PNG the one with type of its own, as wide as the boxes were made for."""
    system = [Path(dot)] if (dot := shutil.which("dot")) else []
    own = [] if kind == "pdf" else _installed()
    return own + system if kind == "png" else system + own


def _installed() -> list[Path]:
    """The renderer that pip installed."""
    try:
        files = importlib.metadata.files("graphviz-pure") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    programs = (Path(str(file.locate())) for file in files if Path(file.name).stem == "graphviz-pure")
    return [program.resolve() for program in programs if program.is_file()]


def _run(program: Path, source: str, kind: str, dpi: float) -> bytes:
    """Run a renderer on files: a pipe could be held open past the time limit by a child that it leaves behind."""
    with tempfile.TemporaryDirectory(prefix="minigrad-") as folder:
        graph, picture, complaint = (Path(folder, name) for name in ("graph.dot", f"picture.{kind}", "complaint"))
        graph.write_text(source, encoding="utf-8")
        command = [str(program), "-q", f"-T{kind}", f"-Gdpi={dpi:g}", "-o", str(picture), str(graph)]
        with complaint.open("wb") as said:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, timeout=TIME_LIMIT
            )
        content = picture.read_bytes() if picture.is_file() else b""
        if done.returncode or not content:
            reason = " ".join(complaint.read_text("utf-8", "replace").split())[-_SAID:]
            raise subprocess.SubprocessError(f"exit status {done.returncode}, {reason or 'and it said nothing'}")
        return content
