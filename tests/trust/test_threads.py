"""Eight threads at once: the short form of `python -m tests.trust.threads`."""

import threading

import pytest

from . import threads as command
from .threads import problem, works


@pytest.mark.parametrize("name", works())
def test_eight_threads_at_once_get_what_each_gets_alone(name):
    assert problem(name, 8) is None


def test_a_contribution_that_is_lost_is_found(monkeypatch):
    def planted():
        total, all_have_read = [0], threading.Barrier(8)

        def work(n):
            known = total[0]
            if threading.current_thread() is not threading.main_thread():
                all_have_read.wait()
            total[0] = known + 1

        return {"planted": (work, lambda: list(total))}

    monkeypatch.setattr(command, "works", planted)
    assert problem("planted", 8) == "what they share became [1]; one after the other, [8]"


def test_a_thread_that_gets_something_else_is_found(monkeypatch):
    def planted():
        calls = []
        return {"planted": (lambda n: calls.append(n) or len(calls) * (n == 3), lambda: None)}

    monkeypatch.setattr(command, "works", planted)
    monkeypatch.setattr(command, "together", lambda work, count: [7] * count)
    assert problem("planted", 4).startswith("threads [0, 1, 2, 3] got something else")
