"""JavaScript run by Node: many functions in one process, since to start it takes longer than they do."""

import json
import shutil
import subprocess

import numpy as np

from minigrad.program.js.text import literal
from minigrad.trees import mapped

NODE = shutil.which("node")

_RUN = """
const odd = (x) => typeof x === "number" && (!Number.isFinite(x) || Object.is(x, -0));
const written = (key, x) => odd(x) ? {number: Object.is(x, -0) ? "-0" : String(x)} : x;
const run = (make, args) => {
  try { return {value: make()(...args)}; } catch (error) { return {error: `${error.name}: ${error.message}`}; }
};
console.log(JSON.stringify(jobs.map(([make, calls]) => calls.map((args) => run(make, args))), written));
"""


def in_node(jobs):
    """For each source and each list of arguments: `{"value": …}`, or `{"error": …}` if it throws."""
    texts = [f"[() => ({source}), {literal([plain(args) for args in calls])}]" for source, calls in jobs]
    script = f"const jobs = [{','.join(texts)}];{_RUN}"
    run = subprocess.run([NODE, "-"], input=script, capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout, object_hook=lambda found: float(found["number"]) if [*found] == ["number"] else found)


def plain(tree):
    """Arrays as lists."""
    return mapped(lambda each: np.asarray(each).tolist() if hasattr(each, "dtype") else each, tree)
