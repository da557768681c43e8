"""Random programs judged by what knows none of minigrad's rules: finite differences, JAX, PyTorch.

    python -m tests.trust.random_programs --count 20000 --jax --torch --jobs 2 --results programs.jsonl

The programs are those of `tests.engine.random_programs`, with every floating number in float64. Each is one function of
one vector, all its floating inputs. Its values and its gradient are compared with what JAX and PyTorch make of the same
source (`spellings`), the gradient along a random direction with central differences, and with what another
transformation of minigrad's yields; in the dtypes that were drawn, each gradient has its input's dtype and shape.
Of every tenth program the product of the Hessian with a vector is judged in the same ways. A program that disagrees
is printed, and the exit status is 1.

What was `detach`ed or made under `no_grad` is held fixed while differences are taken. Differences with two steps, and
to both sides, tell where there is a jump or a kink: there they don't judge, and that is counted.
"""

import argparse
import ast
import contextlib
import functools
import json
import re
import sys
import warnings
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from tqdm import tqdm

import minigrad as mg
from tests.engine import random_programs as generator
from tests.engine.random_programs import CALLS, SPACE, TRANSFORMATIONS, Drawn, draw, quiet
from tests.trust.pool import pool
from tests.trust.spellings import WORDS, spelled

STEPS = (1e-4, 1e-6)
"""Of the differences; a disagreement is one with both."""
UNJUDGED = "not judged: a jump or a kink, or not finite"
POINTS = (1, 3, 4)
"""Draws of inputs: the next is taken where differences can't judge."""
CHUNK = 50


class Disagreement(Exception):
    """Two ways to the same numbers differ, and nothing explains it."""


# ---- a program as a function of one vector ---------------------------------------------------------------------------


def widened(program):
    """The program with all its floating numbers in float64 and its whole numbers in int64."""
    wide = lambda dtype: re.sub(r"float(16|32)", "float64", re.sub(r"u?int(8|32)", "int64", dtype))  # noqa: E731
    inputs = [(shape, wide(dtype)) for shape, dtype in program.inputs]
    return Drawn(program.seed, wide(program.source), program.names, inputs)


class Frozen:
    """minigrad, but what leaves the tape is what it was in the first run."""

    def __init__(self):
        self.values, self.position = [], None
        self.Tensor = SimpleNamespace(detach=self.detach)

    def __getattr__(self, name):
        return getattr(mg, name)

    def detach(self, x):
        if self.position is None:
            value = x.data if isinstance(x, mg.Tensor) else x
            self.values.append(np.array(value))
            return mg.tensor(value)
        self.position += 1
        return mg.tensor(self.values[self.position - 1])

    def unrecorded(self, f, x):
        return self.detach(f(x))


@dataclass
class Case:
    """A program at one point: the vector of its floating inputs, and which results count: the finite ones."""

    program: Drawn
    arrays: list
    only: int | None = None  # this result alone

    @cached_property
    def z(self):
        return np.concatenate([x.ravel() for x in self.arrays if x.dtype.kind == "f"])

    def inputs(self, z, constant=np.asarray):
        """The program's inputs, cut out of a vector of any library."""
        start, cut = 0, []
        for x in self.arrays:
            end = start + x.size * (x.dtype.kind == "f")
            cut.append(z[start:end].reshape(x.shape) if x.dtype.kind == "f" else constant(x))
            start = end
        return cut

    @cached_property
    def values(self):
        return [
            np.asarray(value.data) for value in self.program.values(*self.inputs(mg.tensor(self.z, requires_grad=True)))
        ]

    @cached_property
    def counted(self):
        """The places of the results in the weighted sum, and their weights."""
        weights = {
            place: np.cos(np.arange(value.size)).reshape(value.shape)
            for place, value in enumerate(self.values)
            if value.dtype.kind == "f" and np.all(np.abs(value) < 1e6)
        }
        return {place: weights[place] for place in weights if self.only in (None, place)}

    def total(self, results, constant=np.asarray):
        """The weighted sum, in any library."""
        total = 0.0
        for place, weights in self.counted.items():
            total = total + (results[place] * constant(weights)).sum()
        return total

    def f(self, z):
        return self.total(self.program.values(*self.inputs(z))) + 0.0 * mg.sum(z)

    @cached_property
    def size(self):
        """Of the numbers that are summed: rounding is relative to it."""
        return 1.0 + sum(np.abs(self.values[place] * weights).sum() for place, weights in self.counted.items())

    def frozen(self):
        """f, with what leaves the tape as it is at z."""
        constants = Frozen()
        space = SPACE | {"STEPS": generator.STEPS, "mg": constants}
        space |= {"unrecorded": constants.unrecorded, "detached": constants.detach}
        exec(compile(self.program.source, "<drawn>", "exec"), space)

        def f(z):
            return self.total(space["drawn"](*self.inputs(z))) + 0.0 * mg.sum(z)

        f(mg.tensor(self.z, requires_grad=True))

        def again(z):
            constants.position = 0
            return f(z)

        return again


def gradient(f, z):
    return np.asarray(mg.grad(f)(z))


# ---- differences -----------------------------------------------------------------------------------------------------


@dataclass
class Difference:
    """A derivative along a direction by central differences, and how far it can be trusted."""

    value: np.ndarray
    allowed: float
    judges: bool
    sides: tuple


def difference(f, z, v, step, scale):
    """Central differences with two steps, extrapolated (L. F. Richardson, 1911)."""
    here = f(z)
    slopes, bends, sides = [], [], ()
    for h in (step, step / 2):
        up, down = f(z + h * v), f(z - h * v)
        slopes.append((up - down) / (2 * h))
        bends.append(np.abs(up - 2 * here + down).max(initial=0) / h)
        sides = (here - down) / h, (up - here) / h
    value = (4 * slopes[1] - slopes[0]) / 3
    scale = scale + np.abs(value).max(initial=0)
    error = np.abs(slopes[1] - slopes[0]).max(initial=0)
    rounding = 1e-13 * scale / step
    kink = bends[1] > 1e-6 * scale + 10 * rounding and bends[1] > 0.7 * bends[0]
    judges = bool(np.isfinite(value).all()) and error <= 1e-5 * scale + 10 * rounding and not kink
    return Difference(value, 1e-6 * scale + error + 10 * rounding, judges, sides)


def by_differences(f, z, v, expected, scale):
    """Whether differences agree with this derivative: True, False, or None where they can't judge."""
    verdicts = []
    for step in STEPS:
        estimate = difference(f, z, v, step, scale)
        if not estimate.judges:
            return None
        verdicts.append(bool(np.abs(estimate.value - expected).max(initial=0) <= estimate.allowed))
        if verdicts[-1]:
            return True
    return False


# ---- the same, in another library ------------------------------------------------------------------------------------


def in_jax(words, calls):
    """Of each case its values, its gradient and, along v, the Hessian's product, by JAX; or what it refused.

    All are compiled together, with their inputs as constants: a twentieth of the time of calling each operation.
    """
    import jax

    constant = jax.numpy.asarray

    def one(case, v):
        f = spelled(case.program.source, words, STEPS=generator.STEPS)
        total = lambda z: case.total(f(*case.inputs(z, constant)), constant) + 0.0 * z.sum()  # noqa: E731
        values = f(*case.inputs(constant(case.z), constant))
        if v is None:
            return values, jax.grad(total)(constant(case.z)), None
        return values, *jax.jvp(jax.grad(total), (constant(case.z),), (constant(v),))

    results, staged = [], []
    for case, v in calls:
        try:
            staged.append((len(results), jax.make_jaxpr(lambda c=case, v=v: one(c, v), return_shape=True)()))
            results.append(None)
        except Exception as refusal:
            results.append(refusal)
    every = lambda: [jax.core.eval_jaxpr(graph.jaxpr, graph.consts) for _, (graph, _) in staged]  # noqa: E731
    computed = jax.jit(every, compiler_options=generator.FAST)()
    for (place, (_, shape)), numbers in zip(staged, computed, strict=True):
        structure = jax.tree.structure(shape)
        results[place] = jax.tree.unflatten(structure, [np.asarray(x) for x in numbers])
    return results


def in_torch(words, calls):
    """The same by PyTorch."""
    import torch

    def one(case, v):
        f = spelled(case.program.source, words, STEPS=generator.STEPS)
        z = torch.tensor(case.z, requires_grad=True)
        results = f(*case.inputs(z, torch.as_tensor))
        values = [value.numpy(force=True) for value in results]
        total = case.total(results, torch.as_tensor) + 0.0 * z.sum()
        (slopes,) = torch.autograd.grad(total, z, create_graph=v is not None)
        if v is None:
            return values, slopes.numpy(force=True), None
        (curved,) = torch.autograd.grad((slopes * torch.as_tensor(v)).sum() + 0.0 * z.sum(), z)
        return values, slopes.numpy(force=True), curved.numpy(force=True)

    results = []
    for call in calls:
        try:
            results.append(one(*call))
        except Exception as refusal:
            results.append(refusal)
    return results


LIBRARIES = {"JAX": in_jax, "PyTorch": in_torch}


# ---- other ways through minigrad -------------------------------------------------------------------------------------


def _leaves(case, v):
    leaves = [mg.tensor(x, requires_grad=x.dtype.kind == "f") for x in case.arrays]
    (case.total(case.program.values(*leaves)) + sum(0.0 * mg.sum(x) for x in leaves if x.requires_grad)).backward()
    return np.concatenate([x.grad.ravel() for x in leaves if x.requires_grad])


def _tree(case, v):
    floating = [x for x in case.arrays if x.dtype.kind == "f"]

    def f(tree):
        rest = iter([tree["first"], *tree["rest"]])
        return case.total(case.program.values(*(next(rest) if x.dtype.kind == "f" else x for x in case.arrays)))

    gradients = mg.grad(lambda tree: f(tree) + 0.0)({"first": floating[0], "rest": floating[1:]})
    return np.concatenate([np.ravel(x) for x in [gradients["first"], *gradients["rest"]]])


ROUTES = {
    "backward, input by input": _leaves,
    "grad of a tree": _tree,
    "vjp": lambda case, v: mg.vjp(case.f, case.z)[1](1.0)[0],
    "jacobian": lambda case, v: mg.jacobian(case.f)(case.z),
    "jvp": lambda case, v: mg.jvp(case.f, (case.z,), (v,))[1],
    "grad of a checkpoint": lambda case, v: mg.grad(mg.checkpoint(case.f))(case.z),
    "grad, traced": lambda case, v: mg.trace(mg.grad(case.f))(case.z * 0.9)(case.z),
    "grad with create_graph": lambda case, v: (
        lambda z: mg.gradients(case.f(z), [z], create_graph=True)[z].data
    )(mg.tensor(case.z, requires_grad=True)),
}  # fmt: skip
"""Other ways to the gradient, or to its product with v."""

SECOND = {
    "hvp": lambda f, z, v: mg.hvp(f, z, v),
    "jvp of grad": lambda f, z, v: mg.jvp(mg.grad(f), (z,), (v,))[1],
    "grad of jvp": lambda f, z, v: mg.grad(lambda z: mg.jvp(f, (z,), (v,))[1])(z),
    "vjp of grad": lambda f, z, v: mg.vjp(mg.grad(f), z)[1](v)[0],
    "hessian": lambda f, z, v: mg.hessian(f)(z) @ v,
    "grad of grad of a checkpoint": lambda f, z, v: mg.grad(lambda z: mg.sum(mg.grad(mg.checkpoint(f))(z) * v))(z),
    "hvp, traced": lambda f, z, v: mg.trace(lambda z: mg.hvp(f, z, v))(z * 0.9)(z),
}
"""Ways to the Hessian times v."""


# ---- judging ---------------------------------------------------------------------------------------------------------


def apart(one, other, allowed=1e-8):
    """Whether these numbers differ by more than rounding."""
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape:
        return True
    one, other = one.astype(float), other.astype(float)
    scale = np.abs(other[np.isfinite(other)]).max(initial=1)
    return not np.isclose(one, other, allowed, allowed * scale, equal_nan=True).all()


def narrowest(program):
    """What rounding may do: NumPy's sine of truth values is a float16, in which it counts in thousandths."""
    dtypes = set()

    class Watched(dict):
        def __missing__(self, name):
            import operator

            special = {
                "getitem": operator.getitem,
                "astype": lambda x, dtype: x.astype(dtype),
                "detach": generator.detached,
            }
            function = special.get(name) or SPACE.get(name)
            if function is None:
                function = mg
                for part in name.split("."):
                    function = getattr(function, part) if hasattr(function, part) else getattr(np, part)

            def watched(*args, **keywords):
                result = function(*args, **keywords)
                dtypes.add(str(getattr(result, "dtype", "")))
                return result

            return watched

    try:
        spelled(program.source, Watched(), STEPS=generator.STEPS)(*map(mg.tensor, program.arrays(1)))
    except Exception:
        return 1e-8
    return 5e-2 if "float16" in dtypes else 1e-4 if "float32" in dtypes else 1e-8


class _Moved(ast.NodeTransformer):
    """Each argument of an inner function is a little more where it is used."""

    def visit_Name(self, node):
        more = re.fullmatch(r"z\d", node.id) and isinstance(node.ctx, ast.Load)
        return ast.BinOp(node, ast.Add(), ast.Constant(0.00137)) if more else node


class Judge:
    """What is told about one program: counts, and a Disagreement where nothing explains one."""

    def __init__(self, program, libraries=()):
        self.narrow, self.program = program, widened(program)
        self.libraries, self.call, self.ours = libraries, None, None
        self.counts, self.explained = Counter(), []
        self.rng = np.random.default_rng([program.seed, 99])

    def run(self, second):
        """Judge by differences and by minigrad itself; what libraries judge is then `self.call`."""
        for point in POINTS:
            case = Case(self.program, self.program.arrays(point))
            slopes = gradient(case.f, case.z)
            v = self.rng.uniform(-1, 1, case.z.shape)
            judged = self.differences("first order", case.frozen(), case.z, v, slopes @ v, case.size)
            if judged:
                break
        self.counts["differences, first order: " + (judged or UNJUDGED)] += 1
        self.route(case, slopes, v)
        self.dtypes(case)
        self.ours = case.values, slopes, self.second_order(case, v) if second else None
        self.call = case, v if second else None

    def differences(self, what, f, z, v, expected, scale):
        if not np.isfinite(expected).all():
            return ""
        number = lambda z: np.asarray(f(mg.tensor(z, requires_grad=True)).data)  # noqa: E731
        verdict = by_differences(number, z, v, expected, scale)
        if verdict is False:
            raise Disagreement(f"differences, {what}: {difference(number, z, v, STEPS[0], scale)}, not {expected!r}")
        return "agree" if verdict else ""

    def route(self, case, slopes, v):
        name = list(ROUTES)[self.program.seed % len(ROUTES)]
        other = ROUTES[name](case, v)
        expected = slopes if np.shape(other) == slopes.shape else slopes @ v
        if apart(other, expected) and not self.shaken(case, slopes, np.abs(other - expected)):
            raise Disagreement(f"{name}: {other!r}, not {expected!r}")
        self.counts[f"route: {name}"] += 1

    def dtypes(self, case):
        """In the dtypes drawn: each gradient has its input's dtype and shape."""
        if self.narrow.inputs == self.program.inputs and self.narrow.source == self.program.source:
            return
        arrays = self.narrow.arrays(1)
        floating = [x for x in arrays if x.dtype.kind == "f"]
        try:
            gradients = self.narrow.once(*(mg.tensor(x, requires_grad=x.dtype.kind == "f") for x in arrays))[1]
        except Exception as error:
            raise Disagreement(f"in the dtypes drawn: {error!r}") from error
        if not gradients:
            return
        if [(g.shape, g.dtype) for g in gradients] != [(x.shape, x.dtype) for x in floating]:
            raise Disagreement(f"gradients of {[(g.shape, g.dtype) for g in gradients]}")
        self.counts["dtypes: " + "the gradient has its input's dtype and shape"] += 1

    def second_order(self, case, v):
        name = list(SECOND)[self.program.seed // 10 % len(SECOND)]
        curved = np.asarray(SECOND[name](case.f, case.z, v))
        self.counts[f"route, second order: {name}"] += 1
        frozen = case.frozen()
        slope = lambda z: gradient(frozen, z)  # noqa: E731
        if not np.isfinite(curved).all():
            verdict = None
        else:
            u = self.rng.uniform(-1, 1, v.shape)
            scale = float(np.abs(slope(case.z)).max(initial=0)) + case.size
            verdict = by_differences(lambda z: np.asarray(slope(z)) * u, case.z, v, curved * u, scale)
        if verdict is False:
            estimate = difference(slope, case.z, v, STEPS[0], 1.0)
            raise Disagreement(f"differences, {name}: {estimate}, not {curved!r}")
        self.counts["differences, second order: " + ("agree" if verdict else UNJUDGED)] += 1
        return curved

    def shaken(self, case, slopes, size):
        """Whether a change in the last digits of the inputs changes the gradient, or a value, as much."""
        for _ in range(4):
            z = case.z * (1 + 1e-11 * self.rng.uniform(-1, 1, case.z.shape))
            moved = gradient(case.f, z)
            if not np.nanmax(np.abs(moved - slopes), initial=0) < 0.3 * np.nanmax(size, initial=0):
                return True
        return False

    def library(self, name, result):
        """Compare with what a library makes of the same call."""
        if isinstance(result, Exception):
            self.counts[f"{name}: refused"] += 1
            self.explained.append((name, "refused", f"{type(result).__name__}: {result}"[:90], self.program.seed))
            return
        allowed = 1e-8
        for what, ours, theirs in zip(("values", "gradient", "second order"), self.ours, result, strict=True):
            if ours is None:
                continue
            differ = self.values_apart if what == "values" else apart
            if differ(theirs, ours, allowed):
                allowed = narrowest(self.program)
            if not differ(theirs, ours, allowed):
                self.counts[f"{name}, {what}: agree"] += 1
                continue
            reason = self.reason(name, what, ours, theirs)
            self.counts[f"{name}, {what}: {reason}"] += 1
            self.explained.append((name, what, f"{reason}: {self.culprit(name)}", self.program.seed))
            if reason == "unexplained":
                raise Disagreement(f"{name}, {what}: {theirs!r}, not {ours!r}\nat {self.call[0].arrays!r}")

    @staticmethod
    def values_apart(values, expected, allowed):
        return len(values) != len(expected) or any(map(lambda a, b: apart(a, b, allowed), values, expected))

    def reason(self, name, what, ours, theirs):
        """Why another library's numbers differ from ours, as far as differences and moved inputs tell."""
        if what == "values":
            reason = self.why_values(name, theirs)
        elif not np.isfinite(ours).all():
            reason = self.why_not_finite(ours, theirs)
        else:
            reason = self.why_derivatives(what, ours, np.asarray(theirs))
        return reason or self.why_ties(name, what) or "unexplained"

    def why_values(self, name, theirs):
        case, _ = self.call
        moves = [case.z * (1 + 1e-12 * self.rng.uniform(-1, 1, case.z.shape)) for _ in range(4)]
        moved = [replace(case, arrays=case.inputs(z)) for z in moves]
        if any(self.values_apart(other.values, case.values, 1e-9) for other in moved):
            return "rounding decides"
        results = LIBRARIES[name](self.libraries[name], [(other, None) for other in moved])
        if any(not isinstance(other, Exception) and self.values_apart(other[0], theirs, 1e-9) for other in results):
            return "rounding decides, theirs"
        differing = (pair for pair in zip(case.values, theirs, strict=True) if apart(*pair))
        ours, other = next(differing, (np.zeros(0), np.zeros(0)))
        if self.nan_in_first(ours, other):
            return "a NaN, of which theirs makes a number"
        return "a NaN, of which ours makes a number" if self.nan_in_first(other, ours) else ""

    @staticmethod
    def nan_in_first(one, other):
        """Whether two arrays are the same but where the first is NaN."""
        missing = one != one
        return (
            one.shape == other.shape
            and missing.any()
            and not apart(np.where(missing, 0, other), np.where(missing, 0, one))
        )

    def why_not_finite(self, ours, theirs):
        both = np.isfinite(ours) & np.isfinite(theirs)
        if apart(np.where(both, theirs, 0), np.where(both, ours, 0)):
            return ""
        return "a NaN on the way, ours in more places" if (both < np.isfinite(theirs)).any() else "a NaN on the way"

    def why_derivatives(self, what, ours, theirs):
        case, v = self.call
        frozen, first = case.frozen(), what == "gradient"
        value = lambda z: np.asarray(frozen(mg.tensor(z, requires_grad=True)).data)  # noqa: E731
        f = value if first else lambda z: gradient(frozen, z)
        finite = np.isfinite(theirs)
        d = np.where(finite, theirs - ours, 1.0) if first else v
        d = d / (np.abs(d).max(initial=0) or 1.0)
        expected = ours @ d if first else ours
        verdict = by_differences(f, case.z, d, expected, case.size)
        if verdict:
            return (
                "differences agree with ours" if finite.all() else "theirs is not finite, differences agree with ours"
            )
        if self.shaken(case, gradient(case.f, case.z), np.abs(np.where(finite, theirs - ours, np.inf))):
            return "rounding decides"
        if verdict is None and first:
            low, high = sorted(map(float, difference(f, case.z, d, STEPS[0], case.size).sides))
            slack = 1e-3 * (1 + abs(high) + abs(low))
            if low - slack <= expected <= high + slack:
                return "a kink, ours lies between the derivatives to both sides"
        return ""

    def why_ties(self, name, what):
        """Moved a little, what an inner function is differentiated at ties with nothing else."""
        source = ast.unparse(_Moved().visit(ast.parse(self.program.source))) + "\n"
        if source.count("0.00137") == 0:
            return ""
        case, v = Case(replace(self.program, source=source), self.call[0].arrays), self.call[1]
        second = what == "second order"
        ours = case.values, gradient(case.f, case.z), mg.hvp(case.f, case.z, v) if second else None
        (theirs,) = LIBRARIES[name](self.libraries[name], [(case, v if second else None)])
        if isinstance(theirs, Exception) or self.values_apart(theirs[0], ours[0], 1e-8) or apart(theirs[1], ours[1]):
            return ""
        return "" if second and apart(theirs[2], ours[2]) else "a convention at a tie inside a transformation"

    def culprit(self, name):
        """The operations of the first result that differs by itself."""
        case, _ = self.call
        cases = [replace(case, only=place) for place in range(len(case.values))]
        results = LIBRARIES[name](self.libraries[name], [(one, None) for one in cases])
        for place, (one, result) in enumerate(zip(cases, results, strict=True)):
            if isinstance(result, Exception):
                return "all together"
            if apart(result[0][place], one.values[place]) or apart(result[1], gradient(one.f, one.z)):
                lines = re.findall(r"^ +([vw]\d+) = ", self.program.source, re.MULTILINE)
                variable = self.program.source.rsplit("return [", 1)[1].rstrip("]\n ").split(", ")[place]
                if variable in lines:
                    return self.program.names[lines.index(variable)]
                within = self.program.names[: sum(line[0] == "v" for line in lines)]
                return "a loop of " + ", ".join(sorted(set(within)))
        return "all together"


# ---- the command -----------------------------------------------------------------------------------------------------


def shape_kind(shape):
    return "0-d" if not shape else "empty" if 0 in shape else "broadcast" if 1 in shape else f"{len(shape)}-d"


def chunk(start, stop, libraries):
    """The seeds from start to stop: what was counted, what was explained, what disagreed."""
    words = {name: _words(name) for name in libraries}
    counts, wrong, judges = Counter(), {}, []
    with warnings.catch_warnings(), quiet():
        for seed in range(start, stop):
            program = draw(seed)
            coverage(program, counts)
            judges.append(Judge(program, words))
            with _told(judges[-1], wrong):
                judges[-1].run(second=seed % 10 == 0)
        for name in libraries:
            called = [judge for judge in judges if judge.call]
            for judge, result in zip(called, LIBRARIES[name](words[name], [j.call for j in called]), strict=True):
                with _told(judge, wrong):
                    judge.library(name, result)
    counts = sum((judge.counts for judge in judges), counts)
    explained = [reason for judge in judges for reason in judge.explained]
    return {"start": start, "stop": stop, "counts": counts, "explained": explained, "wrong": wrong}


@contextlib.contextmanager
def _told(judge, wrong):
    try:
        yield
    except Exception as error:
        program = judge.program if isinstance(error, Disagreement) else judge.narrow
        wrong[program.seed] = f"{type(error).__name__}: {error}\n{program.source}"


@functools.cache
def _words(name):
    return WORDS[name]()


def coverage(program, counts):
    """How often each operation, transformation, dtype and kind of shape was drawn."""
    counts["programs"] += 1
    counts.update(f"operation: {name}" for name in program.names if name not in TRANSFORMATIONS)
    outer = [name for name in program.names if name in TRANSFORMATIONS]
    counts.update(f"transformation: {name}" for name in outer)
    calls = {template.split("(")[0] for template in TRANSFORMATIONS.values()}
    written = sum(len(re.findall(rf"\b{re.escape(call)}\(", program.source)) for call in calls)
    counts["transformation: inside another"] += written - len(outer)
    counts.update(f"dtype: {dtype}" for _, dtype in program.inputs)
    counts.update(f"shape: {shape_kind(shape)}" for shape, _ in program.inputs)
    counts["a loop with a state"] += "for t in" in program.source


def report(results, settled):
    """The figures, as text."""
    counts = sum((Counter(result["counts"]) for result in results), Counter())
    lines = [f"{counts.pop('programs', 0):,} programs, {counts.pop('a loop with a state', 0):,} with a loop"]
    reached = {key: n for key, n in counts.items() if key.startswith("operation: ")}
    rare = sorted(reached, key=reached.get)[:5]
    lines.append(
        f"{sum(reached.values()):,} operations of {len(reached)} kinds; the rarest: "
        + ", ".join(f"{name.split(': ')[1]} {reached[name]}" for name in rare)
    )
    missing = sorted(CALLS.keys() - TRANSFORMATIONS.keys() - {name.split(": ")[1] for name in reached})
    lines.append("never drawn: " + ", ".join(missing) if missing else "each operation was drawn")
    for kind in ("transformation", "dtype", "shape", "route", "route, second order"):
        some = {key.split(": ", 1)[1]: n for key, n in counts.items() if key.startswith(f"{kind}: ")}
        lines.append(f"{kind}: " + ", ".join(f"{name} {n:,}" for name, n in sorted(some.items())))
    judged = {
        key: n for key, n in counts.items() if key.split(":")[0].split(",")[0] in ("differences", "dtypes", *WORDS)
    }
    lines += [f"{key}: {n:,}" for key, n in sorted(judged.items())]
    reasons, seeds = Counter(), {}
    for result in results:
        for name, what, reason, seed in result["explained"]:
            reasons[name, what, reason] += 1
            seeds.setdefault((name, what, reason), seed)
    lines += [
        f"  {n} × {name}, {what}: {reason} (seed {seeds[name, what, reason]})"
        for (name, what, reason), n in reasons.most_common(settled.reasons)
    ]
    return "\n".join(lines)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tests.trust.random_programs", description=__doc__.split("\n\n")[0])
    parser.add_argument("--count", type=int, default=1000, metavar="N", help="so many programs (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="the first one's seed (%(default)s)")
    parser.add_argument("--jax", action="store_true", help="by JAX too")
    parser.add_argument("--torch", action="store_true", help="by PyTorch too")
    parser.add_argument("--jobs", type=int, default=1, metavar="J", help="so many processes (%(default)s)")
    parser.add_argument("--results", type=Path, metavar="FILE", help="kept here; what stands there isn't run again")
    parser.add_argument("--reasons", type=int, default=40, metavar="R", help="print so many reasons (%(default)s)")
    settled = parser.parse_args(argv)
    libraries = [name for name, wanted in zip(WORDS, (settled.jax, settled.torch), strict=True) if wanted]
    results = []
    if settled.results and settled.results.exists():
        results = [json.loads(line) for line in settled.results.read_text().splitlines()]
    ended = settled.seed + settled.count
    done = {(result["start"], result["stop"]) for result in results}
    starts = [(start, min(start + CHUNK, ended)) for start in range(settled.seed, ended, CHUNK)]
    results = [result for result in results if (result["start"], result["stop"]) in starts]
    open_chunks = [borders for borders in starts if borders not in done]
    bar = tqdm(total=settled.count, initial=sum(stop - start for start, stop in done & set(starts)), desc="programs")
    with bar, contextlib.ExitStack() as stack:
        if settled.jobs > 1:
            workers = stack.enter_context(pool(settled.jobs))
            columns = zip(*open_chunks, strict=True)
            finished = workers.map(chunk, *columns, [libraries] * len(open_chunks)) if open_chunks else ()
        else:
            finished = (chunk(*borders, libraries) for borders in open_chunks)
        for result in finished:
            results.append(result)
            for seed, text in result["wrong"].items():
                bar.write(f"seed {seed}: {text}", file=sys.stdout)
            if settled.results:
                with settled.results.open("a") as file:
                    file.write(json.dumps(result) + "\n")
            bar.update(result["stop"] - result["start"])
    print(report(results, settled))
    wrong = [int(seed) for result in results for seed in result["wrong"]]
    print(f"{len(wrong)} disagree" + (f": seeds {wrong[:20]}" if wrong else ""))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
