"""Builds wheel and sdist with setuptools, then writes both anew: the same bytes wherever and whenever."""

import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import (  # what else a front end asks of a backend
    build_editable,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

TIME = int(os.environ.get("SOURCE_DATE_EPOCH", "315532800"))  # 1980, where the calendar of a zip file begins


def build_wheel(directory, settings=None, metadata=None):
    name = build_meta.build_wheel(directory, settings, metadata)
    path = Path(directory, name)
    with zipfile.ZipFile(path) as wheel:
        contents = {member.filename: wheel.read(member) for member in wheel.infolist() if not member.is_dir()}
    with zipfile.ZipFile(path, "w") as wheel:
        for member in sorted(contents, key=lambda member: (".dist-info/" in member, member)):  # as PEP 427 advises
            entry = zipfile.ZipInfo(member)  # of 1980
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
            wheel.writestr(entry, contents[member])
    return name


def build_sdist(directory, settings=None):
    name = build_meta.build_sdist(directory, settings)
    path = Path(directory, name)
    with tarfile.open(path) as archive:
        contents = {member: archive.extractfile(member).read() for member in archive if member.isfile()}
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in sorted(contents, key=lambda member: member.name):
            entry = tarfile.TarInfo(member.name)
            entry.size, entry.mtime, entry.mode = member.size, TIME, 0o755 if member.mode & 0o100 else 0o644
            archive.addfile(entry, io.BytesIO(contents[member]))
    path.write_bytes(gzip.compress(written.getvalue(), mtime=TIME))
    return name
