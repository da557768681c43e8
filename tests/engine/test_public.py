"""The public names: what is there, nothing less, nothing more but the rooms themselves; where old rooms are now."""

import subprocess
import sys
from importlib import import_module
from types import ModuleType

import pytest

import minigrad as mg
import minigrad.models
import minigrad.viz
from minigrad.renamed import _forwarding

NAMES = """
Gradients Origin Primitive Program Tape Tensor Use absolute add arccos arccosh arcsin arcsinh arctan
arctan2 arctanh broadcast_to ceil check_gradients checkpoint clip concatenate cos cosh cross_entropy cumprod
cumsum detect_anomaly diag diagonal divide dot einsum elu equal exp exp2 expand_dims expm1 flip floor
floor_divide gelu grad gradients greater greater_equal hessian hvp hypot inner jacobian jvp leaky_relu less
less_equal linalg log log1p log2 log10 log_softmax logaddexp logical_and logical_not logical_or logsumexp matmul
max maximum mean min minimum moveaxis mse_loss multiply negative no_grad norm not_equal optim outer pad power
primitive prod ravel reciprocal relu remainder repeat reshape rint roll scope sigmoid sign sin sinh softmax
softplus split sqrt square squeeze stack std subtract sum swapaxes take take_along_axis tan tanh tape tensor
tensordot tile trace transpose tril triu trunc value_and_grad var vjp where
binary_cross_entropy all allclose any append argmax argmin argsort array_equal array_split atleast_1d
atleast_2d atleast_3d average cbrt column_stack cumulative_prod cumulative_sum deg2rad degrees diff dsplit
dstack fabs fliplr flipud fmax fmin gradient hsplit hstack isclose isfinite isinf isnan linspace logaddexp2
matrix_transpose nan_to_num positive rad2deg radians round searchsorted sinc sort vecdot vsplit vstack
matvec unstack vecmat
""".split()  # noqa: SIM905
LAZY = {"Program", "trace"}


def public(room):
    """What a room offers: its names without an underscore that are no modules."""
    return {name for name, value in vars(room).items() if name[0] != "_" and not isinstance(value, ModuleType)}


def test_the_public_names_are_these():
    assert public(mg) | LAZY | {"linalg", "optim"} == {*NAMES, "Any", "TYPE_CHECKING"}


def test_each_of_them_can_be_had():
    assert [name for name in NAMES if not hasattr(mg, name)] == []
    assert mg.__version__


def test_no_public_name_is_the_room_that_it_stands_in():
    rooms = {name for name in NAMES if isinstance(getattr(mg, name), ModuleType)}
    assert rooms == {"linalg", "optim"}


@pytest.mark.parametrize(("old", "new"), _forwarding.new_names.items())
def test_a_room_that_has_moved_is_found_where_it_was_with_a_warning(old, new):
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match=f"^{old} is now {new}$"):
        room = import_module(old)
    name = next(name for name, value in vars(import_module(new)).items() if callable(value))
    assert getattr(room, name) is getattr(import_module(new), name)


def test_the_warning_names_the_line_that_imports_the_old_room(tmp_path):
    (tmp_path / "user.py").write_text("import minigrad\n\nfrom minigrad.functional import mse_loss\n")
    command = [sys.executable, "-W", "always::DeprecationWarning", "user.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "user.py:3: DeprecationWarning: minigrad.functional is now minigrad.losses" in done.stderr


def test_a_room_that_was_never_there_is_not_found():
    with pytest.raises(ModuleNotFoundError):
        import_module("minigrad.functionals")
