"""`python -m tests.trust.distribution`: wheel and sdist, built twice, are the same bytes and hold what they should.

Run on a clone with git; needs setuptools 77 or newer (the extra `dev`).
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = "import backend, sys; folder = sys.argv[1]; backend.build_sdist(folder); backend.build_wheel(folder)"
_WRITTEN = re.compile(r"^PKG-INFO$|^setup\.cfg$|\.egg-info/")  # by setuptools
WAYS = {  # what two people's machines differ in
    "here": ("022", {"TZ": "UTC", "PYTHONHASHSEED": "1"}),
    "a longer path, later": ("077", {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "2", "LC_ALL": "C"}),
}


def tracked(root: Path) -> list[str]:
    """Name what git keeps in a folder, with changes and new files that it doesn't ignore."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(name for name in names if name and (root / name).exists())


def build(root: Path, way: str, parent: Path) -> Path:
    """Copy the tracked files and build both archives there; the folder of the archives is returned."""
    mask, environment = WAYS[way]
    source, built = parent / way / "source", parent / way / "built"
    built.mkdir(parents=True)
    for number, name in enumerate(tracked(root)):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, source / name)
        os.utime(source / name, (86_400 * number + 10**9,) * 2 if way == "here" else None)
        if way != "here":
            (source / name).chmod((source / name).stat().st_mode & ~0o077)
    command = f'umask {mask} && exec "$@"'
    subprocess.run(
        ["sh", "-c", command, "sh", sys.executable, "-W", "ignore", "-c", BUILD, str(built)],
        cwd=source, env=os.environ | environment | {"PYTHONPATH": str(source / ".ci")},
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return built


def expected(root: Path) -> tuple[set[str], set[str]]:
    """What belongs into the sdist (all that git keeps) and into the wheel (packages and what they read)."""
    names = [PurePosixPath(name) for name in tracked(root) if name != ".gitignore"]
    setup = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    packed = set()
    for package in setup["packages"]:
        folder = setup["package-dir"].get(package, package.replace(".", "/"))
        patterns = ["*.py", *setup["package-data"].get(package, ())]
        inside = [name.relative_to(folder) for name in names if name.is_relative_to(folder)]
        packed |= {f"{package.replace('.', '/')}/{name}" for name in inside for p in patterns if _matches(name, p)}
    return set(map(str, names)), packed


def _matches(name: PurePosixPath, pattern: str) -> bool:
    return len(name.parts) == len(PurePosixPath(pattern).parts) and name.match(pattern)


def differences(archive: str, inside: set[str], wanted: set[str]) -> list[str]:
    """Say what an archive lacks and what it has too much, a line for each file."""
    lines = [f"the {archive} lacks {name}" for name in sorted(wanted - inside)]
    return lines + [f"the {archive} has {name}, which doesn't belong there" for name in sorted(inside - wanted)]


def complaints(root: Path, parent: Path) -> list[str]:
    """Say what is wrong with the archives, a line for each; an empty list where nothing is."""
    one, other = (build(root, way, parent) for way in WAYS)
    lines = []
    for path in sorted(one.iterdir()):
        digests = [hashlib.sha256((folder / path.name).read_bytes()).hexdigest() for folder in (one, other)]
        print(f"{path.name}  {path.stat().st_size:,} bytes  sha256 {digests[0]}")
        if digests[0] != digests[1]:
            lines.append(f"{path.name} isn't the same bytes when built elsewhere")
    source, packed = expected(root)
    with tarfile.open(next(one.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    lines += differences("sdist", {name for name in names if not _WRITTEN.search(name)}, source)
    with zipfile.ZipFile(next(one.glob("*.whl"))) as wheel:
        lines += differences("wheel", {name for name in wheel.namelist() if ".dist-info/" not in name}, packed)
    print(f"sdist: {len(source)} files; wheel: {len(packed)} files")
    return lines


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = complaints(ROOT, Path(folder))
    sys.exit("\n".join(lines) or None)


if __name__ == "__main__":
    main()
