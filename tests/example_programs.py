"""The applications of `examples/` as programs of their own, beside the region that a test serves."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"


@contextmanager
def running(name: str, **configuration: str) -> Iterator[None]:
    """`running("demonstration", PORT="8001", …)`: the application in that folder, which prints a line once it listens.

    A browser's page may still load something when a test is at its end: there it is the fixture `run_example` that
    starts one, which stops it when the pages are closed.
    """
    with subprocess.Popen(
        [sys.executable, EXAMPLES / name / "app.py"],
        env=os.environ | configuration,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            assert program.stdout
            assert " application: http://" in program.stdout.readline()
            yield
        finally:
            program.terminate()
