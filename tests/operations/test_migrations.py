"""Migrations that carry data over: what worked before works after."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from console.models import Client, ClientOrigin, Connection, Tenant
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)
ORIGINS = ("console", "0005_sent_forms_and_client_origins")


def migrate(*targets: tuple[str, str]) -> None:
    MigrationExecutor(connection).migrate(list(targets))


@pytest.fixture
def newest() -> Iterator[None]:
    """Whatever a test does with the schema, the next one finds the newest."""
    yield
    graph = MigrationExecutor(connection).loader.graph
    migrate(*graph.leaf_nodes("console"))


def before(migration: tuple[str, str]) -> list[tuple[str, str]]:
    graph = MigrationExecutor(connection).loader.graph
    return [parent.key for parent in graph.node_map[migration].parents if parent.key[0] == "console"]


def test_origins_that_count_today_go_on_counting(newest: None, acme: Tenant, globex: Tenant):
    listed = ["https://b.example", "https://a.example", "https://b.example"]
    shared, _ = cast.register(globex, type="spa", allowed_origins=listed)
    cast.connect(shared, acme)
    other, _ = cast.register(acme)
    migrate(*before(ORIGINS))
    Connection._base_manager.filter(client=shared, tenant=acme).update(terms={"scopes": ["openid"]})

    migrate(ORIGINS)

    rows = ClientOrigin.objects.order_by("origin").values_list("client", "origin")
    assert list(rows) == [(shared.pk, "https://a.example"), (shared.pk, "https://b.example")]
    connection_elsewhere = Connection._base_manager.get(client=shared, tenant=acme)
    assert connection_elsewhere.approved.scopes == ("openid",)
    assert connection_elsewhere.approved.origins == ("https://a.example", "https://b.example")
    assert Connection._base_manager.get(client=shared, tenant=globex).terms == {}
    assert Connection._base_manager.get(client=other).terms == {}
    kept = Client.with_deleted_anywhere.filter(pk=shared.pk).values_list("allowed_origins", flat=True)
    assert kept.get() == listed  # later columns are not there yet
