"""Exercises of lesson 9, training: chunks that carry on, what schedules cost, a split in time."""

from typing import Any

import numpy as np

from .answer import Answer, Wrong, agree, brief, items, numbers
from .exercise import exercise


@exercise(
    "9.1",
    "Chunks whose states carry over rightly",
    "length = n // batch; tokens[: batch * length].reshape(batch, length).T has time first. A chunk begins at 0, steps, "
    "2 · steps …, as long as its last target is there.",
)
def chunks(answer: Answer, rng: np.random.Generator) -> None:
    """Row by row: what a chunk ends with is what the next begins with."""
    for n, batch, steps in ((20, 2, 3), (23, 3, 2), (int(rng.integers(40, 60)), 4, 5)):
        tokens = rng.integers(0, 100, n)
        length = n // batch
        rows = tokens[: batch * length].reshape(batch, length).T
        right = [(rows[a : a + steps], rows[a + 1 : a + steps + 1]) for a in range(0, length - steps, steps)]
        where = f"with {n} tokens, batch {batch}, steps {steps},"
        given = answer.chunks(tokens, batch, steps)
        if not isinstance(given, (list, tuple)):
            raise Wrong(f"{where} a list of pairs is asked for; what came back is {brief(given)}")
        if len(given) != len(right):
            raise Wrong(
                f"{where} there are {len(right)} chunks whose last target is still in its row, not {len(given)}"
            )
        side_by_side = tokens[: length * batch].reshape(length, batch)
        for number, (pair, (inputs, targets)) in enumerate(zip(given, right, strict=True)):
            part = items(f"chunk {number}", pair, 2)
            a = number * steps
            agree(
                f"the inputs of chunk {number}, {where}",
                part[0],
                inputs,
                "row b is the b-th part of the text",
                [
                    (inputs.T, "the batch stands first; time is asked for first, as `unroll` wants it"),
                    (
                        side_by_side[a : a + steps],
                        "neighbours in the text lie side by side in the batch: the state of a row meets another part of the text",
                    ),
                ],
            )
            agree(
                f"the targets of chunk {number}, {where}",
                part[1],
                targets,
                "the next token of the row",
                [
                    (inputs, "the targets are the inputs themselves: the net would only have to copy"),
                    (
                        np.roll(inputs, -1, axis=0),
                        "the last target of a chunk is the first token of the next one, not the chunk's own first",
                    ),
                ],
            )


@exercise(
    "9.2",
    "What three schedules cost",
    "For a loss at t the uses are f(t) … t, t − f(t) + 1 of them. Sum them over t with each schedule's f. Chunks: an update "
    "each, ⌈T / k⌉.",
)
def uses_and_updates(answer: Answer, rng: np.random.Generator) -> None:
    """Each schedule by counting."""
    for T, k in ((6, 2), (7, 3), (4, 9), (int(rng.integers(8, 30)), int(rng.integers(1, 7)))):
        given = answer.uses_and_updates(T, k)
        if not isinstance(given, dict) or given.keys() != {"full", "window", "chunks"}:
            raise Wrong(f"a dict with full, window and chunks is asked for; what came back is {brief(given)}")
        window = sum(min(t, k) + 1 for t in range(T))
        chunked = sum(t % k + 1 for t in range(T))
        right: dict[str, Any] = {"full": (T * (T + 1) // 2, 1), "window": (window, 1), "chunks": (chunked, -(-T // k))}
        for name, counts in right.items():
            uses, updates = items(f"{name} with T = {T}, k = {k}", given[name], 2)
            agree(
                f"the uses of {name} with T = {T}, k = {k}",
                uses,
                counts[0],
                "Σ_t (t − f(t) + 1)",
                [
                    (T, "that counts the steps of the forward pass; each loss has its own way back"),
                    (
                        sum(min(t, k - 1) + 1 for t in range(T)),
                        "k hops are k + 1 uses: the step of the loss itself counts",
                    ),
                    (T * (k + 1), "the first losses have less past than k: max(0, t − k)"),
                    (T * k, "within a chunk an early loss has few uses before it, not k"),
                ],
            )
            agree(
                f"the updates of {name} with T = {T}, k = {k}",
                updates,
                counts[1],
                "one a chunk" if name == "chunks" else "one, when all is done",
                [
                    (T // k, "the last, shorter chunk has its update too"),
                    (T, "truncation and schedule are two settings: one update here"),
                ],
            )


@exercise(
    "9.3",
    "A split in time, without a leak",
    "A window from s ends at s + length − 1. Training: s + length ≤ cut. Test: s + length − 1 ≥ cut. Mean and standard "
    "deviation of series[:cut].",
)
def split_in_time(answer: Answer, rng: np.random.Generator) -> None:
    """A series that drifts, so that its future has another mean."""
    for n, length in ((12, 3), (int(rng.integers(20, 40)), int(rng.integers(2, 6)))):
        cut = int(rng.integers(length + 2, n - length))
        series = rng.normal(size=n) + np.linspace(0, 5, n)
        scaled, training, test = items("what came back", answer.split_in_time(series, cut, length), 3)
        past, where = series[:cut], f"with {n} values, cut {cut}, length {length},"
        agree(
            f"the scaled series, {where}",
            scaled,
            (series - past.mean()) / past.std(),
            "mean and standard deviation of the past alone",
            [
                (
                    (series - series.mean()) / series.std(),
                    "mean and standard deviation are those of the whole series: they know the future",
                )
            ],
        )
        starts = np.arange(n - length + 1)
        for name, given, right in (
            ("training", training, starts[starts + length <= cut]),
            ("test", test, starts[starts + length > cut]),
        ):
            starts_given = sorted(numbers(f"the {name} windows", list(given)).astype(int).tolist())
            if starts_given == right.tolist():
                continue
            late = [s for s in starts_given if name == "training" and s + length > cut]
            if late:
                raise Wrong(
                    f"{where} the training window from {late[0]} ends at step {late[0] + length - 1}, at the cut or after it: a leak"
                )
            missing = sorted(set(right.tolist()) - set(starts_given))
            if missing:
                raise Wrong(f"{where} the window from {missing[0]} to {missing[0] + length - 1} is missing in {name}")
            raise Wrong(
                f"{where} the {name} window from {min(set(starts_given) - set(right.tolist()))} doesn't belong there, or comes twice"
            )
