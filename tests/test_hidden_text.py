"""Nothing that cannot be seen, or that turns the text around it, reaches a person, a mail or a terminal (S2)."""

import html
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django_scopes import scope

from console.models import Client, ConnectionRequest, Event, Mail, Tenant, TokenFamily, User
from tests.api.caller import Api, assert_problem, request_path
from tests.cast import ask, publish
from tests.oauth.driver import Application

pytestmark = pytest.mark.django_db
Browse = Callable[[User], Browser]
NEW = "/console/oauth/new"
HIDDEN = [
    "\x1b[31m", "\x07", "\x85", "\x9b", "\u202e", "\u2066", "\u200f", "\u061c", "\u200b", "\u2060", "\ufeff", "\u00ad",
    "\u3164", "\u115f", "\u1160", "\uffa0", "\u2800", "\U000e0061", "\ue000", "\ufe0f", "\u180e", "\ufdd0", "\u200d",
]  # fmt: skip
every_hidden = pytest.mark.parametrize("hidden", HIDDEN, ids=ascii)


def form(**fields: Any) -> dict[str, Any]:
    usual = {
        "type": "web",
        "name": "Reports",
        "redirect_uris": ["https://app.example.com/cb"],
        "auth_methods": ["client_secret"],
        "consent_method": "required",
    }
    return usual | fields


def beside(page: Any, field: str) -> str:
    """The sentence beside a field."""
    found = re.search(rf'id="id_{field}_error">(.*?)</p>', page.content.decode(), re.DOTALL)
    return found[1] if found else ""


def clients(tenant: Tenant) -> list[Client]:
    with scope(tenant=tenant):
        return list(Client.objects.filter(tenant=tenant))


# --- The console's forms --------------------------------------------------------------------------------------------


@every_hidden
@pytest.mark.parametrize("field", ["name", "description"])
def test_a_form_says_so_beside_the_field_and_loses_nothing(
    hidden: str, field: str, browser: Browse, alice: User, acme: Tenant
):
    written = f"Acme{hidden}Portal"
    page = browser(alice).post(NEW, form(**{field: written}))

    assert page.status_code == 422
    assert f"U+{ord(hidden[0]):04X}" in beside(page, field)
    assert written in html.unescape(page.content.decode())
    assert not clients(acme)


@pytest.mark.parametrize(
    "name", ["\u3164", "\u2800\u2800", "\u00a0", "\u200c", "…", "\U000e0061", "\uffa0 \u115f"], ids=ascii
)
def test_a_name_that_shows_nothing_is_none(name: str, browser: Browse, alice: User, acme: Tenant):
    page = browser(alice).post(NEW, form(name=name))

    assert page.status_code == 422
    assert beside(page, "name")
    assert not clients(acme)


def test_the_sentence_is_in_the_readers_language(browser: Browse, alice: User):
    page = browser(alice).post(NEW, form(name="a\u202eb"), headers={"accept-language": "sv"})

    assert "Texten innehåller ett osynligt eller vilseledande tecken, U+202E" in beside(page, "name")


def test_what_languages_need_is_kept_and_spaces_are_one_each(browser: Browse, alice: User, acme: Tenant):
    name = "\u0645\u06cc\u200c\u062e\u0648 \U0001f468\u200d\U0001f469\u200d\U0001f467 1\ufe0f\u20e3"
    browser(alice).post(NEW, form(name=f" {name}\u00a0\u3000AB ", description="a\r\n\r\n\r\n\r\nb"))

    [client] = clients(acme)
    assert (client.name, client.description) == (f"{name} AB", "a\n\nb")


@pytest.mark.parametrize("hidden", ["\u3164", "\u2800", "\u115f", "\u202e", "\ue000"], ids=ascii)
def test_nor_does_an_address_hide_anything(hidden: str, browser: Browse, alice: User):
    page = browser(alice).post(NEW, form(homepage_url=f"https://example.com/{hidden}"))

    assert page.status_code == 422
    assert beside(page, "homepage_url")


@every_hidden
def test_an_answer_to_those_who_asked_is_read_by_them(
    hidden: str, browser: Browse, alice: User, bob: User, globex: Tenant
):
    wish = ask(bob, publish(globex))
    page = browser(alice).post(f"/console/requests/{wish.pk}/deny", {"answer": f"Not{hidden}now"})
    assert page.status_code == 422
    assert f"U+{ord(hidden[0]):04X}" in beside(page, "answer")

    api = Api.of(alice).post(request_path(wish, "deny"), {"answer": f"Not{hidden}now"})
    assert_problem(api, 400, f"U+{ord(hidden[0]):04X}")
    with scope(tenant=bob.tenant):
        assert ConnectionRequest.objects.get().status == "open"


# --- The commands ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [*HIDDEN, "\ud800"], ids=ascii)
@pytest.mark.parametrize(
    "arguments",
    [
        ["create_tenant", "initech", "--name", "Initech{}AB"],
        ["create_client", "acme", "Initech{}AB", "--type", "web", "--redirect-url", "https://a.example/cb"],
        ["create_user", "acme", "dave@acme.example", "--name", "Da{}ve"],
        ["create_user", "acme", "dave@a{}cme.example"],
        ["create_user", "acme", "da{}ve@acme.example"],
    ],
    ids=lambda arguments: " ".join(arguments[::2]),
)
def test_a_command_refuses_it_and_says_why(hidden: str, arguments: list[str], acme: Tenant):
    with pytest.raises(CommandError) as refused:
        call_command(*[argument.format(hidden) for argument in arguments])

    assert f"U+{ord(hidden[0]):04X}" in str(refused.value)
    assert str(refused.value).isprintable()
    assert not clients(acme)


def test_what_a_command_says_steers_no_terminal(acme: Tenant):
    Tenant.objects.filter(pk=acme.pk).update(name="Acme\x1b[31m\u202e AB")  # older than the rule
    out, unknown = io.StringIO(), ["--scope", "a\x1b[2J\u202e"]
    call_command("create_user", "acme", "dave@acme.example", stdout=out)
    with pytest.raises(CommandError) as refused:
        call_command(
            "create_client", "acme", "x", "--type", "web", "--redirect-url", "https://a.example/", *unknown
        )

    assert "Acme\\x1b[31m\\u202e AB" in out.getvalue()
    assert str(refused.value) == "--scope a\\x1b[2J\\u202e: One of the scopes is not in the catalogue."


# --- What must be kept, whatever it is --------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", ["\x1b[31m", "\x07", "\u202e", "\u3164", "\u2066", "\u200b"], ids=ascii)
def test_the_address_of_a_refused_sign_in_is_spelt_out_in_the_log(
    hidden: str, stranger: Callable[[Tenant], Browser], browser: Browse, alice: User, acme: Tenant
):
    stranger(acme).post("/login", {"email": f"bob{hidden}@acme.example", "password": "wrong"})

    with scope(tenant=acme):
        kept = Event.objects.get(action="session.refused").details["email"]
    assert kept == f"bob{ascii(hidden)[1:-1]}@acme.example"
    assert kept in browser(alice).get("/console/events").content.decode()


def test_so_is_the_address_of_a_refused_authorization(
    browser: Browse, bob: User, web_client: tuple[Client, str], acme: Tenant
):
    app = Application(*web_client)
    page = app.authorize(browser(bob), redirect_uri="https://evil.example/\u202egnp.exe\x1b[31m")

    with scope(tenant=acme):
        kept = Event.objects.get(action="authorization.refused").details["redirect_uri"]
    assert kept == "https://evil.example/\\u202egnp.exe\\x1b[31m"
    assert kept in page.content.decode()
    assert "\u202e" not in page.content.decode()


def test_so_are_the_labels_of_a_token(browser: Browse, bob: User, web_client: tuple[Client, str]):
    app = Application(*web_client)
    code = app.code(browser(bob), scope="openid offline_access")
    app.exchange(code, deviceType="phone\u202e", description="Bob's\r\n\x1b[31m\u3164phone")

    with scope(tenant=bob.tenant):
        family = TokenFamily.objects.get()
    assert (family.device_type, family.description) == ("phone\\u202e", "Bob's \\x1b[31m\\u3164phone")


def test_events_that_are_older_than_the_rule_are_spelt_out(browser: Browse, alice: User, acme: Tenant):
    with scope(tenant=acme):
        Event.objects.create(
            tenant=acme, action="client.created", actor_kind="user", actor_name="al\u202eice", target_name="A\x07",
            details={"redirect_uri": "https://a.example/\u2066"}, changes={"name": ["a\u3164", "b\u200b"]},
        )  # fmt: skip
    page = browser(alice).get("/console/events").content.decode()

    for shown in ("al\\u202eice", "A\\x07", "a.example/\\u2066", "a\\u3164", "b\\u200b"):
        assert shown in page
    assert not set("\u202e\u2066\u3164\u200b\x07") & set(page)


def test_a_mail_has_nothing_hidden_in_subject_and_body(
    browser: Browse, alice: User, bob: User, acme: Tenant, globex: Tenant
):
    studio = publish(globex)
    Client._base_manager.filter(pk=studio.pk).update(name="Stu\x1b[31mdio\u202e\r\nBcc: x@evil.example")
    User._base_manager.filter(pk=bob.pk).update(name="Bob\x07\u2066")
    Tenant.objects.filter(pk=globex.pk).update(name="Glo\u3164bex")
    app, here = Application(studio, tenant=acme), browser(bob)
    app.ask(here, app.authorize(here, scope="openid"), "Because\nI say")
    with scope(tenant=acme):
        wish = ConnectionRequest.objects.get()
    Api.of(alice).post(request_path(wish, "deny"), {"answer": "No.\nAsk again."})

    Mail.send_due()
    assert len(mail.outbox) == 2
    for sent in mail.outbox:
        assert sent.subject.isprintable()
        assert "Stu\\x1b[31mdio\\u202e Bcc" in sent.subject
        assert all(line.isprintable() for line in sent.body.split("\n"))
    assert "Bob\\x07\\u2066" in mail.outbox[0].body
    assert "Glo\\u3164bex" in mail.outbox[0].body
    assert "Reason: Because I say" in mail.outbox[0].body
    assert "No.\nAsk again." in mail.outbox[1].body


def test_a_hint_that_hides_something_is_not_filled_in(stranger: Callable[[Tenant], Browser], acme: Tenant):
    page = stranger(acme).get("/login", {"login_hint": "bob\u202e@acme.example"}).content.decode()

    assert 'value="bob' not in page
    assert "\u202e" not in page


def test_the_address_of_a_refused_call_is_spelt_out(stranger: Callable[[Tenant], Browser], acme: Tenant):
    for hidden in ("%00", "%e2%80%ae", "%0a"):
        answer = stranger(acme).post(
            f"/api/v1/oauth-clients/{hidden}/actions/publish", headers={"Authorization": "Bearer x"}
        )
        assert answer.status_code == 401

    with scope(tenant=acme):
        paths = [event.details["path"] for event in Event.objects.filter(action="api.refused")]
    assert len(paths) == 3
    assert all(path.isprintable() for path in paths)
