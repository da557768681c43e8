"""`python -m benchmarks.training`: characters a second by engine, beside the same nets in PyTorch and in JAX by hand.

Also when a program pays, and how far engines drift apart by rounding. Threads are set before anything that computes is
imported. One update's time beside the recorded peers is in the case `training` of `python -m benchmarks`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from time import perf_counter
from typing import Any

SIZES = [("rnn", 128), ("lstm", 128), ("gru", 128), ("lstm", 512)]

Work = Callable[[], float]  # one update; returns its loss, in bits a character


def main() -> None:
    options = _parser().parse_args()
    for name in ("OPENBLAS", "OMP", "MKL"):
        os.environ[f"{name}_NUM_THREADS"] = str(options.threads)
    os.environ["NPROC"] = str(options.threads)  # XLA's pool
    if options.threads == 1:
        os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"
    sizes = [(cell, units) for cell, units in SIZES if not options.net or f"{cell}-{units}" in options.net]
    {"engines": engines, "programs": programs, "rounding": rounding, "share": share}[options.what](options, sizes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "what",
        nargs="?",
        default="engines",
        choices=("engines", "programs", "rounding", "share"),
        help="engines: characters a second (default); programs: after how many updates tracing has paid; rounding: "
        "losses of three engines over hundreds of updates; share: what an update computes and what it would exchange",
    )
    nets = [f"{cell}-{units}" for cell, units in SIZES]
    parser.add_argument("--net", action="append", choices=nets, help="only this one; may be repeated")
    parser.add_argument("--batch", type=int, default=16, metavar="B", help="sequences side by side (16)")
    parser.add_argument("--steps", type=int, default=32, metavar="T", help="steps of a chunk (32)")
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="how often each one's turn comes (9)")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="of BLAS, PyTorch and XLA (1)")
    return parser


def engines(options: Any, sizes: Sequence[tuple[str, int]]) -> None:
    """A table a net: median characters a second, and over PyTorch's."""
    print(f"T={options.steps}, B={options.batch}, float32, Adam, clipping; {options.threads} thread(s); ", end="")
    print(_versions())
    for cell, units in sizes:
        contestants = _contestants(cell, units, options)
        works = {name: make() for name, make in contestants.items()}
        check(f"{cell} {units}", {name: [work() for _ in range(5)] for name, work in works.items()})
        seconds = {name: [] for name in works}
        for _ in range(options.rounds):
            for name, work in works.items():
                start, updates = perf_counter(), 0
                while updates < 3 or perf_counter() - start < 0.1:
                    work()
                    updates += 1
                seconds[name].append((perf_counter() - start) / updates)
        characters = options.batch * options.steps
        speeds = {name: characters / median(times) for name, times in seconds.items()}
        print(f"\n{cell} {units}")
        for name, speed in speeds.items():
            beside = f"{speed / speeds['PyTorch']:6.2f} of PyTorch's" if "PyTorch" in speeds else ""
            hand = f"{speed / speeds['JAX by hand']:6.2f} of JAX's by hand" if "JAX by hand" in speeds else ""
            print(f"  {name:<24}{speed:>12,.0f} characters/s  {beside}  {hand}".rstrip(), flush=True)


def check(what: str, losses: dict[str, list[float]], tolerance: float = 1e-4) -> None:
    """Stop unless all contestants went through the same losses."""
    [(first, reference), *others] = losses.items()
    for name, row in others:
        for update, (one, other) in enumerate(zip(reference, row, strict=True)):
            if not abs(one - other) <= tolerance * abs(one):
                sys.exit(f"{what}, update {update}: {first} has a loss of {one!r}, {name} one of {other!r}")


def programs(options: Any, sizes: Sequence[tuple[str, int]]) -> None:
    """By net and truncation: an update on the tape, an update by a program, and when tracing has paid."""
    from minigrad.models.training.recipe import prepare

    print(f"{'':<18}{'tape, ms':>9}{'program':>9}{'gain':>7}{'tracing':>9}{'paid after':>12}")
    for truncation in ("full", "sub:8", "k:8"):
        for cell, units in sizes:
            recipe = replace(_recipe(cell, units, options), truncate=truncation)
            trainers = [prepare(replace(recipe, program=program)).trainer for program in ("off", "on")]
            tape, program = (trainer.update for trainer in trainers)
            tape()
            tracing = _timed(program)
            times = [(_timed(tape), _timed(program)) for _ in range(options.rounds)]
            swept, replayed = (median(column) for column in zip(*times, strict=True))
            paid = f"{tracing / (swept - replayed):,.0f} updates" if replayed < swept else "never"
            milliseconds = f"{swept * 1e3:>9.1f}{replayed * 1e3:>9.1f}{swept / replayed:>7.2f}{tracing * 1e3:>9,.0f}"
            print(f"{cell + ' ' + str(units):<10}{truncation:<8}{milliseconds}{paid:>12}", flush=True)


def rounding(options: Any, sizes: Sequence[tuple[str, int]]) -> None:
    """The losses of some updates by three engines: they drift apart as rounding grows."""
    from minigrad.models.training.recipe import prepare

    cell, units = sizes[0]
    recipe = _recipe(cell, units, options)
    ways = {"tape": {"program": "off"}, "program": {"program": "on"}, "JAX": {"engine": "jax"}}
    losses = {}
    for name, settings in ways.items():
        trainer = prepare(replace(recipe, **settings)).trainer
        losses[name] = [trainer.update().loss for _ in range(300)]
    print(f"{cell} {units}, bits a character\nupdate  " + "".join(f"{name:>12}" for name in losses))
    for update in (1, 10, 100, 200, 300):
        print(f"{update:>6}  " + "".join(f"{row[update - 1]:>12.6f}" for row in losses.values()))


def share(options: Any, sizes: Sequence[tuple[str, int]]) -> None:
    """For the estimate of docs/scale.md: bytes of gradient, seconds and products of an update of the JAX engine."""
    from minigrad.models.training.recipe import prepare

    print(f"T={options.steps}, B={options.batch}; {options.threads} thread(s); {_versions()}")
    print(f"{'':<10}{'gradient, MB':>13}{'update, ms':>12}{'GFLOP':>8}{'GFLOP/s':>9}")
    for cell, units in sizes:
        trainer = prepare(replace(_recipe(cell, units, options), engine="jax")).trainer
        weights = sum(weight.size for weight in trainer.model.parameters.values())
        trainer.advance()
        seconds = median(_timed(trainer.advance) for _ in range(3 * options.rounds))
        operations = 6 * weights * options.batch * options.steps / 1e9  # forward, and both gradients of each product
        row = f"{4 * weights / 1e6:>13.2f}{seconds * 1e3:>12.2f}{operations:>8.2f}{operations / seconds:>9.1f}"
        print(f"{cell + ' ' + str(units):<10}{row}", flush=True)


def _timed(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _recipe(cell: str, units: int, options: Any) -> Any:
    from minigrad.models.training.recipe import Recipe

    sizes = {"batch": options.batch, "steps": options.steps}
    return Recipe(cell=cell, hidden=units, threads=0, validation_size=0, program="off", **sizes)


def _contestants(cell: str, units: int, options: Any) -> dict[str, Callable[[], Work]]:
    from minigrad.models.training.recipe import prepare

    recipe = _recipe(cell, units, options)

    def ours(**settings: Any) -> Callable[[], Work]:
        def make() -> Work:
            trainer = prepare(replace(recipe, **settings)).trainer
            return lambda: trainer.advance().loss

        return make

    contestants = {"minigrad, tape": ours(), "minigrad, program": ours(program="on")}
    if _installed("jax"):
        contestants |= {"minigrad, JAX engine": ours(engine="jax"), "JAX by hand": lambda: _in_jax(recipe)}
    if _installed("torch"):
        contestants["PyTorch"] = lambda: _in_torch(recipe, options.threads)
    return contestants


def _installed(package: str) -> bool:
    from importlib.util import find_spec

    return find_spec(package) is not None


def _versions() -> str:
    from importlib.metadata import version

    told = [f"{name} {version(name)}" for name in ("numpy", "jax", "torch") if _installed(name)]
    if _installed("jax"):
        import jax

        told.append(f"JAX on {jax.devices()[0].device_kind}")
    if _installed("torch"):
        import torch

        told.append(f"PyTorch on {torch.cuda.get_device_name() if torch.cuda.is_available() else 'cpu'}")
    return ", ".join(told)


def _in_torch(recipe: Any, threads: int) -> Work:
    """nn.RNN, nn.LSTM or nn.GRU on one-hot inputs, a Linear for all steps; a second bias that does the same is 0."""
    import math

    import torch
    from torch.nn import functional as F

    from minigrad.models.training.recipe import prepare

    torch.set_num_threads(threads)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False  # float32, as the others have it
    device = "cuda" if torch.cuda.is_available() else "cpu"
    trainer = prepare(recipe).trainer
    values = {name: torch.tensor(value) for name, value in trainer.model.torch_module_state_dict().items()}
    V, H = values["readout.weight"].shape
    module = torch.nn.Module()
    module.rnn = getattr(torch.nn, recipe.cell.upper())(V, H)
    module.readout = torch.nn.Linear(H, V)
    module.load_state_dict(values)
    module.to(device)
    own = torch.zeros(len(module.rnn.bias_hh_l0), device=device)
    own[2 * H :] = float(recipe.cell == "gru")
    module.rnn.bias_hh_l0.register_hook(lambda gradient: gradient * own)
    optimizer = torch.optim.Adam(module.parameters(), lr=recipe.lr)
    position, state = iter(range(1 << 30)), None

    def update() -> float:
        nonlocal state
        chunk = trainer.data(next(position))
        inputs = F.one_hot(torch.tensor(chunk.inputs, device=device), V).float()
        targets = torch.tensor(chunk.targets, device=device).reshape(-1)
        optimizer.zero_grad()
        states, last = module.rnn(inputs, None if chunk.first else state)
        state = tuple(part.detach() for part in last) if isinstance(last, tuple) else last.detach()
        loss = F.cross_entropy(module.readout(states).reshape(-1, V), targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.parameters(), recipe.clip)
        optimizer.step()
        return loss.item() / math.log(2)

    return update


def _in_jax(recipe: Any) -> Work:
    """What one writes without us: `jit` of `value_and_grad` of a scan, with clipping and Adam in it."""
    import math

    import jax
    import jax.numpy as jnp

    from minigrad.models.training.recipe import prepare

    trainer = prepare(recipe).trainer
    values = {name: jnp.asarray(weight.data) for name, weight in trainer.model.parameters.items()}
    H, (b1, b2), eps = recipe.hidden, trainer.optimizer.betas, trainer.optimizer.eps

    def rnn(p: Any, state: Any, x: Any) -> Any:
        h = jnp.tanh(p["W_xh"][x] + state[0] @ p["W_hh"] + p["b_h"])
        return (h,), h

    def lstm(p: Any, state: Any, x: Any) -> Any:
        i, f, g, o = jnp.split(p["W_xh"][x] + state[0] @ p["W_hh"] + p["b_h"], 4, axis=-1)
        c = jax.nn.sigmoid(f) * state[1] + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    def gru(p: Any, state: Any, x: Any) -> Any:
        from_x, from_h = p["W_xh"][x] + p["b_h"], state[0] @ p["W_hh"]
        r, z = jnp.split(jax.nn.sigmoid(from_x[:, : 2 * H] + from_h[:, : 2 * H]), 2, axis=-1)
        n = jnp.tanh(from_x[:, 2 * H :] + r * (from_h[:, 2 * H :] + p["b_hn"]))
        h = (1 - z) * n + z * state[0]
        return (h,), h

    cell = {"rnn": rnn, "lstm": lstm, "gru": gru}[recipe.cell]

    def mean_loss(p: Any, state: Any, inputs: Any, targets: Any) -> Any:
        state, states = jax.lax.scan(lambda state, x: cell(p, state, x), state, inputs)
        logits = states @ p["W_hy"] + p["b_y"]
        chosen = jnp.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
        return jnp.mean(jax.nn.logsumexp(logits, axis=-1) - chosen), state

    @jax.jit
    def step(p: Any, first: Any, second: Any, state: Any, n: Any, inputs: Any, targets: Any) -> Any:
        (loss, state), g = jax.value_and_grad(mean_loss, has_aux=True)(p, state, inputs, targets)
        norm = jnp.sqrt(sum(jnp.sum(jnp.square(x)) for x in g.values()))
        g = {name: x * jnp.minimum(1, recipe.clip / (norm + 1e-6)) for name, x in g.items()}
        first = {name: b1 * first[name] + (1 - b1) * g[name] for name in g}
        second = {name: b2 * second[name] + (1 - b2) * g[name] ** 2 for name in g}
        rate, root = recipe.lr / (1 - b1**n), jnp.sqrt(1 - b2**n)
        p = {name: p[name] - rate * first[name] / (jnp.sqrt(second[name]) / root + eps) for name in p}
        return p, first, second, state, loss

    zeros = {name: jnp.zeros_like(value) for name, value in values.items()}
    start = tuple(jnp.zeros((recipe.batch, H)) for _ in range(2 if recipe.cell == "lstm" else 1))
    held, position = [values, zeros, zeros, start], iter(range(1 << 30))

    def update() -> float:
        n = next(position)
        chunk = trainer.data(n)
        if chunk.first:
            held[3] = start
        with jax.default_matmul_precision("highest"):  # float32, as the others have it
            *held[:], loss = step(*held, n + 1.0, chunk.inputs, chunk.targets)
        return float(loss) / math.log(2)

    return update


if __name__ == "__main__":
    main()
