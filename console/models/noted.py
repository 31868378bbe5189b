"""Writes what requests have noted in memory: one thread of each process does it all (models/background.py)."""

import logging

from . import noted_problems, redirect_user, use_count

WRITES = (use_count.write_noted, noted_problems.write_noted, redirect_user.write_noted)

logger = logging.getLogger(__name__)


def write_all() -> None:
    """Writes uses, problems and people. One that fails keeps what it has, and the others are written all the same.

    Raises the first error, when everything has been tried.
    """
    failed: Exception | None = None
    for write in WRITES:
        try:
            write()
        except Exception as error:  # raised below, once the others are done
            failed = failed or error
    if failed is not None:
        raise failed
