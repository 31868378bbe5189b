"""Migrations that carry data over: what worked before works after."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django_scopes import scope

from console.models import (
    Client,
    ClientOrigin,
    ClientSecret,
    Connection,
    RefreshToken,
    Tenant,
    TokenFamily,
    User,
)
from console.policy.natural_order import natural_key
from tests import cast
from tests.oauth.driver import Application, answer
from tests.oauth.outcomes import is_alive

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = ("console", "0001_initial")
OUTBOX = ("console", "0011_outbox")
TOOLKIT = ("console", "0012_toolkit")
WITHOUT_ROWS = {"console_accesstoken", "console_idtoken", "console_devicegrant"}
KEPT = ("console", "0016_families_are_kept_until")
SECRETS = ("console", "0030_secrets_as_a_path")
ORDER = ("console", "0033_natural_order")
ORIGINS = ("console", "0005_sent_forms_and_client_origins")


def migrate(*targets: tuple[str, str]) -> None:
    MigrationExecutor(connection).migrate(list(targets))


@pytest.fixture
def newest() -> Iterator[None]:
    """Whatever a test does with the schema, the next one finds the newest."""
    yield
    newest_again()


def newest_again() -> None:
    graph = MigrationExecutor(connection).loader.graph
    migrate(*graph.leaf_nodes("console"))


def before(migration: tuple[str, str]) -> list[tuple[str, str]]:
    graph = MigrationExecutor(connection).loader.graph
    return [parent.key for parent in graph.node_map[migration].parents if parent.key[0] == "console"]


def test_origins_that_count_today_go_on_counting(newest: None, acme: Tenant, globex: Tenant):
    listed = ["https://b.example", "https://a.example", "https://b.example"]
    shared, _ = cast.register(globex, type="spa", allowed_origins=listed[:2])
    cast.registered_earlier(shared, allowed_origins=listed)
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


def test_who_was_connected_before_generations_stays_connected_and_who_had_ended_stays_ended(
    newest: None, acme: Tenant, globex: Tenant, alice: User, bob: User
):
    shared, secret = cast.register(globex)
    cast.connect(shared, acme)
    there, here = Application(shared, secret, tenant=acme), Application(*cast.register(acme))
    person, other = cast.signed_in_as(bob), cast.signed_in_as(alice)
    scopes = "openid offline_access user_default"
    living = [(app, app.tokens(person, scope=scopes)) for app in (there, here)]
    ended = [(app, app.tokens(other, scope=scopes)) for app in (there, here)]
    for app, tokens in ended:
        app.revoke(tokens["refresh_token"])

    migrate(FIRST)
    newest_again()

    for app, tokens in living:
        assert is_alive(app, tokens["access_token"])
        refreshed = app.refresh(tokens["refresh_token"])
        assert refreshed.status_code == 200
        assert "code" in answer(app.authorize(person, scope=scopes)), "the consent is remembered"
    for app, tokens in ended:
        assert not is_alive(app, tokens["access_token"])
        assert app.refresh(tokens["refresh_token"]).status_code == 400
    with scope(tenant=acme):
        Connection.objects.select_related("client__tenant", "tenant").get(client=shared).block(
            by=cast.OPERATOR
        )
    assert not is_alive(there, living[0][1]["access_token"])
    assert is_alive(here, living[1][1]["access_token"])


def test_families_learn_until_when_they_are_kept(newest: None, acme: Tenant, bob: User):
    app, person = Application(*cast.register(acme)), cast.signed_in_as(bob)
    scopes = "openid offline_access user_default"
    used, plain = app.tokens(person, scope=scopes), app.tokens(person, scope="openid")
    refreshed = app.refresh(used["refresh_token"]).json()
    with scope(tenant=acme):
        latest = RefreshToken.objects.order_by("-expires_at").values_list("expires_at", flat=True)[0]
    migrate(*before(KEPT))

    newest_again()

    with scope(tenant=acme):
        kept = {family.scope: family for family in TokenFamily.objects.all()}
    assert kept["openid"].kept_until == kept["openid"].access_expires_at
    assert {family.kept_until for name, family in kept.items() if name != "openid"} == {latest}
    call_command("expire")
    assert is_alive(app, plain["access_token"])
    assert app.refresh(refreshed["refresh_token"]).status_code == 200


def test_clients_get_their_place_in_the_list_in_batches(
    newest: None, monkeypatch: pytest.MonkeyPatch, acme: Tenant, alice: User
):
    for number in (10, 9, 1):
        cast.register(acme, name=f"Client {number}")
    gone, _ = cast.register(acme, name="Deleted")
    with scope(tenant=acme):
        gone.remove(by=cast.OPERATOR)
    migrate(*before(ORDER))
    monkeypatch.setattr(import_module("console.migrations.0033_natural_order"), "BATCH", 2)

    newest_again()

    in_order = Client.with_deleted_anywhere.order_by("sort_key").values_list("name", flat=True)
    assert list(in_order) == ["Client 1", "Client 9", "Client 10", "Deleted"]


def test_what_the_list_is_sorted_by_can_be_interrupted_anywhere_and_run_again(
    newest: None, monkeypatch: pytest.MonkeyPatch, acme: Tenant
):
    cast.register(acme, name="Client 1")
    migrate(*before(ORDER))
    stopped: list[str] = []

    def stops_behind(operation: type[Operation]) -> None:
        really = operation.database_forwards

        def once(self: Operation, *arguments: Any) -> None:
            really(self, *arguments)
            if repr(self) not in stopped:
                stopped.append(repr(self))
                raise KeyboardInterrupt

        monkeypatch.setattr(operation, "database_forwards", once)

    operations = import_module("console.migrations.0033_natural_order").Migration.operations
    for kind in {type(each) for each in operations}:
        stops_behind(kind)
    for _ in operations:
        with pytest.raises(KeyboardInterrupt):
            migrate(ORDER)
    migrate(ORDER)
    monkeypatch.undo()

    newest_again()

    assert len(stopped) == len(operations)
    assert list(Client.with_deleted_anywhere.values_list("name", "sort_key")) == [
        ("Client 1", natural_key("Client 1"))
    ]


def applied(app: str) -> set[str]:
    return {name for label, name in MigrationRecorder(connection).applied_migrations() if label == app}


def test_secrets_that_are_in_use_go_on_without_a_name_or_an_end(newest: None, acme: Tenant):
    client, plain = cast.register(acme, **cast.machines_too())
    app = Application(client, plain)
    assert app.token(grant_type="client_credentials").status_code == 200
    used = ClientSecret._base_manager.get(client=client).last_used_at
    migrate(*before(SECRETS))

    newest_again()

    secret = ClientSecret._base_manager.get(client=client)
    assert (secret.name, secret.expires_at, secret.notice_due_at, secret.state) == ("", None, None, "works")
    assert (secret.last_used_at, secret.first_used_at) == (used, None)
    assert app.token(grant_type="client_credentials").status_code == 200


def test_a_database_that_ran_the_migrations_of_django_oauth_toolkit_goes_on(
    newest: None, acme: Tenant, globex: Tenant, bob: User
):
    app, person = Application(*cast.register(acme)), cast.signed_in_as(bob)
    tokens = app.tokens(person, scope="openid offline_access user_default")
    migrate(OUTBOX)
    recorder = MigrationRecorder(connection)
    assert "0022_refreshtoken_token_family_index" in applied("oauth2_provider"), (
        "as the release before left it"
    )
    assert set(connection.introspection.table_names()) >= WITHOUT_ROWS

    newest_again()

    assert not applied("oauth2_provider")
    assert TOOLKIT in recorder.applied_migrations()
    assert not set(connection.introspection.table_names()) & WITHOUT_ROWS
    assert is_alive(app, tokens["access_token"])
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_an_empty_database_runs_no_migration_of_django_oauth_toolkit():
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)

    assert {migration.app_label for migration, _ in plan} == {"auth", "console", "contenttypes", "sessions"}
    assert not [name for name in connection.introspection.table_names() if name.startswith("oauth2_provider")]


def test_the_models_need_no_further_migration():
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
