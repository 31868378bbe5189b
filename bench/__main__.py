"""Reads the command line."""

import argparse
from pathlib import Path

from . import ends, events, expiry, growth, hot_paths, measure, report, servers, statements
from .operations import OPERATIONS

ROUNDS, SECONDS = 3, 2.0


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description="Measures what requests cost, on this machine, with a throw-away region.",
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="SQLite unless there is a peer")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each run")
    parser.add_argument(
        "--patience",
        type=float,
        default=60,
        help="seconds to wait for other programs to finish, before each round",
    )
    parser.add_argument(
        "--without-stock", action="store_true", help="without django-oauth-toolkit as it comes"
    )
    parser.add_argument(
        "--peer", action="store_true", help="oidc-provider on Node.js as well, from npm; both on PostgreSQL"
    )
    parser.add_argument("--servers", action="store_true", help="compare application servers instead")
    parser.add_argument("--behaviour", action="store_true", help="see how application servers behave instead")
    parser.add_argument("--statements", action="store_true", help="count SQL statements instead")
    parser.add_argument(
        "--ends", action="store_true", help="time ends of access among a million sessions instead"
    )
    parser.add_argument(
        "--expiry", action="store_true", help="time the removal of expired rows among millions instead"
    )
    parser.add_argument(
        "--events", action="store_true", help="time the audit log with millions of events instead"
    )
    parser.add_argument(
        "--growth", action="store_true", help="see what a region of ten million events slows down instead"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="of the grown region: 0.1 is a tenth of it")
    parser.add_argument("--keep", type=Path, help="folder where the grown region stays, to be measured again")
    parser.add_argument("--profile", metavar="OPERATION", choices=[*OPERATIONS, "page"])
    options = parser.parse_args()
    if options.peer and options.database == "sqlite":
        parser.error("the peer keeps its rows in PostgreSQL: leave --database sqlite out")
    options.database = options.database or ("postgresql" if options.peer else "sqlite")
    if options.profile:
        hot_paths.show(options.profile)
        return
    if options.servers:
        print(report.servers(servers.costs(options.rounds, options.seconds, options.patience)))
        return
    if options.behaviour:
        print(report.behaviour(servers.behaviour()))
        return
    if options.statements:
        print(report.statements(statements.count(options.database)))
        return
    if options.ends:
        print(report.ends(ends.measure(options.database)))
        return
    if options.expiry:
        print(report.expiry(expiry.measure(options.database)))
        return
    if options.events:
        print(report.events(options.database, *events.measure(options.database)))
        return
    if options.growth:
        print(report.growth(growth.measure(options.scale, options.keep)))
        return
    results = measure.measure(
        options.database,
        rounds=options.rounds,
        seconds=options.seconds,
        patience=options.patience,
        with_stock=not options.without_stock,
        with_peer=options.peer,
    )
    print(report.circumstances(results), report.cost(results), report.speed(results), sep="\n\n")


main()
