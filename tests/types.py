"""`python -m tests.types`: mypy over an installed copy, where minigrad.models is a folder, counting what it saw."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("commands", "docs/lessons", "minigrad", "models", "viz")


def main() -> None:
    sources = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    with tempfile.TemporaryDirectory() as folder:
        source, installed = Path(folder, "source"), Path(folder, "installed")  # a build leaves files in its source
        shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "build", "*.egg-info"))
        shutil.copytree(ROOT / ".ci", source / ".ci")  # what builds it
        install = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--target", str(installed), str(source)]
        subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *install], check=True)
        command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "-p", "minigrad"]
        found = subprocess.run(command, cwd=installed, capture_output=True, text=True)
    print(found.stdout + found.stderr, end="")
    seen = re.search(r"(?:no issues found in|checked) (\d+) source files", found.stdout)
    if found.returncode == 0 and (seen is None or int(seen[1]) != len(sources)):
        sys.exit(
            f"mypy saw {seen[1] if seen else 'no'} files of {len(sources)}; is a folder missing from pyproject.toml?"
        )
    sys.exit(found.returncode)


if __name__ == "__main__":
    main()
