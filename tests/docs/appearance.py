"""How a built site looks in a browser: no page scrolls sideways, narrow or wide; no text is faint, light or dark.

Text within pictures isn't looked at. What pages link and load is in `site`.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

WIDTHS = (390, 1280)
_SCRIPT = Path(__file__).with_suffix(".js")
_QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--window-size=1400,1000", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
)


class _Handler(SimpleHTTPRequestHandler):
    """Gives the site's files, and at `/measures` the page that opens them one by one and posts what is wrong."""

    def do_GET(self) -> None:
        if self.path != "/measures":
            return super().do_GET()
        folder = Path(self.directory)
        pages = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.html"))
        settings = f"const pages = {json.dumps(pages)}, widths = {json.dumps(WIDTHS)};"
        script = _SCRIPT.read_text("utf-8")
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(f'<iframe height="900"></iframe><script>{settings}{script}</script>'.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()
        assert isinstance(self.server, _Server)
        self.server.faults = json.loads(body)
        self.server.posted.set()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
        self.faults: list[str] = []
        self.posted = threading.Event()


def faults(folder: Path, browser: str, *, dark: bool, seconds: float = 900) -> list[str]:
    """What is wrong with the looks of the pages of a folder, by a browser that prefers light or dark."""
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    with _Server(folder) as server, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/measures"
        command = [browser, *_QUIET, scheme, f"--user-data-dir={profile}", address]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if not server.posted.wait(seconds):
                return [f"the browser took more than {seconds:g} seconds for the pages of {folder}"]
        finally:
            process.terminate()
            process.wait()
            server.shutdown()
    return server.faults
