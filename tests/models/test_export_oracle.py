"""The PyTorch module of docs/training.md loads an exported net and gives the same outputs."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from minigrad.models import load, module_of, save, unroll
from tests.models.test_export import NETS

PAGE = Path(__file__).parents[2] / "docs" / "training.md"
TOKENS = np.random.default_rng(0).integers(5, size=(9, 3))


def module_on_the_page():
    """The class that the docs show."""
    code = next(
        code for code in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S) if "class Net" in code
    )
    names = {}
    exec(code, names)
    assert len(code[code.index("class Net") :].strip().splitlines()) <= 20
    return names["Net"]


@pytest.mark.parametrize("cell", NETS)
def test_the_module_on_the_page_gives_the_same_outputs(cell, tmp_path):
    net = NETS[cell](1)
    for name, weight in net.named_parameters():
        weight.data = np.random.default_rng(len(name)).normal(size=weight.shape)
    save(tmp_path / "net.npz", net.torch_module_state_dict(), {"module": module_of(net)})
    stored = load(tmp_path / "net.npz")
    values = {name: torch.tensor(array) for name, array in stored.arrays.items()}
    state = tuple(
        values.pop(f"first_{member}").expand(-1, 3, -1).contiguous() for member in "hc" if f"first_{member}" in values
    )
    module = module_on_the_page()(**stored.header["module"]).double()
    module.load_state_dict(values)
    outputs, _ = module(torch.tensor(TOKENS), state or None)
    ours = np.stack([y.data for y in unroll(net, TOKENS).outputs])
    np.testing.assert_allclose(outputs.detach().numpy(), ours, rtol=0, atol=1e-10)
