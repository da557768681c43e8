"""`python -m tests.docs.screenshot`: writes docs/explorer.png, the README's picture of an explorer, by a browser.

It needs Chromium, and Pillow, which the extra `lab` brings.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from minigrad.viz.explorers import ready

PICTURE = Path(__file__).resolve().parent.parent.parent / "docs" / "explorer.png"
_QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars")


def main() -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page, taken = Path(folder, "truncation.html"), Path(folder, "taken.png")
        ready("truncation").save(page)
        size, profile = "--window-size=1360,700", f"--user-data-dir={folder}/profile"
        address = f"{page.as_uri()}#f=chunks:4"
        subprocess.run(
            [browser, *_QUIET, size, profile, f"--screenshot={taken}", address],
            check=True,
            timeout=60,
            stderr=subprocess.DEVNULL,
        )
        Image.open(taken).convert("RGB").quantize(128).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
