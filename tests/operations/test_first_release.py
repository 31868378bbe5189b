"""A region that was filled under the first schema works on under the newest: nothing is lost, and nobody notices.

The rows are written through the models of the first migration, and their secrets and digests stand here as the first
release stored them: today's code takes no part in what it must go on understanding.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_scopes import scope

from console.models import Client, Connection, Event, KeyRing, SigningKey, Tenant, User
from tests.cast import OPERATOR, PASSWORD, REDIRECT_URL, signed_in_as, stranger_on
from tests.oauth.driver import Application, answer, asks_for_consent, sign_in
from tests.oauth.outcomes import assert_refused, is_alive

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = ("console", "0001_initial")
SECRET = "qas_XUUkDae2byfT7nNqptICh5pu1Bme6aFcaJV3gqlohbl23wzah"
SECRET_DIGEST = "45938a5ec46798ec2373799391600b33a66c574ab3a9bf3f2a4a535b17bb1014"
AT_HOME = "qar_TE5DMLVZHzeLbqOXPfYBsjmkyVum99MCPQhZ8lAEZaU4FSNGQ"
AT_HOME_DIGEST = "d841ecc32682123df018317200699b1514cb0dc0d974b183bbe6944f6e938c38"
ENDED = "qar_szbmZmf8oFaoQ23Md03hh3ZJ6yxN59iUacgKW1kdnuv1KaQsz"
ENDED_DIGEST = "c8400336ce8e08a64e60ccb10904e4775e69030dd5d77000f2603561f75c5334"
SCOPES = ["user_default", "openid", "offline_access"]


class Keys(NamedTuple):
    """What the test needs to find again what it wrote."""

    tenant: Any
    alice: Any
    bob: Any
    client: Any
    shared: Any


def migrate(*targets: tuple[str, str]) -> Any:
    """Migrates to these; the models as they are there."""
    executor = MigrationExecutor(connection)
    return executor.migrate(list(targets)).apps


def newest() -> None:
    migrate(*MigrationExecutor(connection).loader.graph.leaf_nodes("console"))


def fill(apps: Any) -> Keys:
    """Writes a region's worth of rows through the models of the first migration."""

    def make(model: str, **fields: Any) -> Any:
        return apps.get_model("console", model)._base_manager.create(**fields)

    def tenant(alias: str) -> Any:
        row = make("Tenant", alias=alias, name=alias.upper(), issuer=f"http://{alias}.localhost:8000")
        make("Hostname", host=f"{alias}.localhost:8000", tenant=row)
        for key in SigningKey.generate(Tenant(pk=row.pk)):
            stored = ("kid", "algorithm", "private_key", "public_jwk", "signs_from")
            make("SigningKey", tenant=row, **{name: getattr(key, name) for name in stored})
        return row

    def user(name: str, role: str) -> Any:
        email = f"{name}@acme.example"
        return make("User", tenant=acme, email=email, name=name, role=role, password=make_password(PASSWORD))

    def client(owner: Any, name: str, **fields: Any) -> Any:
        return make(
            "Client", tenant=owner, type="web", name=name, redirect_uris=[REDIRECT_URL], allowed_scopes=SCOPES,
            auth_methods=["client_secret"], **fields,
        )  # fmt: skip

    def family(client: Any, checksum: str, **fields: Any) -> None:
        until = timezone.now() + timedelta(days=9)
        row = make(
            "TokenFamily", tenant=acme, user=bob, client=client, grant_type="authorization_code",
            scope=" ".join(SCOPES), access_expires_at=until, expires_at=until, **fields,
        )  # fmt: skip
        make(
            "RefreshToken", tenant=acme, user=bob, application=client, family=row, token_checksum=checksum,
            expires_at=until, revoked=fields.get("ended_at"),
        )  # fmt: skip

    acme, globex = tenant("acme"), tenant("globex")
    alice, bob = user("alice", "administrator"), user("bob", "user")
    own, shared = client(acme, "Web app"), client(globex, "Shared", published_at=timezone.now())
    terms = {"scopes": SCOPES, "redirect_hosts": ["app.example.com"], "grants": [], "publisher": "GLOBEX"}
    make("Connection", tenant=acme, client=own)
    make("Connection", tenant=globex, client=shared)
    make("Connection", tenant=acme, client=shared, approved_by=alice, terms=terms, scopes=SCOPES)
    make("ClientSecret", tenant=acme, client=own, digest=SECRET_DIGEST, hint=SECRET[-5:], created_by=alice)
    make("Consent", tenant=acme, user=bob, client=own, scopes=SCOPES, redirect_hosts=["app.example.com"],
         shown={"publisher": "ACME"})  # fmt: skip
    family(own, AT_HOME_DIGEST)
    family(own, ENDED_DIGEST, ended_at=timezone.now(), ended_reason="signed out")
    make("Event", tenant=acme, action="client.created", actor_kind="user", actor_id=str(alice.pk),
         actor_name=alice.email, target_kind="client", target_id=own.client_id, target_name="Web app",
         details={"type": "web"})  # fmt: skip
    return Keys(acme.pk, alice.pk, bob.pk, own.pk, shared.pk)


@pytest.fixture
def region() -> Iterator[Keys]:
    """A region of the first release, migrated to today's schema. Whatever happens, the next test finds the newest."""
    try:
        keys = fill(migrate(FIRST))
        newest()
        KeyRing.forget()
        yield keys
    finally:
        newest()


def test_people_applications_and_administrators_go_on(region: Keys):
    acme = Tenant.objects.get(pk=region.tenant)
    own = Client.with_deleted_anywhere.get(pk=region.client)
    alice, bob = (User._base_manager.get(pk=pk) for pk in (region.alice, region.bob))
    app = Application(own, SECRET)

    # somebody signs in with the old password, and is not asked for what they had allowed
    person = stranger_on(acme)
    signed_in = sign_in(person, app.authorize(person, scope=" ".join(SCOPES)), bob.email)
    fresh = app.exchange(answer(signed_in)["code"])
    assert fresh.status_code == 200
    assert is_alive(app, fresh.json()["access_token"])

    # a session that was alive is refreshed, and one that had ended stays ended
    refreshed = app.refresh(AT_HOME)
    assert refreshed.status_code == 200
    assert is_alive(app, refreshed.json()["access_token"])
    assert_refused(app.refresh(ENDED), "invalid_grant")

    # the audit log, the client's pages and the people are read
    admin = signed_in_as(alice)
    log = admin.get("/console/events").content.decode()
    assert log.count("Web app") >= 1
    with scope(tenant=acme):
        assert Event.objects.filter(action="client.created").count() == 1
    for page in ("", f"/{own.client_id}/edit", f"/{own.client_id}/secrets", f"/{own.client_id}/grants"):
        assert admin.get(f"/console/oauth{page}").status_code == 200, page
    assert SECRET[-5:] in admin.get(f"/console/oauth/{own.client_id}/secrets").content.decode()

    # what ends after the migration ends what came from before it
    with scope(tenant=acme):
        own.disable(by=OPERATOR)
    assert app.refresh(refreshed.json()["refresh_token"]).status_code == 401


def test_another_tenants_client_stays_connected_as_it_was_approved(region: Keys):
    acme = Tenant.objects.get(pk=region.tenant)
    shared = Client.with_deleted_anywhere.get(pk=region.shared)
    with scope(tenant=acme):
        approved = Connection.objects.get(client=shared).approved
    bob = User._base_manager.get(pk=region.bob)

    page = Application(shared, tenant=acme).authorize(signed_in_as(bob), scope="openid")

    assert approved.scopes == tuple(SCOPES)
    assert approved.redirect_hosts == ("app.example.com",)
    assert approved.publisher == "GLOBEX"
    assert asks_for_consent(page), "not the page for an approval"
