"""What happens while a transaction is open: a request that waits for it, on PostgreSQL."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


class Waiting:
    """A request in a thread of its own, while this test holds a transaction."""

    def __init__(self, send: Callable[[], Any]) -> None:
        self.answer: Any = None
        self.send = send
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.answer = self.send()
        finally:
            connection.close()

    def until_it_waits(self) -> None:
        """Returns when the database makes the request wait for this transaction."""
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        while self.thread.is_alive():
            with connection.cursor() as cursor:
                cursor.execute(waiting)
                if cursor.fetchone()[0]:
                    return
            self.thread.join(0.005)
        raise AssertionError("The request did not wait.")

    def result(self) -> Any:
        self.thread.join(30)
        return self.answer
