"""The command line, a file for each command; what holds for all of them is in test_cli."""

import xml.etree.ElementTree as ElementTree

from minigrad.commands.cli import main

BOOK = 'the cat <sat> on the mat & said "∂\'";\n' * 12
SMALL = ["--hidden", "8", "--batch", "2", "--steps", "8"]


def words(svg):
    return " ".join(text.text or "" for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"))


def refused(arguments, capsys):
    """The one line on stderr, where a command exits with 2."""
    try:
        status = main(arguments)
    except SystemExit as exit:
        status = exit.code
    line = capsys.readouterr().err
    assert status == 2
    assert line.startswith("minigrad")
    assert line.count("\n") == 1
    assert line.endswith("\n")
    return line
