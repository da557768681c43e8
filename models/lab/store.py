"""Results of the lab as JSON: written beside the figures, read again to go on after an interruption; not shown."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from minigrad import __version__

from ..training.files import parsed, read, write
from .experiment import Chart, Curve, Experiment, Figure, Heat, Measured, Result, Table


def keep(result: Result, folder: str | os.PathLike[str]) -> Path:
    """Write a result as NAME.json: all that was said, measured and judged; NaN is null."""
    content = {
        "minigrad": __version__,
        "command": result.command,
        "seed": result.seed,
        "quick": result.quick,
        "seconds": result.seconds,
        "statement": asdict(result.statement),
        "verdicts": [
            {"criterion": verdict.expectation.criterion, "measured": verdict.measured, "holds": verdict.holds}
            for verdict in result.verdicts
        ],
        "measured": asdict(result.measured),
    }
    path = Path(folder) / f"{result.statement.name}.json"
    write(
        path,
        (json.dumps(_without_nan(content), ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace"),
    )
    return path


def kept(experiment: Experiment, folder: str | os.PathLike[str], seed: int, quick: bool) -> Result | None:
    """The result in a folder, if it is of this version and statement, this seed and size; else None."""
    try:
        content = parsed(read(Path(folder) / f"{experiment.statement.name}.json"))
        asked = {"minigrad": __version__, "seed": seed, "quick": quick, "statement": _as_read(experiment)}
        if any(content[name] != value for name, value in asked.items()):
            return None
        return Result(experiment.statement, _measured(content["measured"]), seed, quick, float(content["seconds"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none, or not one that this wrote whole
        return None


def _as_read(experiment: Experiment) -> Any:
    return json.loads(json.dumps(asdict(experiment.statement)))


def _measured(content: dict[str, Any]) -> Measured:
    return Measured(
        {name: math.nan if value is None else float(value) for name, value in content["quantities"].items()},
        tuple(
            Table(table["caption"], tuple(table["header"]), tuple(map(tuple, table["rows"])))
            for table in content["tables"]
        ),
        tuple(
            Figure(figure["name"], figure["caption"], tuple(map(_panel, figure["panels"])))
            for figure in content["figures"]
        ),
    )


def _panel(content: dict[str, Any]) -> Chart | Heat:
    if "curves" in content:
        curves, levels = (
            tuple(map(_curve, content["curves"])),
            tuple((name, value) for name, value in content["levels"]),
        )
        return Chart(**(content | {"curves": curves, "levels": levels}))
    x, y = ((first, last) for first, last in (content["x"], content["y"]))
    values, paths = tuple(map(_numbers, content["values"])), tuple(map(_curve, content["paths"]))
    return Heat(**(content | {"x": x, "y": y, "values": values, "paths": paths}))


def _curve(content: dict[str, Any]) -> Curve:
    x, y, low, high = (_numbers(content[part]) for part in ("x", "y", "low", "high"))
    return Curve(content["name"], x, y, low, high, content.get("joined", True), content.get("marked", True))


def _numbers(values: list[float | None]) -> tuple[float, ...]:
    return tuple(math.nan if value is None else value for value in values)


def _without_nan(content: Any) -> Any:
    """What JSON can hold: null for what is not finite."""
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        return {name: _without_nan(part) for name, part in content.items()}
    return [_without_nan(part) for part in content] if isinstance(content, (list, tuple)) else content
