"""Named arrays and a small header in a file, `.npz` or `.safetensors`: never pickled, never half written.

What the arrays are for is not said here: checkpoints are in `folder`, other frameworks' names in `cells.torch`.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import math
import os
import stat
import threading
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.refusal.arguments import path as path_of
from minigrad.refusal.arguments import printable, shown, text
from minigrad.refusal.places import obstacle

LARGEST = 1 << 30
"""Bytes that a file may have, and that it may unfold to."""

_HEADER = "header.json"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Stored:
    """What a file holds."""

    arrays: dict[str, np.ndarray]
    header: dict[str, Any]  # of JSON; empty in a file that others wrote

    def __repr__(self) -> str:
        names = ", ".join(f"{name} {'×'.join(map(str, array.shape))}" for name, array in list(self.arrays.items())[:5])
        more = ", …" if len(self.arrays) > 5 else ""
        return f"<stored: {len(self.arrays)} arrays, {printable(names)}{more}; header of {len(self.header)} entries>"


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
    path = path_of("path", path)
    if not isinstance(arrays, Mapping):
        raise TypeError(f"arrays are given by name, as in net.state_dict(); got {shown(arrays)}")
    for name in arrays:
        text("the name of an array", name)
    ready = {name: np.array(array, order="C") for name, array in arrays.items()}
    for name, array in ready.items():
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{printable(name)} is of {array.dtype}; only numbers and booleans are saved")
    for name in ready:
        if "\0" in name or name == "__metadata__" or any("\ud800" <= letter <= "\udfff" for letter in name):
            raise ValueError(f"no file holds an array named {name!r:.80}; rename it, without NUL and lone surrogates")
    spelled = json_of("header", {} if header is None else header)
    write(path, _zipped(ready, spelled) if _suffix(path) == ".npz" else _safetensors().save(ready, {"header": spelled}))
    return path


def load(path: str | os.PathLike[str]) -> Stored:
    """Read what `save` wrote, or NumPy's `savez`, or others' safetensors.

    Raises
    ------
    OSError
        There is no regular file of that name that can be read.
    ValueError
        It is cut short, damaged, unfolds to more than `LARGEST`, or holds pickled objects, which are never loaded.
    """
    path = path_of("path", path)
    suffix = _suffix(path)
    parse = unzipped if suffix == ".npz" else _reader(_safetensors())
    content = read(path)
    try:
        return parse(content)
    except Exception as error:  # zipfile, zlib, NumPy's and JSON's parsers raise what they like over hostile bytes
        reason = " ".join(str(error).split()) or type(error).__name__
    raise ValueError(f"{str(path)!r} is damaged, or not {suffix} at all: {reason:.200}; use another copy of it")


def read(path: Path) -> bytes:
    """The content of a regular file: never of a pipe or a device, which may have no end.

    Raises
    ------
    OSError
        It can't be read, or is no regular file.
    ValueError
        It has more than `LARGEST` bytes.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise OSError(errno.EINVAL, "it is a pipe or a device, no regular file")
        if status.st_size > LARGEST:
            raise ValueError(f"{str(path)!r} has {status.st_size:,} bytes, more than {LARGEST:,}; give another file")
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise type(error)(f"can't read {str(path)!r}: {reason}; give a file that was saved before") from None


def json_of(name: str, header: Any) -> str:
    """A mapping as JSON; a TypeError if it is none, or if something in it is nothing that JSON has."""
    try:
        return json.dumps(dict(header))
    except (TypeError, ValueError):
        raise TypeError(f"{name} is a mapping of what JSON has, texts, numbers, lists; got {shown(header)}") from None


def parsed(text: str | bytes) -> Any:
    """JSON as its standard has it, in which a number that is not finite is null, whatever it is written as.

    Raises
    ------
    ValueError
        It is not JSON, or nested too deeply to be read.

    >>> parsed('{"loss": Infinity, "best": 1e999, "update": 3}')
    {'loss': None, 'best': None, 'update': 3}
    """
    try:
        return json.loads(text, parse_constant=lambda name: None, parse_float=_finite)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def write(path: Path, content: bytes) -> None:
    """Put content in place of a file in one go: into a partial file beside it, onto the disk, and renamed.

    The partial file is always a new one, of this writer alone: a link in its place is never followed. What a writer
    that was killed left behind is cleared away.

    Raises
    ------
    OSError
        Of the kind the system gave, with the path and a remedy. The file that was there before is intact.
    """
    partial = path.with_name(f".{_short(path)}-{os.getpid()}-{threading.get_ident()}.partial")
    try:
        for other in path.parent.glob(f".{_short(path)}-*.partial"):
            if other == partial or not _running(int(other.name.split("-")[1])):
                other.unlink(missing_ok=True)
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise not_written(path, error) from None
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def not_written(path: Path, error: OSError) -> OSError:
    """An error of the system while a file was written, with the path and a remedy."""
    remedy, reason = "what was there before is intact", error.strerror or type(error).__name__
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG):
        reason, remedy = obstacle(path) or reason, "choose another place"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        remedy = "choose a place that you may write to"
    elif error.errno in (errno.ENOSPC, errno.EDQUOT):
        remedy += "; make room, and try again"
    return type(error)(f"can't write {shown(str(path), 200)}: {reason}; {remedy}")


def clear(path: Path) -> None:
    """Remove what killed writers of a file left beside it, where it is certain that nobody else writes it now.

    `write` goes by the writer's number, which may be another process's by now.
    """
    for partial in path.parent.glob(f".{_short(path)}-*.partial"):
        partial.unlink(missing_ok=True)


def onto_disk(path: Path) -> None:
    """See that what was added to a file is on the disk, as far as the system says; without it, do nothing."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _short(path: Path) -> str:
    """What stands for a file's name in those of its partial files: a name of any length leaves room for the rest."""
    return hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]


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
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    return out.getvalue()


def unzipped(content: bytes) -> Stored:
    """What the bytes of an `.npz` file hold."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        end = content[len(content) - len(archive.comment) - 22 :]  # the record that closes it counts its members
        if int.from_bytes(end[10:12], "little") != min(len(archive.infolist()), 0xFFFF):
            raise ValueError(f"{len(archive.infolist())} members are found, not as many as are counted")
        declared = sum(member.file_size for member in archive.infolist())
        if declared > LARGEST:
            raise ValueError(f"it unfolds to {declared:,} bytes, more than {LARGEST:,}")
        arrays, header = {}, "{}"
        for member in archive.infolist():
            if member.filename == _HEADER:
                header = archive.read(member).decode("utf-8")
            else:
                name = member.filename.removesuffix(".npy")
                arrays[name] = _array(name, archive.read(member))
    return Stored(arrays, _header(header))


def _array(name: str, content: bytes) -> np.ndarray:
    """One .npy, its declared shape checked against what is there before anything is set aside for it."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    if dtype.kind not in "biuf":
        raise ValueError(f"{printable(name)} is of {dtype}; pickled objects are never loaded")
    data = content[file.tell() :]
    if min(shape, default=1) < 0 or math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError(f"{printable(name)} declares {shape} of {dtype}, but {len(data)} bytes are there")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C").copy()


def _reader(library: Any) -> Callable[[bytes], Stored]:
    """Reads with the safetensors library, which looks at sizes before it believes them."""

    def read(content: bytes) -> Stored:
        arrays = library.load(content)
        size = int.from_bytes(content[:8], "little")
        metadata = parsed(content[8 : 8 + size]).get("__metadata__", {})
        return Stored({name: np.array(array) for name, array in arrays.items()}, _header(metadata.get("header", "{}")))

    return read


def _header(text: str) -> dict[str, Any]:
    header = parsed(text)
    if not isinstance(header, dict):
        raise ValueError(f"its header is {text:.40}, not an object")
    return header


def _safetensors() -> Any:
    try:
        return import_module("safetensors.numpy")
    except ImportError:
        advice = "safetensors isn't installed: pip install 'minigrad-bptt[lab]', or give a name that ends in .npz"
        raise ValueError(advice) from None


def _suffix(path: Path) -> str:
    if path.suffix not in (".npz", ".safetensors"):
        raise ValueError(f"{str(path)!r} ends in {path.suffix!r}; give a name that ends in .npz or .safetensors")
    return path.suffix
