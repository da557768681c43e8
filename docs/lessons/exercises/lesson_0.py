"""Exercises of lesson 0, your first hour: a line, a loop to mend, two moons."""

import numpy as np

from .answer import Answer, Wrong, agree, items, numbers
from .exercise import exercise


@exercise(
    "0.1",
    "A line through points",
    "The loss is ((a * x + b - y) ** 2).mean(), with a and b tensors that require gradients. After backward(), take "
    "a.data = a.data - 0.1 * a.grad and a.grad = None, the same for b; some hundred times.",
)
def fit_line(answer: Answer, rng: np.random.Generator) -> None:
    """Three clouds of points; the centre of the second is not 0, so that slope and intercept hang together."""
    for centre in (0.0, 0.6, -0.4):
        x = rng.normal(centre, 1, 60)
        y = rng.uniform(-2, 2) * x + rng.uniform(0.5, 2) + rng.normal(0, 0.3, 60)
        slope, intercept = np.polyfit(x, y, 1)
        line = (slope, intercept)
        given = numbers("the line", answer.fit_line(x, y))
        through_0 = (float(x @ y / (x @ x)), 0.0)
        close = {far: given.shape == (2,) and np.allclose(given, line, rtol=0, atol=far) for far in (1e-3, 0.3)}
        if close[1e-3]:
            continue
        if close[0.3] and not np.allclose(given, through_0, rtol=0, atol=1e-3):
            raise Wrong(
                f"your line ({given[0]:.4f}, {given[1]:.4f}) is on its way to ({slope:.4f}, {intercept:.4f}) but not "
                "there: at the bottom both derivatives are 0. More steps, or longer ones"
            )
        mistakes = [
            (line[::-1], "slope and intercept are in the wrong order: return (a, b) of y = a·x + b"),
            (through_0, "your line goes through (0, 0): b is never moved. It has a gradient as well"),
            (np.negative(line), "your line has both signs wrong: a step goes against the gradient, a − rate · ∂a"),
        ]
        agree("the line (a, b)", given, line, "least squares", mistakes, tolerance=1e-4)


@exercise(
    "0.2",
    "A loop that never clears .grad",
    "backward() adds to .grad, so that several losses can be summed. Who wants the gradient of this step alone sets "
    "w.grad = None after the step.",
)
def descend(answer: Answer, rng: np.random.Generator) -> None:
    """The path of w, beside the paths of known slips."""
    for _ in range(3):
        start, target, rate, steps = (
            rng.uniform(1, 3),
            rng.uniform(-1, 0),
            rng.uniform(0.05, 0.2),
            int(rng.integers(4, 9)),
        )
        given = items("the path of w", answer.descend(start, target, steps, rate), steps)

        def path(kept: float, start: float = start, target: float = target, rate: float = rate, n: int = steps) -> list:
            w, gradient, visited = start, 0.0, []
            for _ in range(n):
                gradient = kept * gradient + 2 * (w - target)
                w -= rate * gradient
                visited.append(w)
            return visited

        right = path(0.0)
        mistakes = [
            (path(1.0), "the second step still uses the first one's gradient: .grad adds up until it is cleared"),
            ([start] * steps, "w never moves: .grad is cleared before it is used. First the step, then the clearing"),
            ([start, *right[:-1]], "the list has the value before each step; it is asked for after"),
        ]
        agree("the path of w", given, right, "w ← w − rate · 2(w − target)", mistakes)


@exercise(
    "0.3",
    "Two moons",
    "scores = mg.tanh(points @ W + b) @ V + c with W of shape (2, 16) and V of shape (16, 2), drawn at random; the loss "
    "is mg.cross_entropy(scores, labels); some hundred steps of rate 0.5.",
    seconds=60.0,
)
def classify_moons(answer: Answer, rng: np.random.Generator) -> None:
    """New moons, turned and moved each time."""
    angle, shift = rng.uniform(-0.4, 0.4), rng.uniform(-0.3, 0.3, 2)
    points, labels = _moons(rng, 300, angle, shift)
    new_points, truth = _moons(rng, 400, angle, shift)
    given = numbers("the labels", answer.classify_moons(points, labels, new_points))
    if given.shape != truth.shape:
        raise Wrong(f"400 labels are asked for, one a point; what came back has shape {given.shape}")
    if not np.isin(given, (0, 1)).all():
        raise Wrong(
            f"a label is 0 or 1, not {given[~np.isin(given, (0, 1))][0]:.4g}: take the larger of the two scores"
        )
    right = float(np.mean(given == truth))
    if len(np.unique(given)) == 1:
        raise Wrong(f"all new points are called {given[0]:.0f}: {right:.0%} are right, as by chance")
    if right < 0.05:
        raise Wrong(f"{1 - right:.0%} are right when 0 and 1 change places: they are mixed up somewhere")
    if right < 0.95:
        line = 0.75 < right < 0.93
        hint = (
            ", about what a straight line gets: is there a tanh between two layers, and does it learn?" if line else ""
        )
        raise Wrong(f"{right:.1%} of the new points are right, 95 % are asked for{hint}")


def _moons(rng: np.random.Generator, n: int, angle: float, shift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(n) % 2
    along = rng.uniform(0, np.pi, n)
    x = np.where(labels == 0, np.cos(along), 1 - np.cos(along))
    y = np.where(labels == 0, np.sin(along), 0.5 - np.sin(along))
    points = np.stack([x - 0.5, y - 0.25], axis=1) + rng.normal(0, 0.08, (n, 2))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    order = rng.permutation(n)
    return (points @ turn + shift)[order], labels[order]
