"""Writes what requests have noted in memory: one thread of each process does it all (models/background.py)."""

import logging

from . import noted_problems, redirect_user, scope_use, use_count

MODULES = (use_count, scope_use, noted_problems, redirect_user)

logger = logging.getLogger(__name__)


def forget() -> None:
    """Drops what waits in this process."""
    for module in MODULES:
        module.forget()


def write_all() -> None:
    """Writes uses, problems and people. One that fails keeps what it has, and the others are written all the same.

    Raises the first error, when everything has been tried.
    """
    failed: Exception | None = None
    for module in MODULES:
        try:
            module.write_noted()
        except Exception as error:  # raised below, once the others are done
            failed = failed or error
    if failed is not None:
        raise failed
