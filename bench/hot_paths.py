"""Profiles one operation with the Python profiler, in this process."""

import cProfile
import os
import pstats
import time

from . import in_process
from .exchange import Answer, Ask
from .operations import OPERATIONS, page
from .region import Region, region

COUNT, LINES = 1000, 50


def show(operation: str) -> None:
    """Prints the costliest functions of `operation`, on SQLite."""
    with region() as made:
        os.environ.update(made.environment)
        _profile(made, operation)


def _profile(made: Region, name: str) -> None:
    from qlikauth.wsgi import application

    target = made.target()
    operation = {**OPERATIONS, "page": page}[name]

    def perform(ask: Ask) -> Answer:
        return in_process.call(application, ask)

    for script in made.scripts(target):
        in_process.run(script, perform)
    for _ in range(100):
        in_process.run(operation(target), perform)
    began = time.process_time()
    for _ in range(COUNT):
        in_process.run(operation(target), perform)
    print(f"{name}: {(time.process_time() - began) / COUNT * 1000:.3f} ms of CPU each, without the profiler")
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(COUNT):
        in_process.run(operation(target), perform)
    profiler.disable()
    statistics = pstats.Stats(profiler)
    for order in ("tottime", "cumtime"):
        statistics.sort_stats(order).print_stats(LINES)
