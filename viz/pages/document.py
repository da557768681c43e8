"""One HTML file that needs nothing else: its styles and scripts, which are files beside this one, go into it."""

import base64
import hashlib
import html
import re
from collections.abc import Sequence
from pathlib import Path

from ..text import escape, style

FOLDER = Path(__file__).parent
_HASH = re.compile("'sha256-[^']+'")
_COLORS = {
    "ink": style.INK,
    "muted": style.MUTED,
    "paper": style.PAPER,
    "gradient": style.GRADIENT,
    "forward": style.FORWARD,
    "backward": style.BACKWARD,
    "focus": style.LOOKS["input"].stroke,
}


def document(
    title: str,
    body: str,
    *,
    styles: Sequence[str],
    scripts: Sequence[str] = (),
    code: Sequence[str] = (),
    frames: Sequence[bytes] = (),
) -> bytes:
    """Give a whole HTML file: `body` with its styles and scripts, and a policy that keeps everything else out.

    The policy names these scripts by their hashes: whatever else a text brought into the page would not run.

    Parameters
    ----------
    title : str
        Plain text.
    body : str
        HTML.
    styles, scripts : sequence of str
        Names of files in this folder. A style finds the colors of the figures as `var(--ink)`, `var(--gradient)`, …
    code : sequence of str
        Scripts that are made, not read, such as a program's; they run before those of `scripts`.
    frames : sequence of bytes
        Pages that `body` shows in frames: what runs there has to be named by this page's policy, too.

    >>> b"--ink: #1B1F24;" in document("Squares", "<p>One figure.</p>", styles=["page.css"])
    True
    """
    sources = [*(source.replace("</", "<\\/") for source in code), *map(asset, scripts)]
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    hashes = [*map(_hashed, sources), *(digest for frame in frames for digest in _HASH.findall(frame.decode("utf-8")))]
    if hashes:
        policy += f"; script-src {' '.join(dict.fromkeys(hashes))}"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{text(title)}</title>
<style>
{properties()}
{"".join(map(asset, styles))}</style>
</head>
<body>
{body}
{"".join(f"<script>{source}</script>" for source in sources)}</body>
</html>
""".encode()


def _hashed(source: str) -> str:
    """Name a script in a policy: a browser runs what has this hash."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def asset(name: str) -> str:
    """Read a style or a script of this folder."""
    return (FOLDER / name).read_text("utf-8")


def properties() -> str:
    """Give the colors of the figures as CSS custom properties."""
    rows = " ".join(f"--{name}: {color};" for name, color in _COLORS.items())
    return f":root {{ {rows} }}"


def text(plain: str) -> str:
    """Escape a text, whatever it holds, for HTML."""
    return html.escape(escape.clean(plain))
