"""How many SQL statements each step of an operation makes, transactions' BEGIN and COMMIT included."""

import os
from collections.abc import Iterator

from . import in_process
from .databases import database
from .exchange import Answer, Ask
from .operations import OPERATIONS, Operation, Target
from .region import Region, region

WARM_UP = 2  # what a process learns once (keys, hosts, prepared statements) is not what an operation costs


def count(database_kind: str) -> dict[str, list[str]]:
    """The statements of each step, by the name of the step."""
    with database(database_kind) as used, region(used.url) as made:
        os.environ.update(made.environment)
        return dict(_count(made))


def _count(made: Region) -> Iterator[tuple[str, list[str]]]:
    from qlikauth.wsgi import application

    target = made.target()
    for script in made.scripts(target):
        in_process.run(script, lambda ask: in_process.call(application, ask))
    for name, operation in OPERATIONS.items():
        for _ in range(WARM_UP):
            in_process.run(operation(target), lambda ask: in_process.call(application, ask))
        steps = _steps(application, target, operation)
        if len(steps) == 1:
            yield name, steps[0][1]
        else:
            yield from ((f"{name}: {step}", statements) for step, statements in steps)


def _steps(
    application: in_process.Application, target: Target, operation: Operation
) -> list[tuple[str, list[str]]]:
    from django.core.signals import request_started
    from django.db import connection, reset_queries
    from django.test.utils import CaptureQueriesContext

    steps: list[tuple[str, list[str]]] = []

    def perform(ask: Ask) -> Answer:
        with CaptureQueriesContext(connection) as captured:
            answer = in_process.call(application, ask)
        steps.append((in_process.name_of(ask), [query["sql"] for query in captured]))
        return answer

    request_started.disconnect(reset_queries)  # a request would forget what was captured of it
    in_process.run(operation(target), perform)
    return steps


def kind(statement: str) -> str:
    """SELECT, INSERT, UPDATE, DELETE, BEGIN or COMMIT."""
    return statement.split()[0].upper()
