"""Updates compiled by XLA: losses, truncated gradients, clipping and the optimiser's step as one function on devices.

What a chunk's loss and gradients are is a program's business: one is traced for each kind of chunk. JAX is imported
when a Trainer's engine asks for it, not before. The loop around is in `trainer`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np

from minigrad import Tensor, trace, where
from minigrad.optim import Optimizer

from ..bptt import bptt
from ..data.chunk import Chunk
from ..model import Model, State, rebuilt, tensors_of
from ..padding import filled, valid_steps
from ..unrolling import Loss, unroll
from .clipping import Clip
from .processes import check_shares, devices, jax_imported, others_watched, sharded, share
from .replay import MOST, check_handed, check_hooks, shaped
from .score import carried_into, check_batches, targets_in
from .xla_steps import Step, clipped, constants_of, norm_of, rates_of, step_of

Array = Any  # of JAX, traced or not
Settings = tuple[Model, Optimizer, Loss, Callable[[int], int], "Clip | None", "int | None"]
"""What an update is made from: a change of one of them needs other functions. The last is how many devices."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What comes back from the devices after an update."""

    loss: float  # summed over all targets
    gradient_norm: float  # of the mean's gradient, before clipping
    targets_seen: int
    is_finite: bool  # loss and gradients; if not, nothing has moved


@dataclass(frozen=True, slots=True)
class _Kind:
    """What chunks have in common that one program serves; shapes are those of one device's share."""

    inputs: tuple[tuple[int, ...], str]
    targets: tuple[tuple[int, ...], str]
    steps: tuple[int, ...]  # that have targets
    is_masked: bool
    batch_shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Fed:
    """A chunk as arrays for devices."""

    kind: _Kind
    arrays: dict[str, np.ndarray]  # inputs, targets, whether its sequences begin, and the mask if there is one
    seen: int


@dataclass(slots=True, eq=False)
class Compiled:
    """Updates by functions that XLA has compiled. Weights, means and state are on devices until they are fetched."""

    settings: Settings
    _programs: dict[_Kind, Callable[..., Any]] = field(default_factory=dict, init=False)
    _updates: dict[Any, Callable[..., Any]] = field(default_factory=dict, init=False)
    _held: tuple[list[Array], dict[str, list[Array]], list[Array]] | None = field(default=None, init=False)
    _batch_shape: tuple[int, ...] | None = field(default=None, init=False)  # of the chunk whose state is held
    _mesh: Any = field(init=False)
    _dtype: Any = field(init=False)  # of inputs that are no tokens
    _weights: list[Tensor] = field(init=False)  # all, each once; those of the optimiser come first

    def __post_init__(self) -> None:
        model, optimizer, *_, count = self.settings
        step_of(optimizer)  # or it is refused
        self._mesh = jax_imported().sharding.Mesh(np.array(devices(count)), ("batch",))
        by_order = {weight.order: weight for weight in (*optimizer.parameters, *model.parameters.values())}
        self._weights = list(by_order.values())
        self._dtype = next(self._members(()), self._weights[0]).dtype

    @property
    def is_away(self) -> bool:
        """Whether the newest weights, means and state are on the devices."""
        return self._held is not None

    def update(self, chunks: Sequence[Chunk], state: State | None, lr: float) -> Numbers:
        """One step of the optimiser. `state` enters the first chunk, if what is held doesn't.

        Raises
        ------
        ValueError
            A chunk can't be shared by the devices, or chunks come in too many kinds.
        """
        jax, optimizer = jax_imported(), self.settings[1]
        check_hooks(self.settings[0])
        fed = [self._fed(chunk) for chunk in chunks]
        seen = sum(chunk.seen for chunk in fed)
        if not seen:
            raise ValueError("there are no answers to learn from; give it targets")
        groups = [list(group) for _, group in groupby(fed, key=lambda chunk: chunk.kind)]
        check_batches(chunks, [one.kind.batch_shape for one in fed], self._batch_shape)
        if self._held is None:
            carried_into(chunks[0], state, self.settings[0])
            if state is None:
                fed[0].arrays["first"] = np.array(True)
            self._held = self._placed(state, math.prod(fed[0].kind.batch_shape))
        with jax.default_matmul_precision("highest"):
            update = self._update_for([(group[0].kind, len(group)) for group in groups])
            stacked = [
                {name: self._fed_to([one.arrays[name] for one in group]) for name in group[0].arrays}
                for group in groups
            ]
            with others_watched():
                *held, numbers = update(*self._held, stacked, {**rates_of(optimizer, lr), "seen": float(seen)})
                self._held = (held[0], held[1], held[2])  # before it waits: what was held is gone, whatever comes now
                loss, norm, is_finite = map(float, np.asarray(numbers.addressable_data(0)))
        self._batch_shape = fed[-1].kind.batch_shape
        self._batch_shape = fed[-1].kind.batch_shape
        return Numbers(loss, norm, seen, bool(is_finite))

    def fetch(self) -> State | None:
        """Bring weights and means back to model and optimiser, and return the state, all as NumPy's; if any is away."""
        if self._held is None:
            return None
        (weights, means, carried), self._held, self._batch_shape = self._held, None, None
        for weight, value in zip(self._weights, weights, strict=True):
            weight.data = np.array(value.addressable_data(0))
        optimizer = self.settings[1]
        for name, row in means.items():
            optimizer.means[name][:] = [np.array(mean.addressable_data(0)) for mean in row]
        if self._mesh.size > 1:
            with others_watched():
                carried = jax_imported().jit(lambda state: state, out_shardings=self._sharding(None))(carried)
        like = self.settings[0].initial_state(())
        return rebuilt(like, (Tensor(np.array(member.addressable_data(0))) for member in carried))

    def _fed(self, chunk: Chunk) -> _Fed:
        """The chunk as arrays, its tokens checked, with 0 in the padding; and its kind."""
        model, _, loss, *_ = self.settings
        count = self._mesh.size
        inputs, batch_shape, tokens = shaped(model, chunk.inputs)
        dtype = self._dtype
        if not tokens:
            inputs = np.asarray(inputs, dtype)
        steps = [t for t, target in enumerate(chunk.targets) if target is not None]
        if len(chunk.targets) != len(inputs):
            raise ValueError(f"{len(inputs)} steps of inputs need as many of targets; got {len(chunk.targets)}")
        rows = chunk.targets if len(steps) == len(inputs) else [chunk.targets[t] for t in steps]
        targets = np.asarray(rows, dtype if loss == "mse" else None)
        arrays = {"inputs": inputs, "targets": targets, "first": np.array(chunk.first)}
        valid = valid_steps(chunk.mask, None, (len(inputs), *batch_shape), 0)
        if valid is not None:
            arrays |= {"inputs": filled(inputs, valid), "valid": np.asarray(valid)}
            if targets.shape[1 : 1 + len(batch_shape)] == batch_shape:
                arrays["targets"] = filled(targets, np.asarray(valid)[steps])
        if tokens:
            _check_tokens("token", arrays["inputs"], getattr(model, "input_size", None))
        if loss == "cross_entropy":
            _check_tokens("target", arrays["targets"], getattr(model, "output_size", None))
        if count > 1:
            check_shares(batch_shape, targets.shape, count)
            batch_shape = (batch_shape[0] // count,)
        shares = {name: share(array, count) for name, array in arrays.items()}
        described = [(shares[name].shape, shares[name].dtype.str) for name in ("inputs", "targets")]
        kind = _Kind(described[0], described[1], tuple(steps), valid is not None, batch_shape)
        if kind not in self._programs:
            if len(self._programs) == MOST:
                raise ValueError(f"chunks come in more than {MOST} kinds (shapes, steps with targets); give fewer")
            self._programs[kind] = self._traced(kind, shares)
        return _Fed(kind, arrays, targets_in(count * math.prod(batch_shape), chunk))

    def _traced(self, kind: _Kind, example: Mapping[str, np.ndarray]) -> Callable[..., Any]:
        """Loss, gradients and last state of a device's share of a chunk, as a function of JAX arrays."""
        model, optimizer, loss, truncation, *_ = self.settings
        number = {weight.order: index for index, weight in enumerate(self._weights)}

        def differentiate(weights: Sequence[Tensor], carried: Sequence[Tensor], chunk: Mapping[str, Tensor]) -> Any:
            own = copy.deepcopy(model, {id(weight): weights[index] for index, weight in enumerate(self._weights)})
            initial = own.initial_state(kind.batch_shape)  # that may be learned: of these weights
            members = zip(tensors_of(initial), carried, strict=True)
            entering = rebuilt(initial, (where(chunk["first"], start, before) for start, before in members))
            targets: list[Tensor | None] = [None] * len(chunk["inputs"])
            for row, t in enumerate(kind.steps):
                targets[t] = chunk["targets"][row]
            handed = {name: weights[number[weight.order]] for name, weight in model.parameters.items()}
            run = unroll(
                model,
                chunk["inputs"],
                targets,
                state=entering,
                loss=loss,
                mask=chunk.get("valid"),
                parameters=[handed] * len(targets),
            )
            last = list(tensors_of(run.final_state))
            if not kind.steps or run.loss is None:
                return None, [], last
            check_handed([run.loss, *last])
            grads = bptt(run, truncation, record=True)
            used = {weight.order for weight in model.parameters.values()}
            wanted = zip(optimizer.parameters, weights, strict=False)
            return run.loss, [grads[w] if own.order in used else np.zeros(w.shape, w.dtype) for own, w in wanted], last

        carried = [np.zeros(member.shape, member.dtype) for member in self._members(kind.batch_shape)]
        values = [weight.data for weight in self._weights]
        try:
            return trace(differentiate)(values, carried, dict(example)).to_jax()
        except NotImplementedError as error:
            raise ValueError(f"{error}; train it with the NumPy engine") from None
        except TypeError as error:
            error.add_note("What can't be traced can be trained by the NumPy engine without a program.")
            raise

    def _update_for(self, kinds: Sequence[tuple[_Kind, int]]) -> Callable[..., Any]:
        """The compiled update over groups of chunks, so many of a kind each."""
        optimizer, clip = self.settings[1], self.settings[4]
        key = (tuple(kinds), constants_of(optimizer))
        if key not in self._updates:
            if len(self._updates) == MOST:
                raise ValueError(f"updates come in over {MOST} kinds (of chunks in a row, of settings); give fewer")
            self._updates[key] = self._compiled(kinds, step_of(optimizer), clip)
        return self._updates[key]

    def _compiled(self, kinds: Sequence[tuple[_Kind, int]], step: Step, clip: Clip | None) -> Callable[..., Any]:
        jax = jax_imported()
        jnp, count, wanted = jax.numpy, self._mesh.size, len(self.settings[1].parameters)

        def update(weights: Any, means: Any, carried: Any, groups: Any, rates: Any) -> Any:
            total, before = jnp.zeros((), weights[0].dtype), carried
            sums = [jnp.zeros_like(weight) for weight in weights[:wanted]]
            for (kind, length), group in zip(kinds, groups, strict=True):
                batch, program = math.prod(kind.batch_shape), self._programs[kind]

                def differentiated(reached: Any, chunk: Any, batch: int = batch, program: Any = program) -> Any:
                    carried, total, sums = reached
                    loss, gradients, last = program(weights, carried, chunk)
                    if loss is not None:
                        total = total + (batch * loss).astype(total.dtype)
                        sums = [s + batch * gradient for s, gradient in zip(sums, gradients, strict=True)]
                    return (last, total, sums), None

                like = list(self._members(kind.batch_shape))
                if [m.shape for m in like] != [m.shape for m in carried]:  # its sequences begin: nothing is carried on
                    carried = [jnp.zeros(member.shape, member.dtype) for member in like]
                reached = (carried, total, sums)
                if length == 1:
                    reached, _ = differentiated(reached, {name: array[0] for name, array in group.items()})
                else:
                    reached, _ = jax.lax.scan(differentiated, reached, group)
                carried, total, sums = reached
            if count > 1:
                total, sums = jax.lax.psum((total, sums), "batch")
            gradients = [s / rates["seen"] for s in sums]
            norm = norm_of(jnp, gradients)
            gradients = clipped(jnp, gradients, norm, clip)
            finite = jnp.isfinite(total) & jnp.isfinite(norm)

            def moved(new: Array, old: Array) -> Array:
                return jnp.where(finite, new.astype(old.dtype), old) if new.shape == old.shape else new

            moved_weights, moved_means = list(weights), {name: list(row) for name, row in means.items()}
            for index, gradient in enumerate(gradients):
                own = {name: row[index] for name, row in means.items()}
                new, new_means = step(jnp, weights[index], gradient, own, rates)
                moved_weights[index] = moved(new, weights[index])
                for name, mean in new_means.items():
                    moved_means[name][index] = moved(mean, own[name])
            carried = [moved(new, old) for new, old in zip(carried, before, strict=True)]
            numbers = jnp.stack([total, norm.astype(total.dtype), finite.astype(total.dtype)])
            return moved_weights, moved_means, carried, numbers

        if count > 1:
            one = jax.sharding.PartitionSpec
            shared = {"inputs": one(None, None, "batch"), "targets": one(None, None, "batch"), "first": one()}
            groups = [shared | ({"valid": shared["inputs"]} if kind.is_masked else {}) for kind, _ in kinds]
            specs = (one(), one(), one("batch"))
            update = sharded(update, self._mesh, (*specs, groups, one()), (*specs, one()))
        return jax.jit(update, donate_argnums=(0, 1))  # type: ignore[no-any-return]

    def _placed(self, state: State | None, batch: int) -> Any:
        """Weights, means and the state that enters, on the devices."""
        count, optimizer = self._mesh.size, self.settings[1]
        members = list(self._members((batch * count,)) if state is None else tensors_of(state))
        weights = [self._put(weight.data, None) for weight in self._weights]
        means = {name: [self._put(mean, None) for mean in row] for name, row in optimizer.means.items()}
        return weights, means, [self._put(member.data, 0) for member in members]

    def _fed_to(self, arrays: Sequence[np.ndarray]) -> Array:
        """Arrays of chunks in a row, one behind the other; a single device takes them as they are."""
        stacked = arrays[0][None] if len(arrays) == 1 else np.stack(arrays)
        return stacked if self._mesh.size == 1 else self._put(stacked, 2)

    def _put(self, array: np.ndarray, axis: int | None) -> Array:
        """An array on the devices; its examples, along an axis, are shared by them."""
        sharding = self._sharding(axis if axis is not None and np.ndim(array) > axis else None)
        return jax_imported().make_array_from_callback(np.shape(array), sharding, lambda index: array[index])

    def _sharding(self, axis: int | None) -> Any:
        sharding = jax_imported().sharding
        spec = () if axis is None or self._mesh.size == 1 else (*[None] * axis, "batch")
        return sharding.NamedSharding(self._mesh, sharding.PartitionSpec(*spec))

    def _members(self, batch_shape: tuple[int, ...]) -> Iterator[Tensor]:
        return tensors_of(self.settings[0].initial_state(batch_shape))


def _check_tokens(what: str, values: np.ndarray, size: int | None) -> None:
    """Refuse whole numbers out of range, for which JAX would take the nearest row and say nothing."""
    if size is not None and values.size and values.dtype.kind in "iu" and not 0 <= values.min() <= values.max() < size:
        odd = values.min() if values.min() < 0 else values.max()
        raise ValueError(f"{what} {odd} is not one of the {size} that the model has: 0 … {size - 1}")
