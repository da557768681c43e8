"""`minigrad flow`: its two tables."""

import re

from minigrad.commands.cli import main
from minigrad.models.training.probe import probe, untrained


def test_flow_tells_lags_and_biases_cell_by_cell(capsys):
    assert main(["flow", "--cells", "rnn", "lstm-3", "--steps", "9", "--hidden", "8"]) == 0
    above, below = (block.splitlines() for block in capsys.readouterr().out.split("\n\n"))
    assert above[1].split() == ["lag", "rnn", "lstm-3"]
    assert below[1].split() == ["k", "rnn", "lstm-3"]
    assert [row.split()[0] for row in above[2:]] == [row.split()[0] for row in below[2:]] == ["0", "1", "2", "4", "8"]
    net, chunk = untrained("rnn", hidden=8, steps=9)
    assert [row.split()[1] for row in above[2:]] == [f"{probe(net, chunk).lags[k]:.1e}" for k in (0, 1, 2, 4, 8)]
    assert below[-1].split()[1:] == ["0.0%", "0°", "0.0%", "0°"]


def test_flow_reads_a_training_too(training, capsys):
    main([*training, "--updates", "5", "--out", "run"])
    capsys.readouterr()
    assert main(["flow", "--run", "run", "--steps", "6"]) == 0
    assert re.search(r"^lag +run$", capsys.readouterr().out, re.MULTILINE)
