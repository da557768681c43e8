"""The dispatch audit: whatever NumPy offers, called with a recorded Tensor, records or raises. It walks NumPy."""

import contextlib
import functools
import inspect
import io
import itertools
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import minigrad as mg
from minigrad.registry import registry

# ---- what is called, and how -----------------------------------------------------------------------------------------

NAMESPACES = {"numpy": np, "numpy.linalg": np.linalg, "numpy.fft": np.fft}
NOT_OF_ARRAYS = {
    "test",
    "seterr",
    "seterrcall",
    "setbufsize",
    "set_printoptions",
}  # these change or run the interpreter
LEAVES_ON_PURPOSE = {
    # Python's own float(), complex(), str(), which leave the tape by design, under another name
    *("float64", "double", "complex64", "csingle", "complex128", "cdouble", "str_", "fromiter"),
    *("format_float_positional", "format_float_scientific", "base_repr"),
    # what is read as a size, a count or an order, and never offered to the tape; nothing flows through a size
    *("tri", "tril_indices", "triu_indices", "polyfit.deg", "polyint.m", "binary_repr.width"),
    *("norm.ord", "vector_norm.ord", "matrix_norm.ord", "cond.p"),
    # where a reduction of plain numbers starts: NumPy asks it for a float() and never offers it to the tape
    *("sum.initial", "prod.initial", "max.initial", "amax.initial", "min.initial", "amin.initial"),
    *("nansum.initial", "nanprod.initial", "nanmax.initial", "nanmin.initial"),
}
UNINITIALISED = {"empty", "empty_like", "ndarray", "recarray"}


def offered(namespaces=NAMESPACES):
    """Each public function and type, by its full name."""
    return {
        f"{prefix}.{name}": each
        for prefix, namespace in namespaces.items()
        for name, each in vars(namespace).items()
        if callable(each) and not name.startswith("_") and name not in NOT_OF_ARRAYS | UNINITIALISED
    }


def recorded(value):
    """A number, a vector, a matrix that gradients reach; the values depend on `value`, the shapes don't."""
    arrays = np.array(value), value + np.arange(2.0), value + 3 * np.eye(2)
    return [mg.tensor(each, requires_grad=True) for each in arrays]


def calls(function, t):
    """Ways to hand it the Tensor, as (what is told of it, arguments, keywords)."""
    plain = np.ones(t.shape)
    yield from (("", (t,) * count, {}) for count in range(1, 7))
    for args in (
        ([t, t],), ([t], t), (plain, t), (t, plain), ([plain, t],), (t, 1), (1, t), (2, t, np.float64), (t, np.float64),
        ("...,...", t, t), (np.sin, t), (np.sin, 0, t),
    ):  # fmt: skip
        yield "", args, {}
    yield from named_calls(function, t)


def named_calls(function, t):
    """The Tensor as each of the arguments in turn, plain numbers for the others that must be given."""
    try:
        every = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):
        return
    named = [each for each in every if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)]
    for plain, chosen in itertools.product((2.5 * np.ones((2, 2)), np.array([1.0, 2.0]), 1.5, 2), named):
        given = {each.name: plain for each in named if each.default is each.empty} | {chosen.name: t}
        args = [given.pop(each.name) for each in named if each.kind is each.POSITIONAL_ONLY and each.name in given]
        yield f".{chosen.name}", args, given


def made_by(function, args, keywords):
    """What comes back, as a list, or the error."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            return list(flat(function(*args, **keywords)))
        except Exception as error:
            return error


def flat(result):
    if isinstance(result, np.ndarray) and result.dtype == object:
        result = result.tolist()
    if isinstance(result, (tuple, list)):
        for each in result:
            yield from flat(each)
    else:
        yield result


def told(each):
    """A result without a gradient, as far as it could depend on the Tensor's value."""
    if isinstance(each, mg.Tensor):
        flows = each.requires_grad or (each.origin is not None and not each.origin.primitive.differentiable)
        return "recorded" if flows else repr(each)
    if isinstance(each, np.ndarray):
        return f"{each.dtype} {each.tolist()}"
    return repr(each) if isinstance(each, (bool, int, float, complex, str, bytes, np.generic)) else type(each).__name__


@functools.cache
def lost(function):
    """The calls whose result depends on the Tensor's value and has no gradient, and what the errors say on the way."""
    slips, errors = set(), set()
    for one, other in zip(recorded(2.0), recorded(3.0), strict=True):
        for (how, args, keywords), (_, *again) in zip(calls(function, one), calls(function, other), strict=True):
            first, second = made_by(function, args, keywords), made_by(function, *again)
            if isinstance(first, Exception):
                errors.add(str(first))
            if isinstance(first, list) and isinstance(second, list) and [*map(told, first)] != [*map(told, second)]:
                slips.add(how)
            elif isinstance(first, list) != isinstance(second, list):
                kept = first if isinstance(first, list) else second
                slips |= {how} if any(told(each) != "recorded" for each in kept) else set()
    return slips, errors


FUNCTIONS = offered()


def slips_of(name):
    """As `LEAVES_ON_PURPOSE` names them: the function, or no more than one of its keywords."""
    slips, _ = lost(FUNCTIONS[name])
    short = name.rpartition(".")[2]
    return {short} if "" in slips else {short + how for how in slips}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_recorded_tensor_handed_to_numpy_records_or_raises(name):
    assert slips_of(name) <= LEAVES_ON_PURPOSE


@pytest.mark.parametrize("entry", sorted(LEAVES_ON_PURPOSE - {"cond.p"}))  # that one in NumPy 2.0 alone
def test_what_leaves_on_purpose_does_leave(entry):
    found = [name for name in FUNCTIONS if name.rpartition(".")[2] == entry.partition(".")[0]]
    assert all(entry in slips_of(name) for name in found)


def test_the_audit_notices_a_function_that_loses_the_gradient():
    def careless(x):
        return np.array([float(each) for each in x])

    def half_careful(x, start=0.0):
        return mg.sum(x) if isinstance(x, mg.Tensor) else np.sum(x) + float(start)

    assert offered({"planted": SimpleNamespace(careless=careless)}) == {"planted.careless": careless}
    assert lost(careless)[0] == {"", ".x"}
    assert lost(half_careful)[0] == {"", ".start"}
    assert lost(lambda x: x.detach() * 2)[0] != set()
    assert lost(mg.tanh)[0] == lost(np.shape)[0] == lost(mg.floor)[0] == set()


DISPATCHED = [
    name for name, each in FUNCTIONS.items() if isinstance(each, np.ufunc) or hasattr(each, "_implementation")
]


@pytest.mark.parametrize("name", DISPATCHED)
def test_what_numpy_dispatches_is_in_a_table_or_refused_by_its_name(name):
    function = FUNCTIONS[name]
    _, errors = lost(function)
    refused = any(f"{function.__name__} has no derivative rule, so" in each for each in errors)
    assert refused != (function in registry)


def test_most_of_numpy_dispatches_and_the_audit_has_seen_it():
    assert len(DISPATCHED) > 350 and len(FUNCTIONS) > 450


# ---- the other ways into NumPy ---------------------------------------------------------------------------------------

UFUNCS = {name: each for name, each in FUNCTIONS.items() if isinstance(each, np.ufunc)}


@pytest.mark.parametrize("name", UFUNCS)
@pytest.mark.parametrize("method", ["reduce", "accumulate", "reduceat", "outer", "at"])
def test_a_ufuncs_methods_are_refused(name, method):
    t = recorded(2.0)[1]
    for args in ((t,), (t, t), (np.ones(2), t), (t, [0]), (t, [0], t), (np.ones(2), [0], t)):
        made = made_by(getattr(UFUNCS[name], method), args, {})
        assert isinstance(made, Exception)


@pytest.mark.parametrize("name", UFUNCS)
def test_a_ufuncs_options_are_refused(name):
    t, array = recorded(2.0)[1], np.ones(2)
    for option in ({"out": array}, {"out": (t,)}, {"where": np.array([True, False])}, {"dtype": np.float64}):
        for args in ((t,), (t, t), (array, t)):
            assert isinstance(made_by(UFUNCS[name], args, option), Exception)
    np.testing.assert_array_equal(array, [1, 1])


METHODS = [
    name for name in dir(np.ndarray) if callable(getattr(np.ndarray, name)) and name not in ("__class__", "__new__")
]
ASKS = {"fill", "__setitem__", "__contains__"}  # for one number, of Python's float(); whether it is in there, of bool()


@pytest.mark.parametrize("name", METHODS)
def test_a_method_of_a_plain_array_records_a_tensor_or_raises_and_leaves_the_array_alone(name):
    def called(*args, **keywords):
        array = np.array([1.0, 2.0])
        made = getattr(array, name)(*args, **keywords)
        return [made, array]

    slips, _ = lost(called)
    assert bool(slips) == (name in ASKS)
