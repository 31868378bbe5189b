"""Clients that tenants share: published, connected, asked for, refused, blocked, with a version that waits."""

from urllib.parse import urlsplit

from django_scopes import scope

from console.models import Actor, Client, ConnectionRequest, Tenant, User, approval
from tests import cast
from tests.oauth.driver import Application


def shared_clients(acme: Tenant, alice: User, bob: User, port: int, suffix: str = "") -> dict[str, str]:
    """Makes them in every standing that a page shows. Returns the addresses; a name ends with `suffix`."""
    initech = cast.found("initech", "Initech", port)
    callback = [f"http://localhost:{port}/"]
    offered = ["openid", "profile", "offline_access", "apps:read"]

    def published(owner: Tenant, name: str) -> Client:
        client, _secret = cast.register(
            owner, name=name + suffix, redirect_uris=callback, allowed_scopes=offered
        )
        with scope(tenant=owner):
            client.publish(by=Actor.operator())
        return client

    ours, unasked = published(acme, "Ours for all"), published(initech, "Not asked for")
    portal, wanted, refused, kept_out = (
        published(initech, name) for name in ("Report portal", "Wanted", "Not wanted", "Kept out")
    )
    by = Actor(user=alice)
    with scope(tenant=acme):
        connected, blocked = (
            approval.approve(acme, client, by=by, consent_method="required", allowed=offered[:3]).connection
            for client in (portal, kept_out)
        )
        blocked.block(by=by)
        for client in (wanted, refused):
            wish, _new = ConnectionRequest.ask(bob, client, reason="For the board", by=Actor(user=bob))
        wish.deny("We have another one.", by=by)
        wish = ConnectionRequest.objects.get(client=wanted)
        deleted, _secret = cast.register(acme, name="Gone")
        deleted.remove(by=by)
    with scope(tenant=initech):
        approval.approve(initech, ours, by=Actor.operator(), consent_method="trusted")
        Client.objects.get(pk=portal.pk).edit(
            by=Actor.operator(),
            allowed_scopes=[*offered, "admin_classic"],
            redirect_uris=[*callback, "https://archive.globex.example/"],
        )
    token = cast.registration_token(acme, alice, name="Build server", redirect_hosts=["app.example.com"])
    itself, wanted_itself = (
        cast.self_registered(acme, name, contacts=["a@b.example"]) for name in ("Agent", "Helper")
    )
    self_registered, self_wish = cast.connect(itself, acme), cast.ask(bob, wanted_itself)
    connections = "/console/oauth/connections"
    hostname = Application(ours).address()
    return {
        "ours": f"/console/oauth/{ours.client_id}",
        "connection": f"{connections}/{connected.pk}",
        "blocked": f"{connections}/{blocked.pk}",
        "request": f"/console/requests/{wish.pk}",
        "initial access token": f"/console/registration/tokens/{token.pk}",
        "self-registered": f"{connections}/{self_registered.pk}",
        "self-registered wish": f"/console/requests/{self_wish.pk}",
        "gone": f"/console/oauth/{deleted.client_id}",
        "person": f"/console/people/{bob.pk}",
        "connect": Application(unasked).address(scope="openid apps:read"),
        "hostname": f"http://localhost:{port}/oauth/authorize?{urlsplit(hostname).query}",
    }
