"""Where letters repeat: the iterations that are found, a dot for what one lacks. What is between them is in none."""

import numpy as np
import pytest

from minigrad.program.repeats import longest

FOUND = {
    "ABCABCABCABCABC": "ABC ABC ABC ABC ABC",
    "XYABCABCABCABCABCZ": "ABC ABC ABC ABC ABC",
    "ABCDABCDABDABCDABCDABCD": "ABCD ABCD AB.D ABCD ABCD ABCD",
    "ABCDEABCDEABCDEABDEABCDEABCE": "ABCDE ABCDE ABCDE AB.DE ABCDE ABC.E",
    "ABCDABCDABXCDABCDABCDABCD": "ABCD ABCD ABCD ABCD ABCD ABCD",
    "ABCDABCDABCDABCDXABCDABCDABCD": "ABCD ABCD ABCD ABCD ABCD ABCD ABCD",
    "ABCDABCDABCDABCDQRSTABCDABCD": "ABCD ABCD ABCD ABCD ABCD ABCD",
    "ABCDABCDABCDABXXXXXXCDABCDABCD": "ABCD ABCD ABCD AB..",
    "BCDABCDABCDABCDABCD": "BCDA BCDA BCDA BCDA BCD.",
    "ABCABCABCABCA": "ABC ABC ABC ABC A..",
    "ABCDEFABCDEFABCDEFABCABCDEFABCDEF": "ABCDEF ABCDEF ABCDEF ABC... ABCDEF ABCDEF",
    "PABCABDABCABDABCABDABCABD": "ABCABD ABCABD ABCABD ABCABD",
    "ABABABABABABABAB": "AB AB AB AB AB AB AB AB",
    "ABACABACABACABAC": "ABAC ABAC ABAC ABAC",
    "AABAABAABAABAAB": "AAB AAB AAB AAB AAB",
    "AAAAAAAA": "A A A A A A A A",
    "AAAAABBBBBBBBBBBB": "B B B B B B B B B B B B",
    "ABABABABABXYZXYZXYZXYZXYZXYZ": "XYZ XYZ XYZ XYZ XYZ XYZ",
    "ABCABCABC": "",
    "AAAAAAA": "",
    "ABCDEFG": "",
}


def iterations(letters, start=0, stop=None):
    """The longest loop's iterations in words, and the first place that is in it."""
    placed = longest(np.array([ord(letter) for letter in letters]), start, len(letters) if stop is None else stop)
    period = max((position for _, position in placed.values()), default=0) + 1
    rows = {}
    for index, (iteration, position) in placed.items():
        rows.setdefault(iteration, ["."] * period)[position] = letters[index]
    assert sorted(rows) == list(range(min(rows, default=0), max(rows, default=-1) + 1))
    return " ".join("".join(rows[iteration]) for iteration in sorted(rows)), min(placed, default=None)


@pytest.mark.parametrize(("letters", "body"), FOUND.items(), ids=FOUND)
def test_the_longest_loop_of_a_text(letters, body):
    text, first = iterations(letters)
    assert text == body
    assert first is None or letters[first:].startswith(body[:3].replace(" ", ""))


@pytest.mark.parametrize(
    ("start", "stop", "body", "first"),
    [
        (0, 18, "ABC ABC ABC ABC ABC ABC", 0),
        (1, 13, "BCA BCA BCA BCA", 1),
        (2, 16, "CAB CAB CAB CAB CA.", 2),
        (3, 12, "", None),
    ],
)
def test_only_what_is_between_the_two_places_counts(start, stop, body, first):
    assert iterations("ABC" * 6, start, stop) == (body, first)
