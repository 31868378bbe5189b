"""What the server does beside requests: a thread for each kind of work, in every process that serves.

A thread looks every few seconds whether there is work, and at once when this process has made some. What one process
does no other does: the work itself sees to that, with locks or compare and swap. Where no server runs, commands do the
same work.
"""

import logging
from collections.abc import Callable
from threading import Event, Thread

from django.db import connections

LOOKS_EVERY, AFTER_FAILURE = 5, 60  # seconds

logger = logging.getLogger(__name__)
_waiting: list[Event] = []


def start(*works: Callable[[], object]) -> None:
    """Starts a thread for each kind of work, until the process ends. Call it after forking."""
    for work in works:
        woken = Event()
        woken.set()
        _waiting.append(woken)
        Thread(target=_go_on, args=(work, woken), name=_name(work), daemon=True).start()


def wake() -> None:
    """Wakes the threads: there is work."""
    for woken in _waiting:
        woken.set()


def beside(work: Callable[[], object]) -> None:
    """Does this once, in a thread of its own where a server runs: nobody waits, or learns from the time what was done.

    Elsewhere, as in a command, it is done at once.
    """
    if _waiting:
        Thread(target=once, args=(work,), name=_name(work), daemon=True).start()
    else:
        work()


def _go_on(work: Callable[[], object], woken: Event) -> None:
    pause = LOOKS_EVERY
    while True:
        woken.wait(pause)
        woken.clear()
        pause = LOOKS_EVERY if once(work) else AFTER_FAILURE


def once(work: Callable[[], object]) -> bool:
    """One round. Returns False if it failed, which is logged and does not end the thread. Closes the connection."""
    try:
        work()
    except Exception:
        logger.exception("Work beside requests failed: %s", _name(work))
        return False
    else:
        return True
    finally:
        connections.close_all()


def _name(work: Callable[[], object]) -> str:
    """Without the arguments of a partial: they may say who somebody is."""
    return str(getattr(getattr(work, "func", work), "__qualname__", type(work).__name__))
