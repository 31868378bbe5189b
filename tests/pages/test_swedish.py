"""Every page in Swedish (S16): nothing is left in English, and dates, times and plurals are as Swedes write them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import time_machine
from babel.messages import pofile
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.test import Client as Browser
from django.urls import resolve
from django.utils import translation
from django.utils.text import capfirst
from django_scopes import scope

from console.models import (
    Action,
    Actor,
    ApiSecret,
    Client,
    ClientSecret,
    Connection,
    ConnectionRequest,
    Consent,
    DeviceAuthorization,
    Event,
    Group,
    Invitation,
    Invited,
    Tenant,
    TokenFamily,
    UnfinishedAct,
    User,
)
from console.pages.earlier_reasons import EARLIER
from console.pages.help import CONSOLE as CONSOLE_HELP
from console.pages.help import OWN as OWN_HELP
from console.pages.refusal_reasons import SENTENCES
from console.pages.urls import urlpatterns
from console.policy.apis import ApiScope
from console.policy.client_problems import ABOUT
from console.policy.reasons import Reason
from tests.cast import (
    ask,
    connect,
    problem,
    register,
    register_api,
    registration_token,
    self_registered,
    signed_in_as,
    stranger_on,
)
from tests.kept import kept
from tests.oauth import devices
from tests.oauth.driver import Application, asks_for_consent, hidden_fields, post_form

PO = Path(__file__).parents[2] / "console/locale/sv/LC_MESSAGES/django.po"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SHORT = 12  # an English text up to this length may well stand in a Swedish sentence


# --- What a person reads ----------------------------------------------------------------------------------------


class Reader(HTMLParser):
    """The texts of a page, those that are only heard included, without code."""

    UNSEEN = frozenset({"script", "style", "pre", "code"})
    HEARD = frozenset({"aria-label", "title", "placeholder", "alt"})
    IN_A_SENTENCE = frozenset({"a", "b", "bdi", "time"})

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.heard: list[str] = []
        self.unseen = 0
        self.language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = given.get("lang", "")
        self.unseen += tag in self.UNSEEN
        self.heard += [
            value for name, value in given.items() if name in self.HEARD or name.startswith("data-")
        ]
        self.texts.append("" if tag in self.IN_A_SENTENCE else " ")

    def handle_endtag(self, tag: str) -> None:
        self.unseen -= tag in self.UNSEEN
        self.texts.append("" if tag in self.IN_A_SENTENCE else " ")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.texts.append(data)


class Page(NamedTuple):
    """A page as it is read: its language, and its text with every kind of space made a plain one."""

    language: str
    text: str


def read(response: Any) -> Page:
    reader = Reader()
    reader.feed(response.content.decode())
    return Page(reader.language, re.sub(r"\s+", " ", " ".join(["".join(reader.texts), *reader.heard])))


@cache
def english() -> list[re.Pattern[str]]:
    """Every English text of the console that is another one in Swedish."""
    with PO.open("rb") as file:
        catalog = pofile.read_po(file, locale="sv")
    found = []
    for message in catalog:
        for source in [message.id] if isinstance(message.id, str) else message.id:
            plain = re.sub(r"</?\w[^>]*>", "", source)
            parts = [part for part in re.split(r"%\(\w+\)[sd]|\{\w+\}", plain) if part]
            if len("".join(parts).strip()) > SHORT and source != message.string:
                found.append(re.compile(r".{1,80}?".join(map(re.escape, parts))))
    return found


def left_in_english(text: str) -> list[str]:
    return [pattern.pattern for pattern in english() if pattern.search(text)]


def swedish(response: Any, status: int = 200) -> str:
    """The text of a page, which is Swedish throughout."""
    assert response.status_code == status, response.content[:2000]
    page = read(response)
    assert page.language == "sv"
    assert response["Content-Language"] == "sv"
    assert left_in_english(page.text) == []
    return page.text


# --- A tenant with something of everything ------------------------------------------------------------------------


class World(NamedTuple):
    """Each person's browser, which wants Swedish, and what stands in the addresses."""

    browsers: dict[str, Browser]
    clients: dict[str, tuple[Client, str]]
    values: dict[str, str]

    def get(self, who: str, address: str, **options: Any) -> Any:
        return self.browsers[who].get(address.format(**self.values), **options)


def swede(browser: Browser) -> Browser:
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "sv"
    return browser


SCOPES = ["openid", "email", "apps:read"]
API_SCOPES = [
    ApiScope(name="read", text="Read", text_sv="Läsa beställningar", sensitive=True),
    ApiScope(name="write", text="Write", text_sv="Ändra beställningar", admin=True, by_name=True),
]
WIDER = {
    "allowed_scopes": [*SCOPES, "admin_classic"],
    "redirect_uris": ["https://app.example.com/callback", "https://ny.example.com/"],
}


def _outside(globex: Tenant, acme: Tenant, alice: User, bob: User) -> dict[str, tuple[Client, str]]:
    """Clients of another tenant, in every state that they can be in here."""
    names = {
        "current": "Aktuell", "waiting": "Utökad", "blocked": "Spärrad", "expired": "Utgången",
        "withdrawn": "Indragen", "discarded": "Kasserad", "switched_off": "Avslagen",
        "asked_for": "Önskad", "refused": "Nekad", "unknown": "Obekant",
    }  # fmt: skip
    clients = {key: register(globex, name=name, allowed_scopes=SCOPES) for key, name in names.items()}
    by = Actor(alice)
    with scope(tenant=globex):
        for client, _ in clients.values():
            client.publish(by=Actor.operator())
    with scope(tenant=acme):
        for key in ("current", "asked_for", "refused"):
            ConnectionRequest.ask(bob, clients[key][0], reason="Kvartalet", by=Actor(bob))
        ConnectionRequest.objects.get(client=clients["refused"][0]).deny("Inte nu", by=by)
    for key in clients.keys() - {"asked_for", "refused", "unknown"}:
        until = NOW - timedelta(hours=1) if key == "expired" else None
        connect(clients[key][0], acme, alice, expires_at=until, allowed=["openid", "apps:read"])
    with scope(tenant=globex):
        clients["waiting"][0].edit(by=Actor.operator(), **WIDER)
        clients["withdrawn"][0].unpublish(by=Actor.operator(), connected_stay=False)
        clients["discarded"][0].remove(by=Actor.operator())
        clients["switched_off"][0].disable(by=Actor.operator())
    with scope(tenant=acme):
        for key in ("current", "blocked"):
            Consent.give(
                bob, clients[key][0], ["apps:read"], redirect_host="app.example.com", shown={}, by=Actor(bob)
            )
        Connection.objects.get(client=clients["blocked"][0]).block(by=by)
    return clients


def _groups_and_invitations(acme: Tenant, alice: User, bob: User) -> dict[str, str]:
    """A group with bob in it, an empty one, and an invitation that stands and one that has expired."""
    by = Actor(alice)
    with scope(tenant=acme):
        group, empty = (Group.create(acme, name, by=by) for name in ("Ekonomi", "Tomt"))
        group.add([bob], by=by)
        people = [Invited("lisa@acme.example", "Lisa"), Invited("sen@acme.example")]
        (invitation, token), (late, _) = Invitation.send(
            acme, people, role="user", language="sv", mailed=True, by=by
        )
        Invitation.objects.filter(pk=late.pk).update(expires_at=NOW - timedelta(days=1))
    return {
        "group": str(group.pk),
        "empty": str(empty.pk),
        "invitation": str(invitation.pk),
        "invitation_token": token,
    }


def _apis(acme: Tenant, globex: Tenant, by: Actor) -> tuple[dict[str, tuple[Client, str]], dict[str, str]]:
    """APIs with everything that can be said of them: clients that have their scopes, and what stands in addresses."""
    orders, _ = register_api(acme, name="Beställningar", scopes=API_SCOPES, published=True)
    plain, _ = register_api(acme, "urn:example:lager", name="Lager", lifetime=90)
    theirs, _ = register_api(
        globex, "https://deras.example.com", name="Deras", scopes=API_SCOPES, published=True
    )
    lost, _ = register_api(acme, "urn:example:borta", name="Borta")
    scopes = [name for api in (orders, plain, theirs, lost) for name in api.qualified_scopes[:1]]
    held = ["openid", "apps:read", *scopes]
    clients = {
        "ordering": register(acme, name="Butik", allowed_scopes=held),
        "ordering_machine": register(
            acme, name="Robot", allowed_scopes=held, grant_types=["client_credentials"], redirect_uris=[]
        ),
    }
    register(globex, name="Hos andra", allowed_scopes=["openid", orders.qualified_scopes[0]])
    with scope(tenant=acme):
        lost.remove(by=by)
        orders.edit(by=by, scopes=[*API_SCOPES, ApiScope(name="delete", text="Delete", text_sv="Radera")])
        secret, _plain = ApiSecret.add_to(orders, by=by)
    return clients, {"api": str(orders.pk), "api_plain": str(plain.pk), "api_secret": str(secret.pk)}


def _by_themselves(acme: Tenant, alice: User, bob: User) -> dict[str, tuple[Client, str]]:
    """Clients that registered themselves: one that is connected and wants more, and one that somebody asks for."""
    said = {"contacts": ["ansvarig@agent.example"], "tos_uri": "https://agent.example/villkor"}
    connected, asked_for = (self_registered(acme, name, **said) for name in ("Ombud", "Bud"))
    connect(connected, acme, alice)
    with scope(tenant=[Tenant.outside(), acme]):
        connected.edit(by=Actor(client=connected), redirect_uris=["https://ny.example.com/"])
    ask(bob, asked_for)
    return {"itself": (connected, ""), "itself_asked_for": (asked_for, "")}


def _numbers(acme: Tenant, outside: dict[str, tuple[Client, str]]) -> dict[str, str]:
    """What stands in the addresses of connections and requests, by the names of their clients."""
    names = {client.client_id: key for key, (client, _) in outside.items()}
    with scope(tenant=acme):
        connections = Connection.objects.filter(client__client_id__in=names).values_list(
            "client__client_id", "pk"
        )
        requests = ConnectionRequest.objects.values_list("client__client_id", "pk")
        return {f"to_{names[client_id]}": str(pk) for client_id, pk in connections} | {
            f"for_{names[client_id]}": str(pk) for client_id, pk in requests
        }


def _asked_by_devices(client: Client, bob: User) -> dict[str, str]:
    """Requests of devices whose codes bob has entered, in every state; the last one has expired."""
    device, window = devices.Device(client), signed_in_as(bob)
    for decision in ("allow", "deny"):
        devices.let_in(window, device.begin(scope="openid apps:read offline_access"), decision)
    for _ in range(2):
        devices.question(window, device.begin(scope="openid apps:read offline_access"))
    with scope(tenant=client.tenant):
        asked = list(DeviceAuthorization.objects.order_by("status", "asked_at", "pk"))
        DeviceAuthorization.objects.filter(pk=asked[3].pk).update(expires_at=NOW)
    return dict(zip(("allowed", "denied", "asking", "late"), (str(each.pk) for each in asked), strict=True))


@pytest.fixture
def world(world_of_old: World) -> Iterator[World]:
    with time_machine.travel(NOW, tick=False):
        yield world_of_old


@kept
def world_of_old(acme: Tenant, globex: Tenant, alice: User, bob: User, carol: User) -> World:
    with time_machine.travel(NOW - timedelta(days=9), tick=False) as moved:
        return made(acme, globex, alice, bob, carol, moved)


def made(acme: Tenant, globex: Tenant, alice: User, bob: User, carol: User, moved: Any) -> World:
    by = Actor(alice, address="203.0.113.7")
    clients = {
        "web": register(acme, alice, name="Rapporter", allowed_scopes=["apps", "email"]),
        "spa": register(acme, alice, type="spa", name="Panel", allowed_origins=["https://panel.example.com"]),
        "native": register(acme, alice, type="native", name="Mobil"),
        "device": (devices.registered(acme, name="Tv", allowed_scopes=SCOPES), ""),
        "machine": register(
            acme,
            alice,
            name="Nattjobb",
            redirect_uris=[],
            grant_types=["client_credentials"],
            allowed_scopes=["admin_classic"],
            consent_method="trusted",
        ),
        "key": register(acme, alice, name="Signerande", auth_methods=["private_key_jwt"]),
        "off": register(acme, alice, name="Vilande", allowed_scopes=[]),
        "two": register(
            acme, alice, name="Vidare", redirect_uris=["https://a.example.com/", "https://b.example.com/"]
        ),
        "shared": register(acme, alice, name="Delad", allowed_scopes=SCOPES),
        "left": register(acme, alice, name="Kvar", allowed_scopes=SCOPES),
        "deleted": register(acme, alice, name="Slopad"),
    }
    for key in ("shared", "left"):
        connect(clients[key][0], globex)
    outside = _outside(globex, acme, alice, bob) | _by_themselves(acme, alice, bob)
    ordering, of_apis = _apis(acme, globex, by)
    clients |= ordering
    web, machine = clients["web"][0], clients["machine"][0]
    with scope(tenant=acme):
        clients["off"][0].disable(by=by)
        clients["shared"][0].edit(by=by, **WIDER)
        clients["left"][0].unpublish(by=by, connected_stay=True)
        clients["deleted"][0].remove(by=by)
        ClientSecret.add_to(web, by=by)
        fresh, idle = ClientSecret.objects.filter(client=web).order_by("created_at", "pk")
        only = ClientSecret.objects.get(client=machine)
        consent = Consent.give(bob, web, ["apps"], redirect_host="app.example.com", shown={}, by=Actor(bob))
        invited = User.invite(acme, "ny@acme.example", by=by)
    moved.move_to(NOW, tick=False)
    with scope(tenant=acme):
        for client in (web, web, machine, outside["current"][0]):
            TokenFamily.objects.create(
                tenant=acme,
                user=bob,
                client=client,
                grant_type="authorization_code",
                scope="apps",
                access_expires_at=NOW + timedelta(hours=1),
                expires_at=NOW + timedelta(days=9),
            )
        ClientSecret.objects.filter(pk=idle.pk).update(last_used_at=NOW - timedelta(days=9))
        ClientSecret.objects.filter(pk=only.pk).update(last_used_at=NOW - timedelta(hours=2))
        counting = UnfinishedAct.objects.create(tenant=acme, user=bob, ends="of_person", sessions=500)
        Client.objects.filter(pk=web.pk).update(last_used_at=NOW - timedelta(hours=3), published_at=NOW)
    return World(
        browsers={
            "alice": swede(signed_in_as(alice)),
            "bob": swede(signed_in_as(bob)),
            "carol": swede(signed_in_as(carol)),
            "a stranger": swede(stranger_on(acme)),
            "a lost person": swede(Browser(headers={"host": settings.REGION_HOST})),
        },
        clients=clients | outside,
        values={name: client.client_id for name, (client, _) in (clients | outside).items()}
        | _numbers(acme, outside)
        | of_apis
        | {
            "fresh": str(fresh.pk),
            "idle": str(idle.pk),
            "only": str(only.pk),
            "consent": str(consent.pk),
            **_asked_by_devices(clients["device"][0], bob),
            "counting": str(counting.pk),
            "problem_wrong": _problems(web, outside["current"][0], globex),
            "made": str(registration_token(acme, alice, name="Byggserver").pk),
            "bob": str(bob.pk),
            "carol": str(carol.pk),
            "invited": str(invited.pk),
            "token": default_token_generator.make_token(invited),
            **_groups_and_invitations(acme, alice, bob),
        },
    )


def _problems(web: Client, borrowed: Client, globex: Tenant) -> str:
    """One of every kind; another tenant's; and one that is ignored. The number of a redirect URL that is refused."""
    for reason in ABOUT:
        problem(web, "nagot.annat" if "scope" in reason else "", reason)
    problem(web, "ab12c", "removed_secret")
    problem(web, "https://app.example.com/hemligt", tenant=globex)
    problem(borrowed, "http://APP.example.com:8/Callback?a#b", tenant=Tenant.objects.get(alias="acme"))
    with scope(tenant=web.tenant):
        problem(web, "https://fel.example.com/").ignore(by=Actor.operator())
    return str(problem(web, "http://localhost:3000/?x", signed_in=False).pk)


# --- Every page ---------------------------------------------------------------------------------------------------

OAUTH, APIS = "/console/oauth", "/console/apis"
PAGES = [
    ("a stranger", "/login", 200),
    ("a stranger", "/logout", 200),
    ("a stranger", "/welcome/{invited}?token={token}", 200),
    ("a stranger", "/welcome/{invited}?token=dead-link", 404),
    ("alice", "/logout", 200),
    ("alice", "/console/settings", 200),
    ("carol", "/console/settings", 200),
    ("alice", OAUTH + "/{web}/logo", 200),
    ("alice", "/nowhere", 404),
    ("alice", "/console", 200),
    ("carol", "/console", 200),
    ("bob", OAUTH, 403),
    ("bob", "/account/applications", 200),
    ("carol", "/account/applications", 200),
    ("bob", "/account/applications/{consent}/withdraw", 200),
    ("alice", "/receipts?act={counting}", 200),
    ("bob", "/receipts?act={counting}", 200),
    ("bob", "/account/applications/{machine}/end", 200),
    ("alice", OAUTH, 200),
    ("alice", OAUTH + "?q=finns-inte", 200),
    ("carol", OAUTH, 200),
    ("alice", OAUTH + "/new", 200),
    ("alice", OAUTH + "/new?type=web", 200),
    ("alice", OAUTH + "/new?type=spa", 200),
    ("alice", OAUTH + "/new?type=native", 200),
    ("alice", OAUTH + "/new?type=anonymous-embed", 422),
    ("alice", OAUTH + "/delete?client={web}", 200),
    ("alice", OAUTH + "/delete?client={web}&client={spa}&client=gone", 200),
    ("alice", OAUTH + "/disable?client={web}&client={spa}&client={off}&client={current}&client=gone", 200),
    ("alice", OAUTH + "/enable?client={web}&client={off}&client={current}&client=gone", 200),
    ("alice", OAUTH + "/configuration", 200),
    ("alice", OAUTH + "/configuration?client={web}", 200),
    ("alice", OAUTH + "/configuration?client={spa}", 200),
    ("alice", "/help", 200),
    ("bob", "/help", 200),
    *(("alice", f"/help/{topic}", 200) for topic in (*CONSOLE_HELP, *OWN_HELP)),
    ("alice", "/console/find", 200),
    ("alice", "/console/find?q=a", 200),
    ("alice", "/console/find?q=finns-inte", 200),
    ("alice", "/console/posture", 200),
    ("alice", "/console/posture?finding=local_redirect", 200),
    ("alice", OAUTH + "/{web}", 200),
    ("carol", OAUTH + "/{web}", 200),
    ("alice", OAUTH + "/{web}/quick-start", 200),
    ("alice", OAUTH + "/{web}/settings", 200),
    ("carol", OAUTH + "/{web}/settings", 200),
    ("alice", OAUTH + "/{web}/settings/application", 200),
    ("alice", OAUTH + "/{web}/settings/addresses", 200),
    ("alice", OAUTH + "/{spa}/settings/addresses", 200),
    ("alice", OAUTH + "/{web}/settings/authentication", 200),
    ("alice", OAUTH + "/{web}/settings/grants", 200),
    ("alice", OAUTH + "/{spa}/settings/grants", 200),
    ("alice", OAUTH + "/{web}/scopes", 200),
    ("alice", OAUTH + "/{web}/scopes/edit", 200),
    ("alice", OAUTH + "/{web}/problems", 200),
    ("carol", OAUTH + "/{web}/problems", 200),
    ("alice", OAUTH + "/{two}/problems", 200),
    ("alice", OAUTH + "/{web}/problems?show=ignored", 200),
    ("alice", OAUTH + "/{web}/problems/{problem_wrong}/add", 200),
    ("alice", OAUTH + "/connections/{to_current}/problems", 200),
    ("alice", OAUTH + "/{web}/activity", 200),
    ("alice", OAUTH + "/{web}/menu", 200),
    ("carol", OAUTH + "/{web}/menu", 200),
    ("alice", OAUTH + "/{web}/edit", 200),
    ("alice", OAUTH + "/{spa}/edit", 200),
    ("alice", OAUTH + "/{native}/edit", 200),
    ("alice", OAUTH + "/{machine}/edit", 200),
    ("carol", OAUTH + "/{web}/edit", 200),
    ("alice", OAUTH + "/{web}/disable", 200),
    ("alice", OAUTH + "/{off}/enable", 200),
    ("alice", OAUTH + "/{web}/consent-method", 200),
    ("alice", OAUTH + "/{machine}/consent-method", 200),
    ("alice", OAUTH + "/{web}/secrets", 200),
    ("alice", OAUTH + "/{spa}/secrets", 200),
    ("alice", OAUTH + "/{key}/secrets", 200),
    ("carol", OAUTH + "/{web}/secrets", 200),
    ("alice", OAUTH + "/{machine}/secrets", 200),
    ("alice", OAUTH + "/{web}/secrets/new", 200),
    ("alice", OAUTH + "/{spa}/secrets/new", 200),
    ("alice", OAUTH + "/{web}/secrets/{fresh}/edit", 200),
    ("alice", OAUTH + "/{web}/secrets/{fresh}/disable", 200),
    ("alice", OAUTH + "/{machine}/secrets/{only}/disable", 200),
    ("alice", OAUTH + "/{web}/secrets/{idle}/enable", 200),
    ("alice", OAUTH + "/{web}/secrets/{fresh}/remove", 200),
    ("alice", OAUTH + "/{web}/secrets/{idle}/remove", 200),
    ("alice", OAUTH + "/{machine}/secrets/{only}/remove", 200),
    ("alice", OAUTH + "/{web}/try", 200),
    ("alice", OAUTH + "/{machine}/try", 200),
    ("alice", OAUTH + "/{key}/try", 200),
    ("alice", OAUTH + "/{off}/try", 200),
    ("alice", OAUTH + "/{web}/try?code=qac_x&state=wrong", 200),
    ("alice", OAUTH + "?owner=outside", 200),
    ("alice", OAUTH + "/delete?client={shared}", 200),
    ("alice", OAUTH + "/delete?client={current}", 200),
    ("alice", OAUTH + "/delete?client={shared}&client={current}", 200),
    ("alice", OAUTH + "/deleted", 200),
    ("carol", OAUTH + "/deleted", 200),
    ("alice", OAUTH + "/{deleted}/restore", 200),
    ("alice", OAUTH + "/{shared}/disable", 200),
    ("alice", OAUTH + "/{shared}/edit", 200),
    ("alice", OAUTH + "/{spa}/publish", 200),
    ("alice", OAUTH + "/{left}/publish", 200),
    ("alice", OAUTH + "/{machine}/publish", 200),
    ("alice", OAUTH + "/{shared}/unpublish", 200),
    ("alice", OAUTH + "/{left}/unpublish", 200),
    ("alice", OAUTH + "/{web}/tenants", 200),
    ("alice", OAUTH + "/{spa}/tenants", 200),
    ("alice", OAUTH + "/{shared}/tenants", 200),
    ("carol", OAUTH + "/{left}/tenants", 200),
    ("alice", OAUTH + "/{web}/grants", 200),
    ("alice", OAUTH + "/{spa}/grants", 200),
    ("carol", OAUTH + "/{web}/grants?q=finns-inte", 200),
    *[
        ("alice", f"{OAUTH}/connections/{{to_{key}}}", 200)
        for key in ("current", "waiting", "blocked", "expired", "withdrawn", "discarded", "switched_off")
    ],
    ("carol", OAUTH + "/connections/{to_waiting}", 200),
    ("alice", OAUTH + "/connections/{to_waiting}/menu", 200),
    ("alice", OAUTH + "/connections/{to_waiting}/version", 200),
    ("carol", OAUTH + "/connections/{to_waiting}/version", 200),
    ("alice", OAUTH + "/connections/{to_waiting}/scopes", 200),
    ("alice", OAUTH + "/connections/{to_current}/block", 200),
    ("alice", OAUTH + "/connections/{to_blocked}/unblock", 200),
    ("alice", OAUTH + "/connections/{to_current}/remove", 200),
    ("alice", OAUTH + "/connections/{to_blocked}/remove", 200),
    ("alice", OAUTH + "/connections/{to_current}/consent-method", 200),
    ("alice", OAUTH + "/connections/{to_current}/allowed", 200),
    ("alice", OAUTH + "/connections/{to_current}/activity", 200),
    ("alice", OAUTH + "/connections/{to_current}/grants", 200),
    ("alice", OAUTH + "/connections/{to_waiting}/grants", 200),
    ("alice", OAUTH + "/{ordering}/edit", 200),
    ("alice", OAUTH + "/{ordering}/try", 200),
    ("alice", OAUTH + "/{ordering_machine}/try", 200),
    ("alice", OAUTH + "/configuration?client={ordering}", 200),
    ("alice", APIS, 200),
    ("carol", APIS + "?q=finns-inte", 200),
    ("alice", APIS + "/new", 200),
    ("carol", APIS + "/catalogue", 200),
    ("alice", APIS + "/{api}", 200),
    ("carol", APIS + "/{api_plain}", 200),
    ("alice", APIS + "/{api}/edit", 200),
    ("alice", APIS + "/{api_plain}/publish", 200),
    ("alice", APIS + "/{api}/unpublish", 200),
    ("alice", APIS + "/{api}/remove", 200),
    ("alice", APIS + "/{api_plain}/remove", 200),
    ("alice", APIS + "/{api}/secrets/new", 200),
    ("alice", APIS + "/{api}/secrets/{api_secret}/remove", 200),
    ("alice", "/console/outside-clients", 200),
    ("carol", "/console/outside-clients", 200),
    ("alice", "/console/registration", 200),
    ("carol", "/console/registration", 200),
    ("alice", "/console/registration/edit", 200),
    ("alice", "/console/registration/tokens/new", 200),
    ("alice", "/console/registration/tokens/{made}/remove", 200),
    ("alice", "/console/requests/{for_itself_asked_for}/approve", 200),
    ("alice", OAUTH + "/connections/{to_itself}", 200),
    ("alice", OAUTH + "/connections/{to_itself}/version", 200),
    ("alice", "/console/requests", 200),
    ("carol", "/console/requests", 200),
    ("alice", "/console/requests/{for_asked_for}/approve", 200),
    ("alice", "/console/requests/{for_refused}/approve", 200),
    ("alice", "/console/requests/{for_asked_for}/deny", 200),
    ("alice", "/console/people", 200),
    ("carol", "/console/people?q=finns-inte", 200),
    ("alice", "/console/people/{bob}", 200),
    ("alice", "/console/people/{bob}/role", 200),
    ("alice", "/console/people/{bob}/disable", 200),
    ("alice", "/console/people/{bob}/end-sessions", 200),
    ("alice", "/console/people/{bob}/link", 200),
    ("alice", "/console/people/{carol}/enable", 200),
    ("alice", "/console/people/{bob}/withdraw-grants", 200),
    ("alice", "/console/people/{bob}/groups", 200),
    ("alice", "/console/people/{bob}/groups?q=finns-inte", 200),
    ("alice", "/console/people/invite", 200),
    ("alice", "/console/people/invitations", 200),
    ("carol", "/console/people/invitations?q=finns-inte", 200),
    ("alice", "/console/people/invitations/{invitation}/resend", 200),
    ("alice", "/console/people/invitations/{invitation}/withdraw", 200),
    ("a stranger", "/invitations/{invitation}?token={invitation_token}", 200),
    ("a stranger", "/invitations/{invitation}?token=dead-link", 404),
    ("alice", "/console/people/groups", 200),
    ("carol", "/console/people/groups?q=finns-inte", 200),
    ("alice", "/console/people/groups/new", 200),
    ("alice", "/console/people/groups/{group}", 200),
    ("carol", "/console/people/groups/{group}?q=finns-inte", 200),
    ("alice", "/console/people/groups/{empty}", 200),
    ("alice", "/console/people/groups/{group}/edit", 200),
    ("alice", "/console/people/groups/{group}/delete", 200),
    ("alice", "/console/people/groups/{group}/add", 200),
    ("alice", "/console/people/groups/{group}/add?q=finns-inte", 200),
    ("bob", "/account", 200),
    ("bob", "/account/activity", 200),
    ("a stranger", "/forgot-password", 200),
    ("alice", "/console/people/{carol}", 200),
    ("alice", "/console/people/{bob}/grants/{web}/withdraw", 200),
    ("alice", "/console/people/{bob}/grants/{machine}/withdraw", 200),
    ("alice", "/console/people/{bob}/grants/{current}/withdraw", 200),
    ("bob", "/account/requests", 200),
    ("bob", "/device", 200),
    ("bob", "/device?user_code=bcdfghjk", 200),
    ("bob", "/device?request={asking}", 200),
    ("bob", "/device?request={allowed}", 200),
    ("bob", "/device?request={denied}", 200),
    ("bob", "/device?request={late}", 200),
    ("bob", "/device?request=x", 404),
    ("alice", OAUTH + "/{device}/edit", 200),
    ("carol", OAUTH + "/{device}/edit", 200),
    ("alice", OAUTH + "/{device}/publish", 200),
    ("carol", "/account/requests", 200),
    ("bob", "/account/time-zone", 200),
    ("carol", "/console/events", 200),
    ("carol", "/console/events?q=finns-inte", 200),
    ("carol", "/console/events?actor=a", 200),
    ("carol", "/console/events?since=2026-11-23&until=2026-11-22", 422),
    ("alice", "/console/events/export?format=pdf", 400),
    ("bob", "/oauth/authorize", 400),
    ("bob", "/oauth/authorize?client_id=nobody", 400),
    ("bob", "/oauth/authorize?client_id={two}&response_type=code", 400),
    ("bob", "/oauth/authorize?client_id={off}&redirect_uri=https://app.example.com/callback", 400),
    ("bob", "/oauth/authorize?client_id={web}&redirect_uri=https://evil.example/", 400),
    ("bob", "/oauth/authorize?client_id={web}&client_id={web}", 400),
    ("bob", "/oauth/authorize?client_id={blocked}&redirect_uri=https://app.example.com/callback", 400),
    ("bob", "/oauth/authorize?client_id={waiting}&redirect_uri=https://ny.example.com/", 400),
    ("bob", "/oauth/authorize?client_id=https://127.0.0.1/c", 400),
    ("a stranger", "/oauth/authorize?client_id=https://agent.example.com/c&prompt=none", 400),
    ("bob", "/oauth/logout", 200),
    ("bob", "/oauth/logout?client_id={web}", 200),
    ("bob", "/oauth/logout?id_token_hint=x", 400),
    ("a stranger", "/oauth/logout?client_id={web}&post_logout_redirect_uri=https://evil.example/", 200),
    ("bob", "/oauth/logout?client_id={web}&client_id={web}", 400),
    ("a lost person", "/", 200),
    ("a lost person", "/oauth/authorize?client_id=x&state=y", 200),
]
# Addresses that are only posted to, that lead elsewhere at once, or whose answer is for programs.
NO_PAGE = {
    "brand",  # pictures and style sheets
    "event_clients",  # names alone
    "event_people",
    "posture_export",
    "home",
    "check_address",
    "language",
    "theme",
    "group_member_remove",
    "client_problem_ignore",
    "connection_problem_ignore",
    "own_name",
    "own_session_end",
    "own_sessions_end",
}


@pytest.mark.parametrize(
    ("who", "address", "status"), PAGES, ids=[f"{who}: {path}" for who, path, _ in PAGES]
)
def test_the_whole_page_is_swedish(world: World, who: str, address: str, status: int):
    swedish(world.get(who, address), status)


def test_a_page_in_english_would_be_noticed(world: World):
    stranger = world.browsers["a stranger"]
    stranger.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    assert left_in_english(read(stranger.get("/logout")).text)


@pytest.mark.parametrize(
    "address", ["/new?type=web", "/{web}/edit", "/{web}/secrets", "/delete?client={web}"]
)
def test_a_dialog_is_swedish(world: World, address: str):
    headers = {"HX-Request": "true", "HX-Target": "dialog-content"}
    page = world.get("alice", OAUTH + address, headers=headers)

    assert left_in_english(read(page).text) == []
    assert page["Content-Language"] == "sv"


IDS = {
    *("made", "fresh", "idle", "only", "counting", "invited", "bob", "carol", "api_secret"),
    *("group", "empty", "invitation"),
}


def test_no_page_is_forgotten():
    class Ids(dict[str, str]):
        """Something for every name: of a person or secret, of a connection or request, of a client."""

        def __missing__(self, name: str) -> str:
            if name in IDS:
                return "00000000-0000-0000-0000-000000000000"
            return "1" if name.startswith(("to_", "for_", "consent", "api", "problem_")) else "c"

    seen = {
        resolve(address.format_map(Ids()).split("?")[0]).url_name
        for _, address, _ in PAGES
        if address not in {"/nowhere", "/"}
    }

    assert {str(pattern.name) for pattern in urlpatterns} - NO_PAGE - seen == set()


# --- Forms and their answers --------------------------------------------------------------------------------------


def test_what_happens_to_an_api_is_said_in_swedish(world: World):
    alice = world.browsers["alice"]
    wrong = {"name": "", "identifier": "", "lifetime": "x", "unit": "60", "scopes-0-name": "openid"}
    entered = {
        "name": "Ny",
        "identifier": "https://ny.example.com",
        "lifetime": "5",
        "unit": "60",
        "scopes-0-name": "x",
        "scopes-0-text": "Gör något",
    }

    swedish(alice.post(APIS + "/new", wrong), 422)
    swedish(alice.post(APIS + "/new", entered))
    swedish(alice.post(APIS + "/new", entered), 422)
    for act in ("/publish", "/publish", "/unpublish", "/unpublish"):
        swedish(alice.post(APIS + "/{api_plain}".format(**world.values) + act, follow=True))
    secret = APIS + "/{api}/secrets/{api_secret}/remove".format(**world.values)
    for _ in range(2):
        swedish(alice.post(secret, follow=True))
    swedish(alice.post(APIS + "/{api}/remove".format(**world.values), follow=True))
    swedish(alice.get("/console/events"))


def test_the_reasons_of_forms_are_swedish(world: World):
    alice = world.browsers["alice"]
    wrong = {
        "name": "",
        "redirect_uris": ["http://app.example.com/", "https://app.example.com/#x", "https://"],
        "homepage_url": "ingenstans",
        "post_logout_redirect_uris": "https://*.example.com/",
        "auth_methods": "private_key_jwt",
        "public_keys": ["{", '{"kty": "RSA", "d": "x"}'],
        "allowed_scopes": "finns.inte",
        "consent_method": "required",
    }

    text = swedish(alice.post(OAUTH + "/new?type=web", wrong), 422)

    for reason in (
        "Adressen måste börja med https://. Bara localhost får använda http://.",
        "Ta bort delen från och med #: en adress med ett fragment kan inte ta emot en kod.",
        "Det här är inte en fullständig webbadress.",
        "Jokertecken stöds inte: skriv ut varje adress i sin helhet.",
        "En av omfattningarna finns inte i katalogen.",
        "Det här är en privat nyckel.",
    ):
        assert reason in text


def test_a_token_is_refused_and_shown_in_swedish(world: World):
    alice, new = world.browsers["alice"], "/console/registration/tokens/new"
    wrong = {
        "name": "",
        "valid_until": "2020-01-01",
        "redirect_hosts": "https://x/",
        "scopes": ["finns.inte"],
    }
    text = swedish(alice.post(new, wrong), 422)
    for reason in ("Välj en dag från och med i dag", "är ingen värd", "Okända omfattningar"):
        assert reason in text
    until = (NOW + timedelta(days=3)).date().isoformat()
    right = {"name": "Ny", "most_clients": "2", "valid_until": until, "scopes": ["openid"]}
    assert "Kopiera din token nu" in swedish(alice.post(new, right), 200)


def test_what_django_says_is_swedish(world: World):
    page = world.browsers["a stranger"].post("/login", {"email": "", "password": ""})

    assert "Detta fält måste fyllas i." in swedish(page, 422)


def test_the_rules_for_passwords_are_swedish(world: World):
    address = "/welcome/{invited}?token={token}".format(**world.values)
    page = world.browsers["a stranger"].post(address, {"password": "kort", "password_again": "lång"})

    assert "Det måste innehålla minst 12 tecken." in swedish(page, 422)


def test_a_new_client_and_its_secret_are_shown_in_swedish(world: World):
    form = {
        "name": "Ny",
        "redirect_uris": "https://ny.example.com/",
        "auth_methods": "client_secret",
        "consent_method": "required",
    }
    text = swedish(world.browsers["alice"].post(OAUTH + "/new?type=web", form))

    assert "Klienten har skapats" in text
    assert "Kopiera hemligheten nu: den visas bara en gång" in text


def test_what_was_done_is_said_in_swedish(world: World):
    alice = world.browsers["alice"]
    done = alice.post(
        OAUTH + "/delete", {"client": [world.values["spa"], world.values["native"]]}, follow=True
    )

    assert "2 klienter har tagits bort" in swedish(done)


def test_the_answer_of_a_trial_is_swedish(world: World):
    alice = world.browsers["alice"]
    asked = alice.post(OAUTH + "/{web}/try".format(**world.values), {"scopes": ["apps"]})
    page: Any = alice.get(asked["Location"])
    if asks_for_consent(page):
        fields = hidden_fields(page) | {"decision": "allow"}
        page = post_form(alice, page.wsgi_request.get_full_path(), fields)

    assert "Auktoriseringskod mottagen" in swedish(alice.get(page["Location"]))


# --- What was done to clients, connections and requests -------------------------------------------------------------


def hidden_on(page: Any) -> dict[str, str]:
    """What the forms of a page send without being asked."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))


@pytest.mark.parametrize(
    ("address", "form", "said"),
    [
        (OAUTH + "/delete", {"client": ["{web}", "{current}"]}, "1 klient"),
        (OAUTH + "/{web}/disable", {}, "2 sessioner har avslutats"),
        (OAUTH + "/disable?client={web}", {}, "1 klient har inaktiverats"),
        (OAUTH + "/enable?client={off}", {}, "1 klient är aktiverad igen."),
        (OAUTH + "/{deleted}/restore", {}, "”Slopad” har återställts."),
        (OAUTH + "/{spa}/publish", {}, "”Panel” är publicerad."),
        (OAUTH + "/{shared}/unpublish", {"connected": "stay"}, "”Delad” är avpublicerad"),
        (OAUTH + "/{shared}/unpublish", {"connected": "end"}, "1 klientorganisation kopplades från"),
        (OAUTH + "/connections/{to_current}/block", {}, "1 session har avslutats"),
        (OAUTH + "/connections/{to_blocked}/unblock", {}, "”Spärrad” är inte längre blockerad."),
        (OAUTH + "/connections/{to_current}/remove", {}, "”Aktuell” har tagits bort"),
        ("/console/requests/{for_asked_for}/deny", {"answer": "Nej"}, "Begäran om ”Önskad” har nekats."),
        ("/console/registration/tokens/{made}/remove", {}, "Token Byggserver har tagits bort."),
        ("/console/people/{bob}/grants/{web}/withdraw", {}, "Rapporter kan inte längre agera för"),
        ("/account/applications/{consent}/withdraw", {}, "Rapporter har inte längre åtkomst"),
        ("/account/applications/{machine}/end", {}, "Dina sessioner hos Nattjobb har avslutats"),
    ],
)
def test_what_was_done_to_it_is_said_in_swedish(world: World, address: str, form: dict[str, Any], said: str):
    who = world.browsers["bob" if address.startswith("/account") else "alice"]
    at = address.format(**world.values)
    chosen = {
        name: [each.format(**world.values) for each in value] if isinstance(value, list) else value
        for name, value in form.items()
    }
    sent = chosen if "delete" in address else hidden_on(who.get(at)) | chosen

    assert said in swedish(who.post(at, sent, follow=True))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (
            "/console/requests/{for_asked_for}/approve",
            "Välj en samtyckesmetod.",
        ),
        ("/console/requests/{for_asked_for}/approve?", "Läs den igen."),
        ("/console/requests/{for_asked_for}/deny", "Ange ett skäl"),
        (OAUTH + "/{shared}/unpublish", "Välj vad som ska hända"),
        (OAUTH + "/connections/{to_waiting}/version?", "Läs den igen."),
    ],
)
def test_what_is_missing_is_said_in_swedish(world: World, address: str, said: str):
    alice, at = world.browsers["alice"], address.format(**world.values)
    read_before = {} if at.endswith("?") else hidden_on(alice.get(at))
    page = alice.post(at, read_before | {"decision": "approve"})

    assert said in swedish(page, 422)


# --- The first connection ---------------------------------------------------------------------------------------------


def test_approval_and_request_are_swedish(world: World, acme: Tenant):
    app = Application(*world.clients["unknown"], tenant=acme)
    alice, bob = world.browsers["alice"], world.browsers["bob"]

    assert "Ansluta Obekant till Acme AB?" in swedish(app.authorize(alice, scope="openid apps:read"))
    page = app.authorize(bob, scope="openid apps:read")
    assert "Obekant behöver godkännas" in swedish(page)
    asked = hidden_fields(page) | {"decision": "ask", "reason": "Bokslut"}
    post_form(bob, app.address(scope="openid apps:read"), asked)
    assert "Vi har frågat dina huvudadministratörer" in swedish(app.authorize(bob, scope="openid apps:read"))
    refused = Application(*world.clients["refused"], tenant=acme)
    assert "Din senaste begäran nekades" in swedish(refused.authorize(bob, scope="openid"))


def test_the_region_asks_for_the_organisation_in_swedish(world: World):
    lost = world.browsers["a lost person"]
    page = lost.post("/oauth/authorize?client_id=x", {"hostname": "finns-inte"})

    assert "Det finns ingen organisation på den här adressen" in swedish(page, 422)
    assert "Vilken organisation?" in swedish(lost.get("/oauth/authorize?client_id=x"))


@pytest.mark.parametrize("address", [OAUTH, "/oauth/authorize"])
def test_a_region_without_clients_says_so_in_swedish(world: World, settings: Any, address: str):
    settings.OAUTH_CLIENTS_SUPPORTED = False
    page = world.get("alice", address)

    assert "OAuth-klienter stöds inte i den här regionen" in swedish(page, page.status_code)


# --- Consent ------------------------------------------------------------------------------------------------------


def test_the_consent_page_speaks_the_language_that_the_application_asks_for(world: World):
    bob = world.browsers["bob"]
    bob.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = Application(*world.clients["web"]).authorize(bob, scope="apps email", ui_locales="fi sv-SE en")

    text = swedish(page)

    assert "Tillåta att Rapporter använder ditt konto hos Acme AB?" in text
    assert "Se din e-postadress" in text
    assert "Du har redan tillåtit den att" in text


def test_the_browsers_language_is_taken_when_nobody_has_chosen(world: World):
    stranger = world.browsers["a stranger"]
    stranger.cookies.clear()

    assert "Logga in" in swedish(
        stranger.get("/login", headers={"accept-language": "sv-FI,sv;q=0.9,en;q=0.8"})
    )


# --- Dates, times, numbers ----------------------------------------------------------------------------------------


def test_dates_and_times_are_swedish(world: World):
    assert "14 nov 2026" in swedish(world.get("alice", OAUTH + "/{web}/secrets"))
    assert "för 3 timmar sedan" in swedish(world.get("alice", OAUTH))
    events = swedish(world.get("carol", "/console/events"))
    assert "23 nov 2026" in events
    assert re.search(r"(?<!för )\d+ (minuter|timmar|dagar) sedan", events) is None  # told as everywhere else


def test_one_and_several_are_told_apart(world: World):
    text = swedish(world.get("alice", OAUTH + "/delete?client={web}&client={machine}"))

    assert "Ta bort 2 klienter?" in text
    assert "1 person, 2 aktiva sessioner" in text
    assert "2 aktiva sessioner · användes senast alldeles nyss · 2 hemligheter" in text
    assert "1 aktiv session · användes senast alldeles nyss · 1 hemlighet" in text


# --- The audit log ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", list(Action))
def test_an_event_is_told_in_swedish(acme: Tenant, carol: User, action: Action):
    details = {
        "hint": "abcde",
        "user": "bob@acme.example",
        "scope": "apps",
        "sessions_ended": 2,
        "role": "user",
    }
    with scope(tenant=acme):
        Event.objects.all().delete()
        Event.objects.create(
            tenant=acme,
            action=action,
            actor_kind="user",
            actor_name="alice@acme.example",
            target_name="Rapporter",
            changes={
                "redirect_uris": [[], ["https://a.example.com/"]],
                "consent_method": ["required", "trusted"],
            },
            details=details,
        )

    swedish(swede(signed_in_as(carol)).get("/console/events"))


def test_a_refusal_gives_its_reason_in_swedish(acme: Tenant, carol: User):
    browser = swede(signed_in_as(carol))
    reasons = [*((reason.value, reason) for reason in Reason), *EARLIER.items()]
    with scope(tenant=acme):
        for page in (reasons[start : start + 50] for start in range(0, len(reasons), 50)):
            Event.objects.all().delete()
            for stored, _ in page:
                _refuse(acme, stored)
            text = swedish(browser.get("/console/events"))
            with translation.override("sv"):
                wanted = {" ".join(capfirst(str(SENTENCES[reason])).split()) for _, reason in page}
            assert {words for words in wanted if words not in text} == set()


def test_a_request_that_cannot_be_read_is_refused_in_swedish(acme: Tenant):
    text = swedish(swede(stranger_on(acme)).get("/oauth/authorize?client_id=%zz"), status=400)

    assert "Ett % i begäran följs inte av två hexadecimala siffror." in text


def _refuse(tenant: Tenant, reason: str) -> None:
    Event.objects.create(
        tenant=tenant,
        action=Action.TOKENS_REFUSED,
        actor_kind="anonymous",
        target_name="Rapporter",
        details={"reason": reason},
    )
