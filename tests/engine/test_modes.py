"""What is in force while operations run: no_grad, scope, detect_anomaly, each thread's and each task's own."""

import asyncio
import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad.modes import (
    ANOMALY,
    IN_A_RULE,
    KNOWN,
    UNWATCHED,
    Mode,
    differentiating,
    mode,
    recording,
    traced,
    transforming,
)


def leaf(value, name=None):
    return mg.tensor(value, requires_grad=True, name=name, dtype=float)


# ---- no_grad ---------------------------------------------------------------------------------------------------------


def test_under_no_grad_nothing_is_recorded():
    x = leaf(2.0)
    with mg.no_grad():
        y = x * x
    assert not y.requires_grad and y.origin is None and y.item() == 4


def test_after_no_grad_recording_goes_on_also_after_an_exception():
    x = leaf(2.0)
    with pytest.raises(ZeroDivisionError), mg.no_grad():
        raise ZeroDivisionError
    assert (x * x).requires_grad


def test_no_grad_nests():
    x = leaf(2.0)
    with mg.no_grad():
        with mg.no_grad():
            pass
        assert not (x * x).requires_grad


def test_no_grad_is_a_decorator():
    @mg.no_grad()
    def square(x):
        return x * x

    x = leaf(2.0)
    assert not square(x).requires_grad and not square(x).requires_grad
    assert (x * x).requires_grad


def test_a_leaf_made_under_no_grad_may_require_gradients():
    with mg.no_grad():
        x = leaf(2.0)
    (x * x).backward()
    assert x.grad == 4


def test_backward_and_transformations_work_under_no_grad():
    x = leaf(2.0)
    y = x * x
    with mg.no_grad():
        y.backward()
        assert mg.grad(lambda x: x**3)(2.0) == 12
        assert mg.hessian(lambda x: x**3)(2.0) == 12
        traced = mg.gradients(y, x, create_graph=True)[x]
    assert x.grad == 4
    assert mg.gradients(traced)[x] == 2


def test_what_was_made_under_no_grad_is_a_constant_to_what_follows():
    x = leaf(2.0)
    with mg.no_grad():
        h = x * x
    (h * x).backward()
    assert x.grad == 4


# ---- scope -----------------------------------------------------------------------------------------------------------


def test_scopes_label_and_nest():
    x = leaf(2.0)
    with mg.scope("encoder"):
        a = x * x
        with mg.scope("t=3"):
            b = a * x
        c = b * x
    d = c * x
    assert [each.origin.scope for each in (a, b, c, d)] == ["encoder", "encoder/t=3", "encoder", ""]


def test_a_scope_ends_with_an_exception_too():
    with pytest.raises(ZeroDivisionError), mg.scope("t=0"):
        raise ZeroDivisionError
    assert (leaf(1.0) * 1).origin.scope == ""


@pytest.mark.parametrize("name", ["", None, 3, ["t"]])
def test_a_scope_needs_a_name(name):
    with pytest.raises(ValueError, match="scope needs a name"), mg.scope(name):
        pass


def test_a_traced_backward_pass_carries_the_scope_it_runs_in():
    x = leaf(2.0)
    with mg.scope("forward"):
        y = x * x * x
    with mg.scope("backward"):
        g = mg.gradients(y, x, create_graph=True)[x]
    assert {entry.scope for entry in mg.tape(g)} == {"forward", "backward"}


# ---- detect_anomaly --------------------------------------------------------------------------------------------------


def line_of(text):
    """The number of the line in this file that ends with a comment."""
    with open(__file__, encoding="utf-8") as source:
        return next(number for number, line in enumerate(source, 1) if line.rstrip().endswith(f"# {text}"))


def test_the_first_nan_forward_names_the_operation_the_scope_the_shapes_and_the_users_line():
    x = leaf([[1.0, -1.0]])
    with mg.detect_anomaly(), np.errstate(invalid="ignore"), mg.scope("encoder"), mg.scope("t=37"):
        fine = x * 2
        with pytest.raises(FloatingPointError) as caught:
            mg.log(fine)  # the log of a negative number
    told = str(caught.value)
    assert "log of operands of shape (1, 2) made nan at (0, 1)" in told
    assert "in scope 'encoder/t=37'" in told
    assert f"test_modes.py:{line_of('the log of a negative number')}" in told


def test_an_infinity_is_an_anomaly_too():
    with mg.detect_anomaly(), np.errstate(over="ignore"), pytest.raises(FloatingPointError, match=r"exp.*made inf"):
        mg.exp(leaf(1000.0))


def test_the_users_line_is_found_behind_methods_operators_and_numpy():
    x = leaf(0.0)
    with mg.detect_anomaly(), np.errstate(divide="ignore"):
        with pytest.raises(FloatingPointError, match=f":{line_of('the operator')}$"):
            1.0 / x  # the operator
        with pytest.raises(FloatingPointError, match=f":{line_of('the method')}$"):
            x.log()  # the method
        with pytest.raises(FloatingPointError, match=f":{line_of('by NumPy')}$"):
            np.log(x)  # by NumPy


def test_a_nan_backward_names_the_rule_the_argument_and_the_line_that_recorded_it():
    x = leaf([0.0, 4.0])
    with mg.detect_anomaly(), np.errstate(divide="ignore"):
        with mg.scope("t=5"):
            y = mg.sqrt(x)  # the root is recorded here
        with pytest.raises(FloatingPointError) as caught:
            y.sum().backward()
    told = str(caught.value)
    assert "the rule of sqrt for argument 0 of shape (2,) made inf at (0,)" in told
    assert "'t=5'" in told
    assert told.endswith(f"test_modes.py:{line_of('the root is recorded here')}")


def test_the_first_bad_contribution_backward_is_named_not_the_last():
    x = leaf(0.0)
    with np.errstate(all="ignore"):
        y = mg.tanh(mg.sqrt(x * 2.0) * 3.0)
        with mg.detect_anomaly(), pytest.raises(FloatingPointError, match="rule of sqrt"):
            y.backward()
    assert x.grad is None


def test_without_the_forward_pass_inside_the_line_is_not_known():
    x = leaf(0.0)
    with np.errstate(divide="ignore"):
        y = mg.sqrt(x)
        with mg.detect_anomaly(), pytest.raises(FloatingPointError, match="a line not known"):
            y.backward()


def test_what_is_finite_passes_and_gives_the_same_numbers():
    x = leaf([1.0, 2.0])
    with mg.detect_anomaly():
        y = (mg.tanh(x) @ x).sum()
        watched = mg.gradients(y, record=True)[x]
        assert not (x > 1.0).requires_grad
    np.testing.assert_array_equal(watched, mg.gradients(y)[x])


def test_outside_nothing_is_looked_at():
    with np.errstate(divide="ignore"):
        assert mg.log(leaf(0.0)).item() == -np.inf


def test_anomalies_are_found_in_a_traced_sweep():
    x = leaf(0.0)
    with np.errstate(divide="ignore"):
        y = mg.sqrt(x)
        with mg.detect_anomaly(), pytest.raises(FloatingPointError):
            mg.gradients(y, create_graph=True)


def test_anomalies_are_found_under_no_grad_and_in_constants():
    with mg.detect_anomaly(), mg.no_grad(), np.errstate(divide="ignore"), pytest.raises(FloatingPointError):
        mg.log(mg.tensor(0.0))


# ---- each thread's and each task's own -------------------------------------------------------------------------------


def test_a_thread_starts_with_the_usual_mode_and_keeps_its_own():
    x = leaf(2.0)
    inside, outside = threading.Event(), threading.Event()
    seen = {}

    def other():
        with mg.no_grad(), mg.scope("other"):
            inside.set()
            outside.wait(5)
            seen["there"] = (x * x).requires_grad, mode.get().scope

    with mg.scope("main"):
        thread = threading.Thread(target=other)
        thread.start()
        inside.wait(5)
        y = x * x
        seen["here"] = y.requires_grad, y.origin.scope
        outside.set()
        thread.join()
    assert seen == {"here": (True, "main"), "there": (False, "other")}


def test_tasks_that_take_turns_keep_their_own_modes():
    x = leaf(2.0)

    async def recording(name):
        with mg.scope(name):
            await asyncio.sleep(0)
            y = x * x
            await asyncio.sleep(0)
            return y.origin and y.origin.scope

    async def constant():
        with mg.no_grad():
            await asyncio.sleep(0)
            return (x * x).origin

    async def together():
        return await asyncio.gather(recording("a"), constant(), recording("b"))

    assert asyncio.run(together()) == ["a", None, "b"]


def test_a_task_inherits_the_mode_it_was_started_in():
    async def scope_inside():
        return mode.get().scope

    async def outer():
        with mg.scope("outer"):
            return await asyncio.create_task(scope_inside())

    assert asyncio.run(outer()) == "outer"


# ---- one object entered twice; what decorates generators and coroutines ----------------------------------------------

MODES = {"no_grad": mg.no_grad, "scope": lambda: mg.scope("a"), "detect_anomaly": mg.detect_anomaly}


def in_force():
    return mode.get()[:3]


@pytest.mark.parametrize("name", MODES)
def test_one_object_may_be_entered_within_itself(name):
    before, context = in_force(), MODES[name]()
    with context:
        once = in_force()
        with context:
            twice = in_force()
            with pytest.raises(ZeroDivisionError), context:
                raise ZeroDivisionError
            assert in_force() == twice
        assert in_force() == once != before
    assert in_force() == before


def test_a_function_that_is_decorated_may_call_itself():
    @mg.no_grad()
    def total(n, x):
        return x * n + (total(n - 1, x) if n else 0)

    x = leaf(2.0)
    assert total(3, x).item() == 12 and not total(3, x).requires_grad
    assert (x * x).requires_grad


def test_one_object_serves_several_threads():
    context, seen = mg.no_grad(), []

    def work():
        with context:
            seen.append(in_force()[0])
        seen.append(in_force()[0])

    with context:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(seen) == [False] * 4 + [True] * 4 and in_force()[0]


@pytest.mark.parametrize("name", MODES)
def test_a_generator_function_runs_each_of_its_steps_in_the_mode(name):
    @MODES[name]()
    def steps():
        received = []
        try:
            while True:
                received.append((yield in_force()))
        except KeyError:
            yield in_force()
        return received

    before = in_force()
    with MODES[name]():
        inside = in_force()
    generator = steps()
    assert next(generator) == inside and in_force() == before
    assert generator.send("a") == inside and in_force() == before
    assert generator.throw(KeyError) == inside and in_force() == before
    with pytest.raises(StopIteration) as end:
        next(generator)
    assert end.value.value == ["a"] and in_force() == before


def test_a_generator_that_leaves_a_scope_open_between_its_steps_keeps_it_for_itself():
    @mg.no_grad()
    def steps():
        with mg.scope("inside"):
            yield in_force()
            yield in_force()

    assert list(steps()) == [(False, "inside", False)] * 2
    generator = steps()
    next(generator)
    with mg.scope("outside"):
        assert next(generator) == (False, "inside", False)
        assert in_force() == (True, "outside", False)
    generator.close()
    assert in_force() == (True, "", False)


def test_a_plain_generator_inside_a_mode_leaves_nothing_behind():
    def steps():
        with mg.no_grad():
            yield

    generator = steps()
    next(generator)
    with mg.scope("a"):
        generator.close()
    assert in_force() == (True, "", False)


def test_an_async_function_runs_in_the_mode_to_its_end():
    @mg.no_grad()
    async def work():
        before = in_force()
        await asyncio.sleep(0)
        return before, in_force()

    async def main():
        both = await asyncio.gather(work(), work())
        return both, in_force()

    (first, second), after = asyncio.run(main())
    assert first == second == ((False, "", False),) * 2 and after[0]


def test_an_async_generator_runs_each_of_its_steps_in_the_mode():
    @mg.no_grad()
    async def steps():
        received = []
        for _ in range(2):
            received.append((yield in_force()[0], list(received)))
            await asyncio.sleep(0)

    async def main():
        generator = steps()
        yield_one = await generator.asend(None)
        between = in_force()[0]
        yield_two = await generator.asend("a")
        rest = [each async for each in generator]
        return yield_one, between, yield_two, rest, in_force()[0]

    assert asyncio.run(main()) == ((False, []), True, (False, ["a"]), [], True)


def test_a_class_is_not_decorated():
    with pytest.raises(TypeError, match="decorates functions"):

        @mg.no_grad()
        class Net:
            pass


def test_a_decorated_function_keeps_its_name_and_its_kind():
    @mg.no_grad()
    def steps():
        """Steps."""
        yield 1

    assert steps.__name__ == "steps" and steps.__doc__ == "Steps."


# ---- how modes are printed and nested --------------------------------------------------------------------------------


def test_a_mode_is_printed_with_what_it_changes():
    assert repr(mg.no_grad()) == "<mode: recording=False>"
    assert repr(mg.scope("t=3")) == "<mode: scope='t=3'>"
    assert repr(mg.detect_anomaly()) == "<mode: anomaly=True>"
    assert repr(recording()) == "<mode: recording>"
    assert repr(transforming()) == "<mode: strict=1>" and repr(differentiating("")) == "<mode: strict=2>"


def test_each_mode_changes_its_own_field_and_no_other():
    with mg.no_grad(), mg.scope("a"), mg.detect_anomaly(), differentiating("b"):
        outer = mode.get()
        assert outer[:4] == (False, "b", True, 2)
        for inner, changed in [
            (mg.no_grad(), (False, "b", True, 2)),
            (recording(), (True, "b", True, 2)),
            (transforming(), (True, "b", True, 2)),
            (mg.scope("c"), (False, "b/c", True, 2)),
            (differentiating("c"), (False, "c", True, 2)),
            (mg.detect_anomaly(), (False, "b", True, 2)),
        ]:
            with inner:
                assert mode.get()[:4] == changed and mode.get().outer == outer
    with transforming():
        assert mode.get()[:4] == (True, "", False, 1)
        with mg.scope("a"), mg.detect_anomaly(), mg.no_grad():
            assert mode.get()[:4] == (False, "a", True, 1)


def test_what_is_thrown_into_a_decorated_generator_arrives_in_it():
    @mg.no_grad()
    def steps():
        try:
            yield 1
        except KeyError:
            yield 2

    running = steps()
    assert next(running) == 1 and running.throw(KeyError("k")) == 2


def test_what_is_thrown_into_a_decorated_async_generator_arrives_in_it():
    @mg.no_grad()
    async def steps():
        try:
            yield 1
        except KeyError:
            yield mode.get().recording

    async def play():
        running = steps()
        return await anext(running), await running.athrow(KeyError("k"))

    assert asyncio.run(play()) == (1, False)


def test_a_decorated_async_generator_is_closed_in_the_mode_and_after_what_it_decorates():
    closed = []

    @mg.no_grad()
    async def steps():
        try:
            yield 1
        finally:
            closed.append(mode.get().recording)

    async def play():
        running, other = steps(), steps()
        await anext(running), await anext(other)
        await running.aclose()
        await other.ag_frame.f_locals["steps"].aclose()  # as the end of a loop does, in any order
        await other.aclose()
        return mode.get().recording

    assert asyncio.run(play()) is True and closed == [False, True]


class Called:
    """Objects that are called as a function, a coroutine, a generator, an async generator."""

    class Plain:
        def __call__(self):
            return mode.get().recording

    class Coroutine:
        async def __call__(self):
            return mode.get().recording

    class Generator:
        def __call__(self):
            yield mode.get().recording

    class AsyncGenerator:
        async def __call__(self):
            yield mode.get().recording


def test_objects_that_are_called_are_decorated_as_what_their_call_is():
    async def first(steps):
        return await anext(steps)

    assert mg.no_grad()(Called.Plain())() is False
    assert asyncio.run(mg.no_grad()(Called.Coroutine())()) is False
    assert next(mg.no_grad()(Called.Generator())()) is False
    assert asyncio.run(first(mg.no_grad()(Called.AsyncGenerator())())) is False


@pytest.mark.parametrize("before", [UNWATCHED, ANOMALY, KNOWN])
@pytest.mark.parametrize("known", [False, True])
def test_a_traced_function_records_in_the_scope_it_is_called_in_and_results_stay_looked_at(before, known):
    token = mode.set(Mode(False, "loss", before, IN_A_RULE))
    try:
        with traced(known):
            inside = mode.get()
    finally:
        mode.reset(token)
    watch = ANOMALY if before == ANOMALY else KNOWN if known else UNWATCHED
    assert inside == Mode(True, "loss", watch, IN_A_RULE, Mode(False, "loss", before, IN_A_RULE))
