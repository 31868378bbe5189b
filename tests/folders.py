"""Where tests stand: `make test` runs some folders on one database only, and finds some marks in one folder only."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Run with those on SQLite alone: they ask for no database, and would be the same on any.
WITHOUT_DATABASE = [HERE / "architecture", HERE / "policy"]
DATABASE = {"db", "transactional_db", "live_server"}
MARKED = {"browser": HERE / "browser", "interop": HERE / "oauth/interop"}


def refuse(item: pytest.Item) -> None:
    """Raises UsageError for a test that would run on one database only, or not at all."""
    fixtures = item.fixturenames  # type: ignore[attr-defined]
    asks = item.get_closest_marker("django_db") or DATABASE.intersection(fixtures)
    if asks and any(map(item.path.is_relative_to, WITHOUT_DATABASE)):
        raise pytest.UsageError(f"{item.nodeid} asks for a database: move it to another folder")
    for mark, folder in MARKED.items():
        if item.get_closest_marker(mark) and not item.path.is_relative_to(folder):
            raise pytest.UsageError(
                f"{item.nodeid} is marked {mark}: move it to tests/{folder.relative_to(HERE)}"
            )
