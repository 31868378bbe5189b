"""Reads the command line."""

import argparse

from . import hot_paths, measure, report
from .operations import OPERATIONS

ROUNDS, SECONDS = 3, 2.0


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench/run", description="Measures what requests cost, on this machine, with a throw-away region."
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each run")
    parser.add_argument("--without-stock", action="store_true", help="qlikauth alone, without the yardstick")
    parser.add_argument("--profile", metavar="OPERATION", choices=[*OPERATIONS, "page"])
    options = parser.parse_args()
    if options.profile:
        hot_paths.show(options.profile)
        return
    results = measure.measure(
        options.database,
        rounds=options.rounds,
        seconds=options.seconds,
        with_stock=not options.without_stock,
    )
    print(report.circumstances(results), report.cost(results), report.speed(results), sep="\n\n")


main()
