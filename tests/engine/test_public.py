"""The public names: what is there, nothing less, nothing more but the rooms themselves."""

from types import ModuleType

import minigrad as mg

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
