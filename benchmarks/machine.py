"""What the numbers depend on: the machine and the versions."""

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def told() -> dict[str, str]:
    load = {"load": f"at the start {os.getloadavg()[0]:.1f}"} if hasattr(os, "getloadavg") else {}
    return load | {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def version_of(package: str) -> str:
    try:
        return version("minigrad-bptt" if package == "minigrad" else package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()
