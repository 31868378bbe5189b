"""Reads the command line."""

import argparse

from . import hot_paths
from .operations import OPERATIONS


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--profile", choices=[*OPERATIONS, "page"])
    parser.add_argument("--sort", default="tottime")
    parser.add_argument("--lines", type=int, default=40)
    options = parser.parse_args()
    if options.profile:
        hot_paths.show(options.profile, options.sort, options.lines)


main()
