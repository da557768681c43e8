"""A run with its steps opened: the operations of one step, or of all, as drawing data in blocks; no layout."""

from collections.abc import Mapping

from minigrad import Gradients, Tensor, tape
from minigrad.models.model import Run

from ..drawing import Drawing, Role
from .cells import named
from .run import hidden_steps
from .scopes import Stepwise, check


def every(run: Run, found: Gradients | None, *, elide: bool, title: str, caption: str, remark: str) -> Drawing:
    """The operations of all steps; of a long run, of the first and the last."""
    return stepwise_of(run, found, elide=elide).drawing(title, caption, remark)


def stepwise_of(run: Run, found: Gradients | None, *, elide: bool) -> Stepwise:
    """A run's tape, to be looked at entry by entry; the middle of a long one folded."""
    hidden = hidden_steps(len(run.states)) if elide else range(0)
    return _folded(run, found, {f"{len(hidden)} steps": [run.scopes[t] for t in hidden]})


def one(run: Run, found: Gradients | None, focus: int, *, title: str, caption: str, remark: str) -> Drawing:
    """The operations of one step, its neighbours folded."""
    last = len(run.states) - 1
    before = f"t = {focus - 1}" if focus == 1 else f"t = 0 … {focus - 1}"
    after = f"t = {last}" if focus + 1 == last else f"t = {focus + 1} … {last}"
    named = {before: list(run.scopes[:focus]), after: list(run.scopes[focus + 1 :])}
    return _folded(run, found, named).drawing(title, caption, remark)


def _folded(run: Run, found: Gradients | None, folds: Mapping[str, list[str]]) -> Stepwise:
    names = {scope: name for name, scopes in folds.items() for scope in scopes}

    def fold(scope: str) -> str | None:
        while scope and scope not in names:
            scope = scope.rpartition("/")[0]
        return names.get(scope)

    losses = [loss for loss in run.losses if loss.requires_grad]
    recorded = tape(losses if losses else [tensor for _, tensor in named(run.states[-1])])
    check(recorded)
    return Stepwise(recorded, found, _roles(run), fold)


def _roles(run: Run) -> dict[int, tuple[Role, str]]:
    """What the tensors of a run are, and their names if they have none."""
    roles: dict[int, tuple[Role, str]] = {}

    def note(tensor: Tensor, role: Role, name: str) -> None:
        roles[tensor.order] = role, name

    for name, tensor in named(run.initial_state):
        note(tensor, "state", f"{name}_-1")
    for t, state in enumerate(run.states):
        note(run.inputs[t], "input", f"x_{t}")
        for name, tensor in named(state):
            note(tensor, "state", f"{name}_{t}")
        if run.losses:
            note(run.losses[t], "loss", f"L_{t}")
    return roles
