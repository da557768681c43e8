"""The faults that are planted, one at a time: what stands where, and what is written in its place. How, `faults` knows.

Nothing of minigrad is imported here: it is imported when a fault is planted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Checker = Literal["check_gradients", "check_truncation"]
"""The checker of minigrad that is meant to find a fault; the suite is meant to find each."""


@dataclass(frozen=True)
class Fault:
    """`right`, which stands once in the module's file, becomes `wrong`; `tests`: where the suite is to find it."""

    name: str
    module: str
    right: str
    wrong: str
    tests: str
    checker: Checker | None = None
    check: Callable[[Any], None] | None = None  # given minigrad


X, Y = (np.random.default_rng(seed).uniform(0.2, 0.8, (3, 3)) for seed in (0, 1))


# ---- rules -----------------------------------------------------------------------------------------------------------


def _rule(
    name: str,
    room: str,
    right: str,
    wrong: str,
    check: Callable[[Any], Any],
    *inputs: Any,
    k: str = "",
    tests: str = "",
) -> Fault:
    """A wrong rule in `minigrad/ops`; `check(mg)` is the function whose gradients are checked."""
    tests = tests or f"tests/engine/test_ops.py -k {k or name.partition(':')[0]}"
    return Fault(
        name,
        f"minigrad.{room}",
        right,
        wrong,
        tests,
        "check_gradients",
        lambda mg: mg.check_gradients(check(mg), *(inputs or (X,))),
    )


def _suite(name: str, module: str, right: str, wrong: str, tests: str) -> Fault:
    """What no checker of gradients can see: the suite's."""
    return Fault(name, module, right, wrong, tests)


ELEMENTWISE, PRODUCTS, REDUCTIONS = "ops.elementwise", "ops.products", "ops.reductions"

RULES = [
    _rule("tanh: sign inside", ELEMENTWISE, "np.tanh, lambda g, y, x: g * (1 - y * y)", "np.tanh, lambda g, y, x: g * (1 + y * y)", lambda mg: mg.tanh),
    _rule("cos: sign", ELEMENTWISE, "np.cos, lambda g, y, x: -g * np.sin(x)", "np.cos, lambda g, y, x: g * np.sin(x)", lambda mg: mg.cos),
    _rule("square: factor", ELEMENTWISE, "lambda g, y, x: g * 2 * x", "lambda g, y, x: g * x", lambda mg: mg.square),
    _rule("exp2: factor", ELEMENTWISE, "lambda g, y, x: g * _LN2 * y", "lambda g, y, x: g * y", lambda mg: mg.exp2),
    _rule("divide: sign of the second argument", ELEMENTWISE, "lambda g, y, a, b: -g * y / b", "lambda g, y, a, b: g * y / b", lambda mg: mg.divide, X, Y),
    _rule("power: logarithm of the wrong number", ELEMENTWISE, "g * y * np.log(np.where(limit, 1, a))", "g * y * np.log(np.where(limit, 1, b))", lambda mg: mg.power, X, Y),
    _rule("where: the branch not taken", ELEMENTWISE, "lambda g, y, c, a, b: np.where(c, 0.0, g)", "lambda g, y, c, a, b: g", lambda mg: mg.where, X > 0.5, X, Y),
    _rule("sigmoid: dtype", ELEMENTWISE, "lambda g, y, x: g * (y * (1 - y)), name", "lambda g, y, x: (g * (y * (1 - y))).astype(np.float32), name", lambda mg: mg.sigmoid),
    _suite("maximum: ties not halved", "minigrad.ops.elementwise", "np.where(np.equal(a, b), g / 2,", "np.where(np.equal(a, b), g,", "tests/engine/test_ops.py -k maximum"),
    _rule("matmul: left argument, not transposed", PRODUCTS, "return g @ _transposed(b)", "return g @ b", lambda mg: mg.matmul, X, Y),
    _rule("matmul: right argument, not transposed", PRODUCTS, "return a.swapaxes(-1, -2) @ g\n", "return a @ g\n", lambda mg: mg.matmul, X, Y),
    _rule("matmul: cotangents of other uses", PRODUCTS, "np.concatenate([as_rows(g) for g in gs])", "np.concatenate([as_rows(g) for g in gs[::-1]])", lambda mg: lambda w, x: mg.tanh(mg.tanh(x @ w) @ w) @ w, X, Y, tests="tests/engine/test_backward.py tests/models/test_cells.py tests/models/test_bptt.py"),
    _rule("sum: wrong axis", REDUCTIONS, "else np.expand_dims(g, axis)", "else np.expand_dims(g, 0)", lambda mg: lambda x: mg.sum(x * x, axis=1), k="sum"),
    _rule("mean: not divided", REDUCTIONS, "return broadcast_to(laid(g / count(x, axis), axis, keepdims), shape=x.shape)", "return broadcast_to(laid(g, axis, keepdims), shape=x.shape)", lambda mg: mg.mean),
    _rule("var: ddof forgotten", REDUCTIONS, "np.divide(2.0, count(x, axis) - ddof)", "np.divide(2.0, count(x, axis))", lambda mg: lambda x: mg.var(x, ddof=1)),
    _suite("max: ties not shared", "minigrad.ops.reductions", "laid(g, axis, keepdims) / np.sum(chosen, axis=axis, keepdims=True), 0.0)", "laid(g, axis, keepdims), 0.0)", "tests/engine/test_ops.py -k max"),
    _rule("softmax: diagonal alone", REDUCTIONS, "y * (g - np.sum(g * y, axis=axis, keepdims=True))", "y * g", lambda mg: mg.softmax),
    _rule("log_softmax: probabilities forgotten", REDUCTIONS, "g - np.exp(y) * np.sum(g, axis=axis, keepdims=True)", "g - np.sum(g, axis=axis, keepdims=True)", lambda mg: mg.log_softmax),
    _rule("norm: not divided", REDUCTIONS, "return laid(g, axis, keepdims) * x / np.where(length == 0, 1.0, length)", "return laid(g, axis, keepdims) * x", lambda mg: mg.norm),
    _rule("cumsum: from the wrong end", "ops.scans", "return np.flip(np.cumsum(np.flip(g, axis), axis), axis)", "return np.cumsum(g, axis)", lambda mg: lambda x: mg.cumsum(x, 0)),
    _rule("transpose: axes not turned back", "ops.shaping", "np.transpose(g, _back(axes))", "np.transpose(g, axes)", lambda mg: lambda x: mg.transpose(x, (1, 2, 0)) ** 2, np.stack([X, Y, X + Y])),
    _rule("stack: slabs in reverse", "ops.joining", "for position in range(len(arrays))]", "for position in reversed(range(len(arrays)))]", lambda mg: lambda a, b: mg.stack([a, b]), X, Y),
    _rule("broadcast: mean in place of sum", "ops.shaping", "return x.sum(axes, keepdims=True).reshape(shape)", "return x.mean(axes, keepdims=True).reshape(shape)", lambda mg: mg.add, X, Y[0], k="add"),
    _rule("getitem: repeated index counted once", "ops.indexing", "    else:\n        np.add.at(whole, index, g)\n    return whole\n\n\ndef _scattered_rows", "    else:\n        whole[index] = g\n    return whole\n\n\ndef _scattered_rows", lambda mg: lambda x: x[np.array([0, 0, 2])] ** 2),
    _rule("sort: order in place of rank", "ops.ordering", "rank = _order(_order(x, axis), axis)", "rank = _order(x, axis)", lambda mg: lambda x: mg.sort(x) * np.arange(5.0), np.array([0.3, 0.9, 0.1, 0.7, 0.5])),
    _rule("solve: matrix not transposed", "ops.matrices", "lambda g, y, a, b: np.linalg.solve(_T(a), g)", "lambda g, y, a, b: np.linalg.solve(a, g)", lambda mg: mg.linalg.solve, X + 2 * np.eye(3), Y),
    _rule("inv: sign", "ops.matrices", "lambda g, y, x: -_T(y) @ g @ _T(y)", "lambda g, y, x: _T(y) @ g @ _T(y)", lambda mg: mg.linalg.inv, X + 2 * np.eye(3)),
    Fault("cross_entropy: targets not taken off", "minigrad.losses", "np.arange(targets.size), targets.ravel()] -= 1", "np.arange(targets.size), targets.ravel()] -= 0", "tests/engine/test_losses.py", "check_gradients", lambda mg: mg.check_gradients(lambda x: mg.cross_entropy(x, [0, 2, 1]), X)),
    Fault("cross_entropy: sign, on Tensors", "minigrad.losses", "(softmax(logits) - one_hot(", "(softmax(logits) + one_hot(", "tests/engine/test_losses.py tests/engine/test_ops.py -k cross_entropy", "check_gradients", lambda mg: mg.check_gradients(lambda x: mg.cross_entropy(x, [0, 2, 1]), X)),
]  # fmt: skip


# ---- sweeps ----------------------------------------------------------------------------------------------------------


def _sweep(name: str, room: str, right: str, wrong: str, tests: str, f: Callable[[Any], Any] | None = None) -> Fault:
    """A wrong sweep; `f(mg)`, a function of two arrays, is one whose gradients it spoils."""
    check = None if f is None else lambda mg: mg.check_gradients(f(mg), X, Y)
    return Fault(name, f"minigrad.{room}", right, wrong, tests, None if f is None else "check_gradients", check)


BACKWARD = "tests/engine/test_backward.py tests/engine/test_contract.py"

SWEEPS = [
    _sweep("a second use replaces the first", "accumulation", "            self.arrived[order] = so_far + contribution\n", "            self.arrived[order] = contribution\n", BACKWARD, lambda mg: lambda x, y: x * x + y),
    _sweep("a third use is dropped", "accumulation", "            so_far += contribution\n", "", BACKWARD, lambda mg: lambda x, y: mg.sin(x) + mg.cos(x) + mg.tanh(x) * y),
    _sweep("a borrowed contribution is added to in place", "accumulation", "elif order in self._owned:", "elif self._in_place:", BACKWARD, lambda mg: lambda x, y: x * x * y),
    _sweep("a waiting use is counted twice", "accumulation", "    brought = [fitted(part, source, node, operation, position) for part, (_, node) in zip(parts, calls, strict=True)]", "    brought = [fitted(part, source, node, operation, position) for part, (_, node) in zip(parts, calls, strict=True)] * 2", BACKWARD, lambda mg: lambda x, y: x + y[0]),
    _sweep("the oldest tensor first", "sweep", "self.orders = sorted(self.reached, reverse=True)", "self.orders = sorted(self.reached)", BACKWARD, lambda mg: lambda x, y: mg.tanh(x * y)),
    _sweep("a path is pruned", "sweep", "if any(isinstance(source, Tensor) and source.order in leading", "if all(isinstance(source, Tensor) and source.order in leading", BACKWARD, lambda mg: lambda x, y: 2 * x * y),
    _sweep("stale values are not refused", "sweep", "                if source._changed > order:\n                    raise RuntimeError(_stale(source, node))\n                into,", "                into,", "tests/engine/test_tensor.py tests/engine/test_contract.py -k 'change or stale'"),
    _sweep("a hook's result is dropped", "sweep", "        if new is None:\n            continue", "        continue", BACKWARD),
    _sweep("a use is recorded over another", "sweep", "uses[node.order, position] = Use(", "uses[node.order, 0] = Use(", BACKWARD),
    _sweep("a blocked gradient is not recorded", "sweep", "                self.blocked[order] = g\n", "", BACKWARD),
    _sweep("a rule's result is a constant at second order", "sweep", "parts[position] = operation.contribution(position, g, node, *node._inputs", "parts[position] = operation.contribution(position, g, node.detach(), *node._inputs", "tests/engine/test_contract.py tests/engine/test_transforms.py", lambda mg: lambda x, y: mg.tanh(x) * y),
    _sweep("a contribution keeps another dtype", "accumulation", "if contribution.dtype != source.dtype:", "if False:", BACKWARD + " tests/engine/test_ops.py"),
    _sweep("a second backward replaces the gradient", "backward", "        known += gradient\n", "        known[...] = gradient\n", BACKWARD),
    _sweep("two leaves share one gradient array", "backward", "        tensor.grad = np.array(gradient, tensor.dtype)\n", "        tensor.grad = np.asarray(gradient, tensor.dtype)\n", BACKWARD),
    _sweep("the cotangent is taken for ones", "backward", "return np.array(cotangent, dtype=output.dtype)[()]", "return np.ones_like(cotangent, dtype=output.dtype)[()]", BACKWARD),
    _sweep("an interrupted backward is not taken back", "backward", "                tensor._grad = known\n            raise", "                pass\n            raise", "tests/trust/test_interrupts.py -k backward"),
    _sweep("an outer variable is a constant for an inner grad", "transforms", "        variable = identity(argument)\n", "        variable = Tensor(argument._data, requires_grad=True)\n", "tests/engine/test_transforms.py", lambda mg: lambda x, y: mg.grad(lambda z: (z * z * y).sum())(x)),
    _sweep("jvp forgets all arguments but the last", "transforms", "moved = moved + total(back * v)", "moved = total(back * v)", "tests/engine/test_transforms.py"),
    _sweep("a checkpoint forgets what it closes over", "checkpoint", "items()) if order < start)", "items()) if order < start and any(tensor is given for given in args))", "tests/engine/test_contract.py -k checkpoint", lambda mg: lambda x, y: mg.checkpoint(lambda z: mg.tanh(z * y))(x)),
    _sweep("a checkpoint draws other numbers in its second run", "checkpoint", "                    _rewind(generators, states)\n", "                    pass\n", "tests/engine/test_contract.py -k checkpoint"),
]  # fmt: skip


# ---- truncation ------------------------------------------------------------------------------------------------------


def _truncated(mg: Any) -> None:
    """Windows, chunks and an f of one's own, each in sweeps; nets with one layer and with two, with c beside h."""
    from minigrad.models import LSTM, RNN, check_truncation, k_truncated, subsequence

    generator = np.random.default_rng(0)
    inputs, targets = generator.normal(size=(6, 3)), generator.integers(3, size=6)
    for net in (RNN(3, 2, 3, rng=0), LSTM(3, 2, 3, rng=0)):
        for f in (k_truncated(2), subsequence(2), lambda t: max(0, t - t % 3)):
            check_truncation(net, f, inputs, targets, elements=1)


def _in_lanes(mg: Any) -> None:
    """A window so wide that its sweeps are made as one."""
    from minigrad.models import LSTM, check_truncation, k_truncated

    generator = np.random.default_rng(0)
    inputs, targets = generator.normal(size=(12, 2)), generator.integers(2, size=12)
    check_truncation(LSTM(2, 2, 2, rng=0), k_truncated(5), inputs, targets, elements=1)


def _cut(
    name: str, module: str, right: str, wrong: str, tests: str, check: Callable[[Any], None] | None = None
) -> Fault:
    return Fault(name, module, right, wrong, tests, None if check is None else "check_truncation", check)


BPTT, LANES = (
    "tests/models/test_truncation.py tests/models/test_bptt.py",
    "tests/models/test_lanes.py tests/models/test_bptt.py",
)
CUTS = "cuts = tuple(tensors_of(run.states[first - 1])) if first else tuple(entering)"

TRUNCATIONS = [
    _cut("cuts are not cut", "minigrad.tape", "if tensor.order not in cut and tensor.order >= since:", "if tensor.order >= since:", BPTT, _truncated),
    _cut("cut one step early", "minigrad.models.bptt", CUTS, CUTS.replace("first - 1", "max(0, first - 2)"), BPTT, _truncated),
    _cut("cut one step late", "minigrad.models.bptt", CUTS, CUTS.replace("first - 1", "first"), BPTT, _truncated),
    _cut("h is cut and c is not", "minigrad.models.bptt", CUTS, CUTS.replace("first - 1]))", "first - 1]))[:1]"), BPTT, _truncated),
    _cut("c is cut and h is not", "minigrad.models.bptt", CUTS, CUTS.replace("first - 1]))", "first - 1]))[1:]"), BPTT, _truncated),
    _cut("no cut for a group of one loss", "minigrad.models.bptt", CUTS, CUTS.replace("if first else", "if first and len(steps) > 1 else"), BPTT, _truncated),
    _cut("a way around the state is not refused", "minigrad.models.bptt", "run.starts[0] <= number < run.starts[first] and number not in cut:", "False:", "tests/models/test_bptt.py -k refused"),
    _cut("losses that share a cut: only the last", "minigrad.models.bptt", "groups.setdefault(first, []).append(t)", "groups[first] = [t]", BPTT, _truncated),
    _cut("a group's gradient replaces another's", "minigrad.gradients", "into[number] = array if known is None else _locked(known + array)", "into[number] = array", BPTT, _truncated),
    _cut("a use counted in two groups has one group's contribution", "minigrad.gradients", "mine[key] = replace(use, contribution=_locked(known.contribution + use.contribution))", "mine[key] = use", BPTT),
    _cut("the window is one step wider", "minigrad.models.truncation", "return max(0, t - k)", "return max(0, t - k - 1)", BPTT),
    _cut("chunks begin one step late", "minigrad.models.truncation", "return k * (t // k)", "return k * (max(0, t - 1) // k)", BPTT),
    _cut("f(t) above t is taken", "minigrad.models.truncation", "if not 0 <= first <= t:", "if not 0 <= first:", BPTT),
    _cut("a truncated loss flows into the run before", "minigrad.models.bptt", "flows = not truncating if through_state is None else through_state", "flows = True", "tests/models/test_bptt.py -k first_state"),
    _cut("each loss gets its share of 1", "minigrad.models.unrolling", "[g] * len(terms)", "[g / len(terms)] * len(terms)", "tests/models/test_unrolling.py tests/models/test_bptt.py", lambda mg: _untruncated()),
    _cut("a step takes the model's own weights", "minigrad.models.unrolling", "model.parameters if parameters is None else parameters[t], current, x)", "model.parameters, current, x)", "tests/models/test_unrolling.py tests/models/test_check.py", _truncated),
    _cut("the padding changes the state", "minigrad.models.unrolling", "                after = held_state(valid[t], after, current)\n", "", "tests/models/test_padding.py tests/models/test_unrolling.py"),
    _cut("a detached state keeps its past", "minigrad.models.model", "return mapped_state(Tensor.detach, state)", "return state", "tests/models/test_bptt.py tests/models/test_unrolling.py -k 'detach or stream or chunk'"),
    _cut("lanes: a loss joins the wrong lane", "minigrad.models.lanes", "lanes[number][ends.index(earliest[s])] += own.pop(number)", "lanes[number][0] += own.pop(number)", LANES, _in_lanes),
    _cut("lanes: a lane ends one step early", "minigrad.models.lanes", "        if s in ends:\n            ended = ends.index(s)", "        if s - 1 in ends:\n            ended = ends.index(s - 1)", LANES, _in_lanes),
    _cut("lanes: the weights get the first lane alone", "minigrad.models.lanes", "stack.sum(0)", "stack[0]", LANES, _in_lanes),
    _cut("lanes: a second way to the state replaces the first", "minigrad.models.lanes", "arriving[into] = arriving[into] + part if into in arriving else part", "arriving[into] = part", LANES, _in_lanes),
    _cut("lanes: the matrix is not transposed", "minigrad.models.lanes", "@ W.T)", "@ W)", LANES, _in_lanes),
    _cut("lanes: the steps' own sweep is forgotten", "minigrad.models.lanes", "sum(sweep[leaf] for sweep in sweeps)", "sum(sweep[leaf] for sweep in sweeps[1:])", LANES, _in_lanes),
    _cut("check_truncation leaves out the first use", "minigrad.models.check", "if first[t] <= s]", "if first[t] < s]", "tests/models/test_check.py", _truncated),
]  # fmt: skip


def _untruncated() -> None:
    from minigrad.models import RNN, check_truncation, untruncated

    generator = np.random.default_rng(0)
    inputs, targets = generator.normal(size=(4, 3)), generator.integers(3, size=4)
    check_truncation(RNN(3, 2, 3, rng=0), untruncated(), inputs, targets, elements=1)


# ---- programs --------------------------------------------------------------------------------------------------------

PROGRAM = "tests/engine/test_program.py"
LOOPS = "tests/engine/test_lowering.py -k loops"
MEMORY = "tests/engine/test_lowering.py -k memory"
REFUSED = "tests/engine/test_program.py -k 'refused or raises'"
IN_JAX = "tests/engine/test_jax_engine.py -k loops"
IN_JAVASCRIPT = "tests/engine/test_javascript_engine.py -k loops"


def _program(name: str, room: str, right: str, wrong: str, tests: str = PROGRAM) -> Fault:
    return Fault(name, f"minigrad.program.{room}", right, wrong, tests)


PROGRAMS = [
    _program("a number given is folded as a constant", "graph", "        if operation is given:\n", "        if operation is given and not tensor.shape:\n            return self._constant(tensor._data)\n        if operation is given:\n"),
    _program("values of other parameters are shared", "graph", "key = (operation, tuple(map(id, inputs)), settings, replay)", "key = (operation, tuple(map(id, inputs)), replay)"),
    _program("a term of a sum over time is missing", "merge", "return sorted(terms, key=", "return sorted(terms[1:], key=", LOOPS),
    _program("a sum of slices is taken to fill the whole", "merge", "return bool((times == 1).all())", "return True", LOOPS),
    _program("a sum goes on from the last run's", "numpy_engine", "self.calls += [(out.fill, (0,))] if first else []", "self.calls += []", LOOPS),
    _program("what is read in reverse is read forwards", "numpy_engine", "return x[low : end if end >= 0 else None : stride]", "return x[min(low, high) : max(low, high) + 1 : abs(stride)]", "tests/engine/test_lowering.py -k 'random_loops'"),
    _program("a stage makes what it reads too late", "units", "when[slot_read] <= when[slot]", "when[slot_read] >= when[slot]", "tests/engine/test_lowering.py -k step_at_a_time"),
    _program("the last slot of a stretch is left out", "slots", "            stretches[-1] = stretches[-1][0], slot + 1\n", "            stretches[-1] = stretches[-1][0], slot\n", LOOPS),
    _program("slots that read elsewhere are forgotten", "plan", "unit.alone |= alone", "unit.alone = alone", LOOPS),
    _program("constants in a row: dtype", "slots", "row = np.zeros((max(values) - start + 1, *np.shape(values[start])), dtype)", "row = np.zeros((max(values) - start + 1, *np.shape(values[start])), np.float16)", LOOPS),
    _program("a buffer is given away while it is read", "memory", "for owner in written | read:", "for owner in written:", MEMORY),
    _program("two values that meet in one call share a buffer", "memory", "(froms[:count] <= home.last) & (tos[:count] >= home.born)", "(froms[:count] < home.last) & (tos[:count] > home.born)", MEMORY),
    _program("a carried value lies where the next one is written", "memory", "self.turn.update((node, number % count) for number, node in enumerate(nodes))\n                return count", "self.turn.update((node, 0) for number, node in enumerate(nodes))\n                return 1", "tests/engine/test_lowering.py -k two_steps_later"),
    _program("arguments are checked against nothing", "trace", "elif value is not example and not _equal(value, example):", "elif False:", REFUSED),
    _program("a second recording is not compared", "recording", "None if beside.same(recorded) else", "None if True else", REFUSED),
    _program("a second recording may read other constants", "recording", "return one is other or exact(one) == exact(other)", "return True", REFUSED),
    _program("JAX: a loop runs in the wrong direction", "jax_values", "            reverse=self.falls,", "            reverse=not self.falls,", IN_JAX),
    _program("JAX: the carry starts at zero", "jax_values", "if node is None else jnp.asarray(self.values.value(node), dtype)", "if True else jnp.asarray(self.values.value(node), dtype)", IN_JAX),
    _program("JAX: a term of a sum over time replaces the others", "jax_engine", "values.single[total] = values.single[total] + term if total in values.single else", "values.single[total] = term if total in values.single else", IN_JAX),
    _program("JavaScript: the border iteration of a loop that falls", "js.source", "t >= {slots[-1]}; t--", "t > {slots[-1]}; t--", IN_JAVASCRIPT),
    _program("JavaScript: a product over time keeps the last", "js.source", '"ab", ["ca", "cb"], "+=")', '"ab", ["ca", "cb"], "=")', IN_JAVASCRIPT),
]  # fmt: skip

FAULTS: dict[str, Fault] = {fault.name: fault for fault in (*RULES, *SWEEPS, *TRUNCATIONS, *PROGRAMS)}
KINDS = {"rules": RULES, "sweeps": SWEEPS, "truncation": TRUNCATIONS, "programs": PROGRAMS}
