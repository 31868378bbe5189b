"""*Create client* as a whole: machine-to-machine, the limit of the tenant, and the way back: `/console/oauth/new`."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client as Browser
from django_scopes import scope

from console.models import Client, Connection, Tenant, User
from console.policy.consent_rules import suits
from console.policy.registration_problems import InvalidRegistration
from tests.cast import OPERATOR
from tests.held import Waiting
from tests.oauth.driver import Application
from tests.oauth.outcomes import assert_refused

from .test_client_forms import DIALOG, NEW, edit_of, error, jwk, no_clients, only_client, spa, text, web

IMPERSONATION = "urn:qlik:oauth:user-impersonation"
MACHINE_GRANT = "client_credentials"
MUST_BE_TRUSTED = "A machine-to-machine client must be “Trusted”"
Browse = Callable[[User], Browser]
Register = Callable[..., tuple[Client, str]]


def machine(**fields: Any) -> dict[str, Any]:
    """What a browser sends for a machine-to-machine client: a name is enough."""
    return {"type": "machine", "name": "Nightly export", "allowed_scopes": ["user_default"]} | fields


def consent_method_of(client: Client) -> str:
    with scope(tenant=client.tenant):
        return str(Connection.objects.get(client=client).consent_method)


@pytest.fixture
def stuck(acme: Tenant, register: Register) -> Client:
    """A machine-to-machine client from before it had to be trusted."""
    client = register(acme, name="Nightly", redirect_uris=[], grant_types=[MACHINE_GRANT])[0]
    with scope(tenant=acme):
        Connection.objects.update(consent_method="required")
    return client


# --- Machine-to-machine is a choice of its own -----------------------------------------------------------------------


def test_a_name_and_scopes_make_a_machine_that_gets_a_token(browser: Browse, alice: User, acme: Tenant):
    made = browser(alice).post(NEW, machine())

    client = only_client(acme)
    assert (client.type, client.grant_types, client.redirect_uris) == ("web", [MACHINE_GRANT], [])
    assert client.auth_methods == ["client_secret"]
    assert consent_method_of(client) == "trusted"
    [secret] = set(re.findall(r"qas_\w{49}", text(made)))
    app = Application(client, secret)
    answer = app.token(grant_type=MACHINE_GRANT)
    assert (answer.status_code, answer.json()["scope"]) == (200, "user_default")
    code = {"grant_type": "authorization_code", "code": "qac_x", "redirect_uri": "https://app.example.com/"}
    assert_refused(app.token(**code, code_verifier="v" * 43), "unauthorized_client")


def test_its_form_has_nothing_that_concerns_people(browser: Browse, alice: User):
    page = text(browser(alice).get(NEW, {"type": "machine"}))

    form = page[page.index('id="client-form"') : page.index("</form>", page.index('id="client-form"'))]
    names = set(re.findall(r'<(?:input|textarea)[^>]* name="(\w+)"', form)) - {"csrfmiddlewaretoken"}
    fields = {"name", "description", "auth_methods", "public_keys", "allowed_scopes", "consent_method"}
    assert names - {"type", "once"} == fields
    assert re.findall(r'name="consent_method" value="(\w+)"', page) == ["trusted"]
    assert "Create machine-to-machine client" in page


def test_what_concerns_people_is_not_taken_for_a_machine(browser: Browse, alice: User, acme: Tenant):
    browser(alice).post(
        NEW,
        machine(redirect_uris=["https://a.example/cb"], grant_types=[IMPERSONATION], accepts_no_pkce="on"),
    )

    client = only_client(acme)
    assert (client.redirect_uris, client.grant_types) == ([], [MACHINE_GRANT])
    assert not client.accepts_no_pkce


def test_a_machine_proves_itself_with_a_key_if_it_is_to(browser: Browse, alice: User, acme: Tenant):
    admin = browser(alice)
    nothing = admin.post(NEW, machine(auth_methods=[""]))
    assert "Choose at least one authentication method" in error(nothing, "auth_methods")

    made = admin.post(NEW, machine(auth_methods=["", "private_key_jwt"], public_keys=[jwk()]))

    assert "qas_" not in text(made)
    assert only_client(acme).auth_methods == ["private_key_jwt"]


@pytest.mark.parametrize(
    "form",
    [
        machine(consent_method="required"),
        web(redirect_uris=[], grant_types=[MACHINE_GRANT], consent_method="required"),
        web(redirect_uris=[], grant_types=[MACHINE_GRANT]),
        web(grant_types=[MACHINE_GRANT], consent_method="required"),
        web(grant_types=[IMPERSONATION, MACHINE_GRANT], consent_method="required"),
    ],
)
def test_a_machine_that_people_would_be_asked_about_is_refused(
    browser: Browse, alice: User, acme: Tenant, form: dict[str, Any]
):
    answer = browser(alice).post(NEW, form)

    assert answer.status_code == 422
    assert MUST_BE_TRUSTED in error(answer, "consent_method")
    assert no_clients(acme)


def test_no_way_in_makes_such_a_client(acme: Tenant, register: Register):
    with pytest.raises(InvalidRegistration, match="consent_method"):
        register(acme, redirect_uris=[], grant_types=[MACHINE_GRANT], consent_method="required")
    assert no_clients(acme)

    client = register(acme)[0]
    with scope(tenant=acme), pytest.raises(InvalidRegistration, match="consent_method"):
        client.edit(by=OPERATOR, grant_types=[MACHINE_GRANT])
    assert only_client(acme).grant_types == []


def test_impersonation_alone_may_wait_for_trust():
    assert suits("required", [IMPERSONATION])
    assert suits("trusted", [IMPERSONATION, MACHINE_GRANT])
    assert not suits("required", [IMPERSONATION, MACHINE_GRANT])


# --- Editing, and changing the consent method ------------------------------------------------------------------------


@pytest.mark.parametrize("addresses", [[], ["https://app.example.com/callback"]])
@pytest.mark.parametrize("said", [{}, {"consent_method": "required"}])
def test_a_client_does_not_become_a_required_machine(
    browser: Browse, alice: User, web_client: tuple[Client, str], addresses: list[str], said: dict[str, str]
):
    form = web(name="Kept", redirect_uris=addresses, grant_types=[MACHINE_GRANT]) | said

    answer = browser(alice).post(edit_of(web_client[0]), form)

    assert answer.status_code == 422
    assert MUST_BE_TRUSTED in error(answer, "consent_method")
    assert 'value="Kept"' in text(answer)
    assert only_client(web_client[0].tenant).grant_types == []


def test_it_becomes_a_machine_and_trusted_in_one_act(
    browser: Browse, alice: User, web_client: tuple[Client, str]
):
    client = web_client[0]
    form = web(name="Both", grant_types=[MACHINE_GRANT], consent_method="trusted")

    assert browser(alice).post(edit_of(client), form).status_code == 303

    assert only_client(client.tenant).grant_types == [MACHINE_GRANT]
    assert consent_method_of(client) == "trusted"


def test_where_the_field_is_hidden_nothing_was_chosen(
    browser: Browse, alice: User, web_client: tuple[Client, str]
):
    browser(alice).post(edit_of(web_client[0]), web(name="Renamed", consent_method="trusted"))

    assert only_client(web_client[0].tenant).name == "Renamed"
    assert consent_method_of(web_client[0]) == "required"


def test_a_refused_edit_leaves_the_consent_method_as_it_was(
    browser: Browse, alice: User, web_client: tuple[Client, str]
):
    form = web(name="", grant_types=[MACHINE_GRANT], consent_method="trusted")

    assert browser(alice).post(edit_of(web_client[0]), form).status_code == 422
    assert consent_method_of(web_client[0]) == "required"


@pytest.mark.parametrize("addresses", [[], ["https://app.example.com/callback"]])
def test_a_machine_does_not_become_required(
    browser: Browse, alice: User, acme: Tenant, register: Register, addresses: list[str]
):
    client = register(acme, redirect_uris=addresses, grant_types=[MACHINE_GRANT])[0]

    answer = browser(alice).post(
        f"/console/oauth/{client.client_id}/consent-method", {"consent_method": "required"}
    )

    assert answer.status_code == 422
    assert MUST_BE_TRUSTED in error(answer, "consent_method")
    assert "To stop the client, disable it." in error(answer, "consent_method")
    assert consent_method_of(client) == "trusted"


# --- Those from before -----------------------------------------------------------------------------------------------


def test_a_machine_that_gets_no_token_is_marked_with_the_way_out(browser: Browse, alice: User, stuck: Client):
    admin, fix = browser(alice), f"/console/oauth/{stuck.client_id}/consent-method"

    listed, opened = text(admin.get("/console/oauth")), text(admin.get(edit_of(stuck)))

    for page in (listed, opened):
        assert "t get tokens for itself" in page
        assert f'href="{fix}"' in page
    assert "Change to Trusted" in listed

    admin.post(fix, {"consent_method": "trusted"})
    assert not any("t get tokens" in text(admin.get(page)) for page in ("/console/oauth", edit_of(stuck)))


def test_an_auditor_reads_why_and_who_can_change_it(browser: Browse, carol: User, stuck: Client):
    auditor = browser(carol)

    page = text(auditor.get(edit_of(stuck)))
    assert "This client can’t get tokens for itself" in page
    assert "A tenant administrator can change the consent method." in page
    assert "consent-method" not in page
    listed = text(auditor.get("/console/oauth"))
    assert "Can’t get tokens for itself" in listed
    assert "Change to Trusted" not in listed


def test_it_is_not_confirmed_as_required_either(browser: Browse, alice: User, stuck: Client):
    address = f"/console/oauth/{stuck.client_id}/consent-method"

    assert browser(alice).post(address, {"consent_method": "required"}).status_code == 422


def test_it_is_mended_on_its_own_page(browser: Browse, alice: User, stuck: Client):
    form = web(name="Nightly", redirect_uris=[], grant_types=[MACHINE_GRANT])

    assert browser(alice).post(edit_of(stuck), form).status_code == 422
    assert browser(alice).post(edit_of(stuck), form | {"consent_method": "trusted"}).status_code == 303
    assert consent_method_of(stuck) == "trusted"


def test_others_are_not_marked(browser: Browse, alice: User, acme: Tenant, register: Register):
    for fields in ({}, {"grant_types": [MACHINE_GRANT]}, {"grant_types": [IMPERSONATION]}):
        register(acme, **fields)

    assert "t get tokens" not in text(browser(alice).get("/console/oauth"))


# --- The limit is told first -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, DIALOG])
@pytest.mark.parametrize("query", [{}, {"type": "web"}, {"type": "machine"}, {"type": "nonsense"}])
def test_the_limit_is_told_before_anything_is_typed(
    browser: Browse, alice: User, acme: Tenant, monkeypatch: pytest.MonkeyPatch, register: Register,
    headers: dict[str, str], query: dict[str, str],
):  # fmt: skip
    monkeypatch.setitem(settings.LIMITS, "clients_per_tenant", 2)
    register(acme)
    admin = browser(alice)
    assert "reached its limit" not in text(admin.get(NEW, query, headers=headers))
    register(acme)

    page = admin.get(NEW, query, headers=headers)

    assert page.status_code == 200
    assert "reached its limit of 2 OAuth clients. Delete one that you no longer need, or ask" in text(page)
    assert 'name="name"' not in text(page)
    assert 'name="type"' not in text(page)
    assert f'href="{NEW}"' in text(admin.get("/console/oauth"))


def test_the_limit_of_one_tenant_is_not_that_of_another(
    browser: Browse, mallory: User, acme: Tenant, monkeypatch: pytest.MonkeyPatch, register: Register
):
    monkeypatch.setitem(settings.LIMITS, "clients_per_tenant", 1)
    register(acme)

    assert 'name="type"' in text(browser(mallory).get(NEW))


def test_a_limit_that_is_reached_meanwhile_loses_nothing(
    browser: Browse, alice: User, acme: Tenant, monkeypatch: pytest.MonkeyPatch, register: Register
):
    monkeypatch.setitem(settings.LIMITS, "clients_per_tenant", 1)
    register(acme)
    typed = machine(
        description="Every night",
        consent_method="trusted",
        allowed_scopes=["apps"],
        auth_methods=["", "private_key_jwt"],
    )

    page = browser(alice).post(NEW, typed | {"public_keys": [jwk()]})

    assert page.status_code == 422
    assert "reached its limit of 1 OAuth client." in text(page)
    assert 'value="Nightly export"' in text(page)
    assert "Every night</textarea>" in text(page)
    assert re.findall(r'value="([^"]+)"[^>]* checked', text(page)) == ["private_key_jwt", "apps", "trusted"]
    assert "&quot;kid&quot;: &quot;first&quot;" in text(page)


# --- Back, and on again ----------------------------------------------------------------------------------------------


def inputs(page: Any) -> dict[str, list[str]]:
    """What the form of a page would send as it stands."""
    sent: dict[str, list[str]] = {}
    source = page.content.decode()
    for tag in re.findall(r"<input\s[^>]*>", source):
        name, value = re.search(r'\sname="(\w+)"', tag), re.search(r'\svalue="([^"]*)"', tag)
        ticked = bool(re.search(r"\schecked\b", tag))
        chosen = ticked or not re.search(r'\stype="(radio|checkbox)"', tag)
        if name and chosen:
            sent.setdefault(name[1], []).append(html.unescape(value[1] if value else "on" if ticked else ""))
    for name, value in re.findall(
        r'<textarea\s[^>]*name="(\w+)"[^>]*>\r?\n?(.*?)</textarea>', source, re.DOTALL
    ):
        sent.setdefault(name, []).append(html.unescape(value))
    return sent


TYPED = web(
    name="Kept <name>",
    description="First line\nsecond line",
    homepage_url="https://kept.example",
    redirect_uris=["http://not-judged-yet.example/", "https://kept.example/cb"],
    post_logout_redirect_uris=["https://kept.example/out"],
    allowed_scopes=["apps"],
    grant_types=[IMPERSONATION],
    allowed_origins=["https://origin.example"],
    auth_methods=["", "private_key_jwt"],
    public_keys=["not a key yet"],
    consent_method="trusted",
    algorithm="ES256",
    accepts_no_pkce="on",
)


def shown(page: Any) -> dict[str, list[str]]:
    """What of TYPED stands in a page again."""
    sent = inputs(page)
    return {name: [value for value in sent.get(name, []) if value] for name in TYPED if name != "type"}


EVERYTHING = {
    name: [part for part in (value if isinstance(value, list) else [value]) if part]
    for name, value in TYPED.items()
    if name != "type"
}


@pytest.mark.parametrize("headers", [{}, DIALOG])
def test_back_keeps_what_was_typed_and_the_type(browser: Browse, alice: User, headers: dict[str, str]):
    admin = browser(alice)

    first = admin.post(NEW, TYPED | {"step": "type"}, headers=headers)
    assert first.status_code == 200
    assert re.findall(r'type="radio"[^>]* value="(\w+)"[^>]* checked', text(first)) == ["web"]

    again = admin.post(NEW, inputs(first), headers=headers)
    assert again.status_code == 200
    assert shown(again) == EVERYTHING
    assert "aria-invalid" not in text(again), "nothing is judged before it is sent"
    assert "data-typed" in text(first)
    assert "data-typed" in text(again)


@pytest.mark.parametrize("detour", [["spa"], ["native", "machine"], ["machine"], ["machine", "spa"]])
def test_another_type_keeps_what_it_has_no_field_for(browser: Browse, alice: User, detour: list[str]):
    admin = browser(alice)
    page = admin.post(NEW, TYPED | {"step": "type"})
    for kind in detour:
        page = admin.post(NEW, inputs(page) | {"type": kind})
        assert 'value="Kept &lt;name&gt;"' in text(page)
        page = admin.post(NEW, inputs(page) | {"step": "type"})
    page = admin.post(NEW, inputs(page) | {"type": "web"})

    proposed_elsewhere = {"consent_method", "algorithm"}  # another type has settled them its own way
    assert {name: values for name, values in shown(page).items() if name not in proposed_elsewhere} == {
        name: values for name, values in EVERYTHING.items() if name not in proposed_elsewhere
    }


def test_what_a_type_proposes_is_not_what_somebody_typed(browser: Browse, alice: User):
    admin = browser(alice)
    machines = admin.get(NEW, {"type": "machine"})
    web_page = admin.post(NEW, inputs(machines) | {"step": "type"})
    assert "data-typed" not in text(web_page)

    named = admin.post(NEW, inputs(machines) | {"name": ["Mine"], "step": "type"})
    page = inputs(admin.post(NEW, inputs(named) | {"type": "web"}))
    assert (page["name"], page["consent_method"], page["algorithm"]) == (["Mine"], ["required"], ["RS256"])
    assert inputs(admin.post(NEW, inputs(named) | {"type": "spa"}))["algorithm"] == ["ES256"]


def test_going_on_and_saving_makes_the_client_that_was_typed(browser: Browse, alice: User, acme: Tenant):
    admin = browser(alice)
    typed = TYPED | {"redirect_uris": ["https://kept.example/cb"], "public_keys": [jwk()]}
    page = admin.post(NEW, typed | {"step": "type"})
    page = admin.post(NEW, inputs(page))

    admin.post(NEW, inputs(page))

    client = only_client(acme)
    assert (client.name, client.description) == ("Kept <name>", "First line\nsecond line")
    assert client.redirect_uris == ["https://kept.example/cb"]
    assert client.public_keys[0]["kid"] == "first"


def test_nothing_is_made_on_the_way(browser: Browse, alice: User, acme: Tenant):
    admin = browser(alice)
    for step in ("type", "fields"):
        admin.post(NEW, web(step=step))

    assert no_clients(acme)


def test_a_private_key_is_not_carried_along(browser: Browse, alice: User):
    page = browser(alice).post(NEW, web(public_keys=[jwk(d="c2VjcmV0LXBhcnQ")], step="type"))

    assert "c2VjcmV0LXBhcnQ" not in text(page)


@pytest.mark.parametrize("kind", ["nonsense", "", "anonymous-embed"])
def test_an_unknown_type_keeps_what_was_typed_too(browser: Browse, alice: User, kind: str):
    for step in ({}, {"step": "type"}, {"step": "fields"}):
        page = browser(alice).post(NEW, spa(name="Kept") | {"type": kind} | step)
        assert 'value="Kept"' in text(page)
        assert page.status_code == (200 if step == {"step": "type"} else 422)


def test_enter_in_a_field_saves_and_does_not_go_back(browser: Browse, alice: User):
    """The first button of a form is what Enter presses."""
    page = text(browser(alice).get(NEW, {"type": "web"}))
    form = page[page.index('id="client-form"') :]

    first = re.search(r"<button[^>]*>", form)
    assert first
    assert "name=" not in first[0]
    assert form.index("<button") < form.index('name="step" value="type"')


# --- At once ---------------------------------------------------------------------------------------------------------


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_it_does_not_become_required_while_it_becomes_a_machine(
    browser: Browse, alice: User, acme: Tenant, register: Register
):
    client = register(acme, consent_method="trusted")[0]
    admin = browser(alice)
    with scope(tenant=acme), transaction.atomic():
        client.edit(by=OPERATOR, grant_types=[MACHINE_GRANT])
        change = Waiting(
            lambda: admin.post(
                f"/console/oauth/{client.client_id}/consent-method", {"consent_method": "required"}
            )
        )
        change.until_it_waits()

    assert change.result().status_code == 422
    assert consent_method_of(client) == "trusted"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_it_does_not_become_a_machine_while_it_becomes_required(
    browser: Browse, alice: User, acme: Tenant, register: Register
):
    client = register(acme, consent_method="trusted")[0]
    admin = browser(alice)
    with scope(tenant=acme), transaction.atomic():
        Connection.objects.get(client=client).change_consent_method("required", by=OPERATOR)
        edit = Waiting(lambda: admin.post(edit_of(client), web(grant_types=[MACHINE_GRANT])))
        edit.until_it_waits()

    assert edit.result().status_code == 422
    assert MUST_BE_TRUSTED in text(edit.result())
    assert only_client(acme).grant_types == []
