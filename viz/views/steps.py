"""A run with its steps opened: the operations of one step, or of all, as drawing data in blocks; no layout."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace

from minigrad import Gradients, Tensor, tape
from minigrad.models.model import Run
from minigrad.tape import Entry

from ..drawing import Block, Drawing
from .cells import named
from .naming import of_run, rails
from .run import hidden_steps
from .scopes import Stepwise, check


def every(run: Run, grads: Gradients | None, *, hidden: range, title: str, caption: str, remark: str) -> Drawing:
    """The operations of all steps; of a long run, of the first and the last."""
    return _opened(run, grads, hidden).drawing(title, caption, remark)


def stepwise_of(run: Run, grads: Gradients | None, *, elide: bool, spelled: bool = False) -> Stepwise:
    """A run's tape, to be looked at entry by entry; the middle of a long one folded."""
    return _opened(run, grads, hidden_steps(len(run.states)) if elide else range(0), spelled)


def _opened(run: Run, grads: Gradients | None, hidden: range, spelled: bool = False) -> Stepwise:
    return _folded(run, grads, dict.fromkeys(hidden, f"{len(hidden)} steps"), spelled=spelled)


def one(run: Run, grads: Gradients | None, focus: int, *, title: str, caption: str, remark: str) -> Drawing:
    """The operations of one step, its neighbours folded; in one block, where the step carries a state on."""
    last = len(run.states) - 1
    before = f"t = {focus - 1}" if focus == 1 else f"t = 0 … {focus - 1}"
    after = f"t = {last}" if focus + 1 == last else f"t = {focus + 1} … {last}"
    folds = dict.fromkeys(range(-1 if focus else 0, focus), before) | dict.fromkeys(range(focus + 1, last + 1), after)
    carried = rails(run, focus)
    opened = _folded(run, grads, folds, carried)
    drawing = opened.drawing(title, caption, remark)
    ids = [[opened.ids.get(tensor.order, "") for tensor in rail] for rail in carried]
    drawn = tuple(tuple(rail) for rail in ids if all(rail))
    if not drawn:
        return drawing
    onward = {rail[0]: rail[1] for rail in drawn}
    cuts = tuple(replace(cut, head=onward.get(cut.tail, cut.head)) for cut in drawing.cuts)
    return replace(drawing, rails=drawn, cuts=cuts, blocks=_joined(drawing.blocks, run.scopes[focus].split("/")))


def _joined(blocks: Sequence[Block], path: Sequence[str]) -> tuple[Block, ...]:
    """Put what was recorded in the scopes inside a step into the block of the step."""
    inside = [block for block in blocks if block.path[: len(path)] == tuple(path)]
    whole = replace(inside[0], path=tuple(path), nodes=tuple(key for block in inside for key in block.nodes))
    return tuple(whole if block is inside[0] else block for block in blocks if block not in inside[1:])


def _folded(
    run: Run,
    grads: Gradients | None,
    folds: Mapping[int, str],
    carried: Sequence[Sequence[Tensor]] = (),
    spelled: bool = False,
) -> Stepwise:
    """A run's tape, some steps folded: by their numbers, into what is called so. Step −1 is what comes before all."""

    def fold(entry: Entry) -> str | None:
        return folds.get(bisect_right(run.starts, entry.value.order) - 1)

    losses = [loss for loss in run.losses if loss.requires_grad]
    recorded = tape(losses if losses else [tensor for _, tensor in named(run.states[-1])])
    check(recorded)
    return Stepwise(recorded, grads, fold, of_run(run, recorded, carried), spelled)
