"""A region that moves to another database: `python -m tests.moved_world make` on the old, `use FACTS` on the new.

Each is a process of its own, as a server is: its database is the one that DATABASE_URL names. Prints JSON.
"""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import django


def make() -> dict[str, Any]:
    """What has come about in a region: people, clients, a session, tokens, a connection that is gone, odd text."""
    from django.conf import settings
    from django_scopes import scope

    from console.management.demonstration_region import prepare
    from console.models import Action, Client, Event, Tenant, TenantSettings
    from console.policy import pictures
    from tests import cast
    from tests.oauth.driver import Application
    from tests.policy.pictures import picture

    prepare(8000, 8100, 8200, 8300)
    acme, globex = (Tenant.objects.get(alias=alias) for alias in ("acme", "globex"))
    erik = cast.join(acme, "erik", "administrator")
    client, secret = cast.register(acme)
    browser = cast.signed_in_as(erik)
    tokens = Application(client, secret).tokens(browser, scope="openid offline_access user_default")
    with scope(tenant=globex):
        portal = Client.objects.get(name="Report portal")
    connection = cast.connect(portal, acme)
    key = connection.pk
    with scope(tenant=acme):
        connection.remove(by=cast.OPERATOR)
        Event._base_manager.create(
            tenant=acme,
            happened_at=datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=UTC),
            action=Action.TOKENS_REFUSED,
            actor_kind=Event.Kind.ANONYMOUS,
            actor_name="odd \0 name",
            details={"reason": ["a\0b", "\ud800", "å😀", "\\u0000"]},
        )
    cast.problem(client)
    logo = pictures.logo(picture("PNG", "RGBA"))
    TenantSettings.change(acme, {"colour": "#00aa55"}, by=cast.OPERATOR, picture=logo)
    return {
        "logo": logo.digest,
        "client_id": client.client_id,
        "secret": secret,
        "session": browser.cookies[settings.SESSION_COOKIE_NAME].value,
        "removed_connection": key,
        "access_token": tokens["access_token"],
        "refresh_token": tokens["refresh_token"],
    }


def use(facts: dict[str, Any]) -> dict[str, Any]:
    """What of all that still works, and that new things come about."""
    from django.conf import settings
    from django.db import connection
    from django_scopes import scope

    from console.models import Client, Event, Tenant
    from tests import cast
    from tests.oauth.driver import Application, asks_for_consent, sign_in
    from tests.oauth.outcomes import is_alive

    acme, globex = (Tenant.objects.get(alias=alias) for alias in ("acme", "globex"))
    with scope(tenant=acme):
        client = Client.objects.select_related("tenant").get(client_id=facts["client_id"])
        odd = Event.objects.get(actor_name__startswith="odd")
    with scope(tenant=globex):
        portal = Client.objects.select_related("tenant").get(name="Report portal")
    app = Application(client, facts["secret"])
    before = cast.stranger_on(acme)
    before.cookies[settings.SESSION_COOKIE_NAME] = facts["session"]
    newcomer = cast.stranger_on(acme)
    refreshed = app.refresh(facts["refresh_token"])
    page = sign_in(newcomer, app.authorize(newcomer, scope="openid email profile"), "erik@acme.example")
    log = before.get("/console/events", {"q": client.client_id})
    return {
        "vendor": connection.vendor,
        "logo": newcomer.get(f"/brand/{facts['logo']}.webp").content[8:12].decode(),
        "session": before.get("/console/oauth").status_code,
        "audit_log": client.name in log.content.decode() and log.status_code,
        "alive": is_alive(app, facts["access_token"]),
        "refreshed": refreshed.status_code,
        "refreshed_is_alive": is_alive(app, refreshed.json()["access_token"]),
        "signed_in": asks_for_consent(page),
        "odd_name": odd.actor_name,
        "odd_details": odd.details,
        "odd_moment": odd.happened_at.isoformat(),
        # the first that is made here: a key that was given and is gone is not given again
        "new_connection": cast.connect(portal, acme).pk > facts["removed_connection"],
        "problems": cast.problem(client).number,  # one more of the same
        "new_client": bool(cast.register(acme, name="New")[0].pk),
    }


if __name__ == "__main__":
    django.setup()
    facts = make() if sys.argv[1] == "make" else use(json.loads(sys.argv[2]))
    print(json.dumps(facts))  # noqa: T201  for the test that asked
