"""`python -m tests.docs.site FOLDER`: is a built site whole? Links lead somewhere, nothing comes from the network.

Where a browser is installed, every page is opened in it with all hosts out of reach: a script that fails or asks for
something says so on the browser's console. How the pages look there is in `appearance`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.docs import appearance

_RESOURCES = {
    ("link", "href"),
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("use", "href"),
}
_QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND"),
    *("--enable-logging=stderr", "--virtual-time-budget=2000", "--dump-dom"),
)


class _Page(HTMLParser):
    """What a page is called by, and what it asks for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: list[str] = []
        self.resources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" or (tag == "a" and name == "name"):
                self.names.add(value or "")
            elif (tag, name) in _RESOURCES and dict(attrs).get("rel") not in ("canonical", "search"):
                self.resources.append(value or "")
            elif name == "href":
                self.links.append(value or "")


def faults(folder: Path) -> Iterator[str]:
    """What is wrong with the pages of a folder, read as files."""
    pages = {path.resolve(): _Page(path.read_text("utf-8")) for path in sorted(folder.rglob("*.html"))}
    if not pages:
        yield f"there are no pages in {folder}"
    for path, page in pages.items():
        where = path.relative_to(folder.resolve())
        for address in page.resources:
            if urlsplit(address).scheme in ("http", "https") or address.startswith("//"):
                yield f"{where} asks the network for {address}"
        for address in (*page.links, *page.resources):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc or address.startswith("//"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.exists():
                yield f"{where} links {address}, which isn't there"
            elif parts.fragment and target in pages and not _is_place(parts.fragment, pages[target]):
                yield f"{where} links {address}, which has no such place"
    for path in sorted(folder.rglob("*.css")):
        for address in re.findall(r"url\(['\"]?(https?:[^)'\"]*)", path.read_text("utf-8")):
            yield f"{path.relative_to(folder)} asks the network for {address}"


def _is_place(fragment: str, page: _Page) -> bool:
    """Whether the end of an address is a place on a page; or a setting of it, an explorer's sliders."""
    return "=" in fragment or unquote(fragment) in page.names


def console(folder: Path, browser: str) -> Iterator[str]:
    """What the pages say on a browser's console when no host can be reached."""

    def opened(path: Path) -> list[str]:
        with tempfile.TemporaryDirectory() as profile:
            command = [browser, *_QUIET, f"--user-data-dir={profile}", path.resolve().as_uri()]
            result = subprocess.run(command, capture_output=True, text=True, timeout=120)
        return [f"{path.relative_to(folder)}: {line}" for line in result.stderr.splitlines() if "CONSOLE" in line]

    with ThreadPoolExecutor(2) as pool:
        for lines in pool.map(opened, sorted(folder.rglob("*.html"))):
            yield from lines


def main() -> None:
    folder = Path(sys.argv[1])
    found = list(faults(folder))
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser:
        found += console(folder, browser)
        found += [*appearance.faults(folder, browser, dark=False), *appearance.faults(folder, browser, dark=True)]
    print(*found, sep="\n", end="\n" if found else "")
    pages = len(list(folder.rglob("*.html")))
    print(f"{pages} pages, {len(found)} faults" + ("" if browser else "; there is no browser to open them in"))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
