"""The processes of a command end with it."""

import subprocess
import sys

import pytest

KILLED = """
import os, signal, sys, time
from tests.trust.pool import pool

if __name__ == "__main__":
    workers = pool(2, sys.argv[1])
    workers.submit(print, "at work", flush=True).result()
    workers.submit(time.sleep, 600)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills by a signal")
@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_the_processes_of_a_command_that_is_killed_end(method):
    done = subprocess.run([sys.executable, "-c", KILLED, method], capture_output=True, text=True, timeout=60)
    assert done.stdout == "at work\n"  # which is read to its end: nobody holds it any more
