"""Statements that are built once do what the ORM's would, on whichever database this runs."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from console.models import Actor, Client, Tenant, User
from console.models.prepared import PreparedQuery, PreparedValue
from console.models.prepared_writes import PreparedUpdate, change_and_insert, insert
from console.models.statements import Statement

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 11, 25, 12, 30, 15, 123456, tzinfo=UTC)


def test_a_row_that_was_inserted_is_read_back_as_it_was(acme: Tenant, in_acme: None):
    client = Client(
        tenant=acme,
        type="web",
        name="Ärlig “app” %s",
        redirect_uris=["https://a.example/ö"],
        last_used_at=MOMENT,
    )

    insert(client)

    found = Client.objects.get(client_id=client.client_id)
    assert (found.name, found.redirect_uris, found.last_used_at, found.tenant) == (
        client.name,
        client.redirect_uris,
        MOMENT,
        acme,
    )


def test_an_update_changes_the_rows_it_names_and_counts_them(
    acme: Tenant, in_acme: None, bob: User, alice: User
):
    seen = PreparedUpdate(
        lambda pk, email, moment: (User._base_manager.filter(pk=pk, email=email), {"last_login": moment}),
        type(bob.pk),
        str,
        datetime,
    )

    assert seen.update(bob.pk, bob.email, MOMENT) == 1
    assert seen.update(bob.pk, alice.email, MOMENT) == 0
    assert [User.objects.get(pk=person.pk).last_login for person in (bob, alice)] == [MOMENT, None]


def test_a_query_gives_the_same_object_as_the_orm(acme: Tenant, in_acme: None):
    client, _secret = Client.register(
        acme, by=Actor.operator(), type="spa", name="Dashboard", redirect_uris=["https://a.example/cb"]
    )
    query = PreparedQuery(
        lambda pk: Client.with_deleted_anywhere.filter(client_id=pk).select_related("tenant"), str
    )

    found = query.first(client.client_id)

    assert found == client
    assert {field.attname: getattr(found, field.attname) for field in Client._meta.concrete_fields} == {
        field.attname: getattr(Client.objects.get(pk=client.pk), field.attname)
        for field in Client._meta.concrete_fields
    }
    assert "tenant" in found._state.fields_cache
    assert query.first("unknown") is None


def test_a_value_is_made_once_for_as_long_as_its_row_reads_the_same(acme: Tenant):
    made: list[str] = []

    def name_of(tenant: Tenant) -> tuple[str, str]:
        made.append(tenant.name)
        return tenant.alias, tenant.name

    names = PreparedValue(
        lambda alias: Tenant._base_manager.filter(alias=alias).order_by("pk"), str, value=name_of
    )

    assert names.get("acme") is names.get("acme") == ("acme", "Acme AB")
    Tenant.objects.filter(pk=acme.pk).update(name="Acme")
    assert names.get("acme") == ("acme", "Acme")
    Tenant.objects.filter(pk=acme.pk).update(name="Acme AB")
    assert names.get("acme") == ("acme", "Acme AB")
    assert names.get("nobody") is None
    assert made == ["Acme AB", "Acme"]


class TestChangesAndNewRows:
    """Rows are written only if every update has changed something, and then all of it or nothing."""

    SEEN = PreparedUpdate(
        lambda pk, name, moment: (User._base_manager.filter(pk=pk, name=name), {"last_login": moment}),
        uuid.UUID,
        str,
        datetime,
    )

    def apps(self, tenant: Tenant, *names: str) -> list[Client]:
        return [
            Client(tenant=tenant, type="web", name=name, redirect_uris=["https://a.example/ö"])
            for name in names
        ]

    def names(self) -> set[str]:
        return set(Client.objects.values_list("name", flat=True))

    def test_all_of_it(self, acme: Tenant, in_acme: None, alice: User, bob: User):
        updates = [(self.SEEN, (person.pk, person.name, MOMENT)) for person in (alice, bob)]

        assert change_and_insert(updates, self.apps(acme, "One %", "Two"))

        assert self.names() == {"One %", "Two"}
        assert Client.objects.get(name="Two").redirect_uris == ["https://a.example/ö"]
        assert {User.objects.get(pk=person.pk).last_login for person in (alice, bob)} == {MOMENT}

    @pytest.mark.parametrize("failing", [0, 1])
    def test_no_row_if_an_update_finds_none(
        self, acme: Tenant, in_acme: None, alice: User, bob: User, failing: int
    ):
        people = [(alice.pk, alice.name), (bob.pk, bob.name)]
        people[failing] = (people[failing][0], "Nobody")

        assert not change_and_insert(
            [(self.SEEN, (*person, MOMENT)) for person in people], self.apps(acme, "One", "Two")
        )

        assert self.names() == set()
        assert (User.objects.get(pk=alice.pk).last_login == MOMENT) is (failing == 1)
        assert User.objects.get(pk=bob.pk).last_login is None

    def test_nothing_if_a_row_is_refused(self, acme: Tenant, in_acme: None, alice: User):
        one, two = self.apps(acme, "One", "Two")
        two.client_id = one.client_id

        with pytest.raises(IntegrityError), transaction.atomic():
            change_and_insert([(self.SEEN, (alice.pk, alice.name, MOMENT))], [one, two])

        assert self.names() == set()
        assert User.objects.get(pk=alice.pk).last_login is None

    def test_a_text_that_is_too_long_is_refused_and_not_cut(self, acme: Tenant, in_acme: None, alice: User):
        if connection.vendor == "sqlite":
            pytest.skip("SQLite has no lengths")
        with pytest.raises(DataError), transaction.atomic():
            change_and_insert([(self.SEEN, (alice.pk, alice.name, MOMENT))], self.apps(acme, "x" * 1000))


@pytest.mark.postgresql
def test_a_text_does_not_end_at_a_nul(acme: Tenant):
    by_name = PreparedQuery(lambda name: Tenant.objects.filter(name=name), str)
    assert by_name.first(acme.name) == acme
    with pytest.raises(DataError, match="NUL"):
        by_name.first(f"{acme.name}\0nobody")


def test_a_percent_sign_in_a_statement_is_an_error():
    with pytest.raises(ValueError, match="percent"):
        Statement("SELECT '50 %' WHERE 1 = %s")


def test_a_transaction_that_has_failed_takes_no_more_statements(acme: Tenant, in_acme: None):
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            BY_ALIAS.first("acme")


def test_a_value_that_is_not_ours_to_write_goes_by_the_drivers_own_way(acme: Tenant):
    days = Statement("SELECT CAST(%s AS text) AS day")

    read = days.first([date(2026, 11, 28)])

    assert read is not None
    assert read.values() == ("2026-11-28",)


def test_a_value_that_the_statement_does_not_use_is_an_error():
    query = PreparedQuery(lambda name: Tenant.objects.filter(alias="fixed"), str)

    with pytest.raises(ValueError, match="does not appear"):
        query.first("acme")


def test_who_watches_the_database_sees_them(acme: Tenant, in_acme: None, bob: User):
    """Query capture, the log of queries, and tracers that wrap every execution."""
    seen: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    update = PreparedUpdate(
        lambda pk, moment: (User._base_manager.filter(pk=pk), {"last_login": moment}), type(bob.pk), datetime
    )

    def run() -> None:
        BY_ALIAS.first("acme")
        update.update(bob.pk, MOMENT)
        insert(Client(tenant=acme, type="web", name="App"))

    with connection.execute_wrapper(watch):
        run()
    with CaptureQueriesContext(connection) as captured:
        run()

    assert [query["sql"].split()[0] for query in captured] == ["SELECT", "UPDATE", "INSERT"]
    assert "acme" in captured[0]["sql"]
    assert [sql.split()[0] for sql in seen] == ["SELECT", "UPDATE", "INSERT"]


@pytest.mark.postgresql
def test_postgresql_plans_it_once(acme: Tenant):
    for alias in ("acme", "nobody", "acme"):
        BY_ALIAS.first(alias)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE %s",
            ['%"alias" = $1 LIMIT 1'],
        )
        assert cursor.fetchall() == [(3,)]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_it_goes_on_when_a_migration_widens_a_column_meanwhile(acme: Tenant):
    assert BY_ALIAS.first("acme") == acme
    with wider_column():
        assert BY_ALIAS.first("acme") == acme
    assert BY_ALIAS.first("acme") == acme


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_is_lost_to_it_can_be_tried_again(acme: Tenant):
    assert BY_ALIAS.first("acme") == acme
    with wider_column():
        with pytest.raises(OperationalError), transaction.atomic():
            BY_ALIAS.first("acme")
        with transaction.atomic():
            assert BY_ALIAS.first("acme") == acme


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_it_goes_on_when_the_server_has_closed_the_connection_meanwhile(acme: Tenant):
    assert BY_ALIAS.first("acme") == acme
    with another_connection() as elsewhere:
        elsewhere.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])

    assert BY_ALIAS.first("acme") == acme


@contextmanager
def another_connection() -> Iterator[psycopg.Connection]:
    parameters = connection.get_connection_params() | {"cursor_factory": None}
    with psycopg.connect(**parameters, autocommit=True) as elsewhere:
        yield elsewhere


@contextmanager
def wider_column() -> Iterator[None]:
    """As a migration does it, from another process."""
    with another_connection() as elsewhere:
        elsewhere.execute("ALTER TABLE console_tenant ALTER COLUMN name TYPE varchar(300)")
        yield
        elsewhere.execute("ALTER TABLE console_tenant ALTER COLUMN name TYPE varchar(255)")


BY_ALIAS = PreparedQuery(lambda alias: Tenant._base_manager.filter(alias=alias), str)
