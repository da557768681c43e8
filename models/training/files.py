"""Named arrays and a small header in a file, `.npz` or `.safetensors`: never pickled, never half written.

What the arrays are for is not said here: checkpoints are in `experiment`, other frameworks' names in `exchange`.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import math
import os
import threading
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

LARGEST = 1 << 30
"""Bytes that a file may unfold to."""

_HEADER = "header.json"


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """What a file holds."""

    arrays: dict[str, np.ndarray]
    header: dict[str, Any]  # of JSON; empty in a file that others wrote


def save(
    path: str | os.PathLike[str], arrays: Mapping[str, np.ndarray], header: Mapping[str, Any] | None = None
) -> Path:
    """Write named arrays. Whoever reads the path finds the old file or the new one, whenever the power goes.

    Parameters
    ----------
    path : ends in .npz or .safetensors (the latter needs the package of that name)
    arrays : numbers or booleans by name, such as `net.state_dict()` or `net.torch_state_dict()`
    header : of JSON, optional

    Raises
    ------
    TypeError
        An array is of Python objects.
    ValueError
        The suffix is neither, or safetensors isn't installed.

    >>> import tempfile
    >>> from minigrad.models import RNN
    >>> net = RNN(3, 4, rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save(f"{folder}/net.npz", net.state_dict(), {"seed": 0})
    ...     stored = load(path)
    >>> net.load_state_dict(stored.arrays)
    >>> stored.header
    {'seed': 0}
    """
    path = Path(path)
    ready = {name: np.array(each, order="C") for name, each in arrays.items()}
    for name, each in ready.items():
        if each.dtype.kind not in "biuf":
            raise TypeError(f"{name} is of {each.dtype}; only numbers and booleans are saved")
    told = json.dumps(dict(header or {}))
    write(path, _zipped(ready, told) if _suffix(path) == ".npz" else _safetensors().save(ready, {"header": told}))
    return path


def load(path: str | os.PathLike[str]) -> Stored:
    """Read what `save` wrote, or NumPy's `savez`, or others' safetensors.

    Raises
    ------
    OSError
        The file can't be read.
    ValueError
        It is cut short, damaged, unfolds to more than `LARGEST`, or holds pickled objects, which are never loaded.
    """
    path = Path(path)
    suffix = _suffix(path)
    read = _unzipped if suffix == ".npz" else _reader(_safetensors())
    try:
        content = path.read_bytes()
    except OSError as error:
        raise type(error)(f"can't read {str(path)!r}: {error.strerror}; give a file that was saved before") from None
    try:
        return read(content)
    except Exception as error:  # zipfile, zlib, NumPy's and JSON's parsers raise what they like over hostile bytes
        told = " ".join(str(error).split()) or type(error).__name__
    raise ValueError(f"{str(path)!r} is damaged, or not {suffix} at all: {told:.200}; use another copy of it")


def write(path: Path, content: bytes) -> None:
    """Put content in place of a file in one go: into a partial file beside it, onto the disk, and renamed.

    The partial file is always a new one, of this writer alone: a link in its place is never followed. What a writer
    that was killed left behind is cleared away.

    Raises
    ------
    OSError
        Of the kind the system gave, with the path and a remedy. The file that was there before is intact.
    """
    short = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]  # a name of any length leaves room for the rest
    partial = path.with_name(f".{short}-{os.getpid()}-{threading.get_ident()}.partial")
    try:
        for other in path.parent.glob(f".{short}-*.partial"):
            if other == partial or not _running(int(other.name.split("-")[1])):
                other.unlink(missing_ok=True)
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        remedy = "what was there before is intact"
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            remedy = "choose a place that you may write to"
        raise type(error)(f"can't write {str(path)!r}: {error.strerror or type(error).__name__}; {remedy}") from None
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _running(process: int) -> bool:
    """Whether there is a process of that number; on systems where asking could end it, taken to be."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it is somebody else's
        return True
    return True


def _zipped(arrays: Mapping[str, np.ndarray], header: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_HEADER), header)
        for name, each in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, each, allow_pickle=False)
    return out.getvalue()


def _unzipped(content: bytes) -> Stored:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        declared = sum(each.file_size for each in archive.infolist())
        if declared > LARGEST:
            raise ValueError(f"it unfolds to {declared:,} bytes, more than {LARGEST:,}")
        arrays, header = {}, "{}"
        for each in archive.infolist():
            if each.filename == _HEADER:
                header = archive.read(each).decode("utf-8")
            else:
                name = each.filename.removesuffix(".npy")
                arrays[name] = _array(name, archive.read(each))
    return Stored(arrays, _header(header))


def _array(name: str, content: bytes) -> np.ndarray:
    """One .npy, its declared shape checked against what is there before anything is set aside for it."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    if dtype.kind not in "biuf":
        raise ValueError(f"{name} is of {dtype}; pickled objects are never loaded")
    data = content[file.tell() :]
    if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError(f"{name} declares {shape} of {dtype}, but {len(data)} bytes are there")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C").copy()


def _reader(library: Any) -> Callable[[bytes], Stored]:
    """Reads with the safetensors library, which looks at sizes before it believes them."""

    def read(content: bytes) -> Stored:
        arrays = library.load(content)
        size = int.from_bytes(content[:8], "little")
        metadata = json.loads(content[8 : 8 + size]).get("__metadata__", {})
        return Stored({name: np.array(each) for name, each in arrays.items()}, _header(metadata.get("header", "{}")))

    return read


def _header(told: str) -> dict[str, Any]:
    header = json.loads(told)
    if not isinstance(header, dict):
        raise ValueError(f"its header is {told:.40}, not an object")
    return header


def _safetensors() -> Any:
    try:
        return import_module("safetensors.numpy")
    except ImportError:
        told = "safetensors isn't installed: pip install 'minigrad-bptt[lab]', or give a name that ends in .npz"
        raise ValueError(told) from None


def _suffix(path: Path) -> str:
    if path.suffix not in (".npz", ".safetensors"):
        raise ValueError(f"{str(path)!r} ends in {path.suffix!r}; give a name that ends in .npz or .safetensors")
    return path.suffix
