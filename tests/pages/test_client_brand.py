"""What a client says of itself: logo, terms, privacy policy and contact, and where people read it; and mail."""

from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django_scopes import scope

from console.models import Action, Client, Connection, Event, Picture, TenantSettings, client_logo
from console.policy import pictures
from tests import cast
from tests.api.caller import Api, request_path
from tests.oauth.driver import Application, asks_for_consent
from tests.policy.pictures import SVG, picture

pytestmark = pytest.mark.django_db
RED = pictures.logo(picture())
SAID: dict[str, Any] = {
    "terms_url": "https://app.example.com/terms",
    "privacy_url": "https://app.example.com/privacy",
    "contact_email": "dev@app.example.com",
}


def text(answer):
    return unescape(answer.content.decode())


def with_logo(client: Client) -> Client:
    with scope(tenant=client.tenant):
        client_logo.change(client, RED, by=cast.OPERATOR)
    return client


def test_an_administrator_enters_them_and_the_audit_log_tells(browser, alice, acme, web_client):
    client, here = web_client[0], browser(alice)
    page = here.get(f"/console/oauth/{client.client_id}/edit")
    form = page.context["form"]
    entered = {
        name: form[name].value()
        for name in ("version", "name", "redirect_uris", "allowed_scopes", "auth_methods")
    }

    refused = here.post(
        f"/console/oauth/{client.client_id}/edit", entered | SAID | {"terms_url": "http://a.example"}
    )
    assert refused.status_code == 422
    assert "begins with https://." in text(refused)
    assert f'value="{SAID["privacy_url"]}"' in text(refused)
    assert here.post(f"/console/oauth/{client.client_id}/edit", entered | SAID).status_code in (200, 303)

    client.refresh_from_db()
    assert {name: getattr(client, name) for name in SAID} == SAID
    with scope(tenant=acme):
        changes = Event.objects.get(action=Action.CLIENT_UPDATED).changes
    assert {name: changes[name] for name in SAID} == {name: ["", said] for name, said in SAID.items()}


def test_who_is_asked_for_consent_can_read_them(browser, bob, acme):
    client, secret = cast.register(acme, **SAID)
    page = Application(with_logo(client), secret).authorize(browser(bob))

    assert asks_for_consent(page)
    for link in (SAID["terms_url"], SAID["privacy_url"], f"mailto:{SAID['contact_email']}"):
        assert f'href="{link}"' in text(page)
    assert f'src="/brand/{RED.digest}.webp"' in text(page)


def test_consent_shows_the_look_of_the_tenant(browser, bob, acme, web_client):
    TenantSettings.change(
        acme, {"colour": "#00aa55", "support": "help@acme.example"}, by=cast.OPERATOR, picture=RED
    )
    page = text(Application(*web_client).authorize(browser(bob)))

    assert page.count(f'src="/brand/{RED.digest}.webp"') == 1
    assert 'href="/brand/00aa55-' in page
    assert 'href="mailto:help@acme.example"' in page


def test_whoever_approves_a_client_of_another_tenant_reads_them_as_text(
    browser, alice, bob, globex, stranger, acme
):
    client = with_logo(cast.publish(globex, **SAID))
    request = cast.ask(bob, client)
    page = text(browser(alice).get(f"/console/requests/{request.pk}/approve"))

    for said in SAID.values():
        assert said in page
        assert f'href="{said}"' not in page
    connection = cast.connect(client, acme)
    assert SAID["terms_url"] in text(browser(alice).get(f"/console/oauth/connections/{connection.pk}"))
    assert stranger(acme).get(f"/brand/{RED.digest}.webp").status_code == 200


def test_a_change_is_there_for_all_tenants_at_once_and_needs_no_approval(acme, globex):
    client = cast.publish(globex)
    connection = cast.connect(client, acme)
    with scope(tenant=globex):
        client.edit(by=cast.OPERATOR, **SAID)
    with_logo(client)

    client.refresh_from_db()
    assert client.version == 1
    assert Connection._base_manager.get(pk=connection.pk).pending_version is None


def test_the_api_gives_the_address_of_the_logo_here(bob, alice, globex, acme):
    client = with_logo(cast.publish(globex))
    shown = Api.of(alice).get(request_path(cast.ask(bob, client))).json()
    assert shown["logoUri"] == f"{acme.issuer}/brand/{RED.digest}.webp"


# --- The page of the logo -----------------------------------------------------------------------------------------


def test_a_logo_is_uploaded_and_removed(browser, alice, acme, web_client):
    client, here = web_client[0], browser(alice)
    page = f"/console/oauth/{client.client_id}/logo"

    answer = here.post(page, {"logo": SimpleUploadedFile("a.png", picture())})
    assert (answer.status_code, answer["Location"]) == (303, f"/console/oauth/{client.client_id}/settings")
    client.refresh_from_db()
    assert client.logo == RED.digest
    assert here.post(page, {"remove": "logo"}).status_code == 303
    client.refresh_from_db()
    assert client.logo == ""
    with scope(tenant=acme):
        changes = (
            Event.objects.filter(action=Action.CLIENT_UPDATED)
            .order_by("id")
            .values_list("changes", flat=True)
        )
    assert list(changes) == [{"logo": ["", RED.digest]}, {"logo": [RED.digest, ""]}]


def test_a_bad_logo_has_its_sentence(browser, alice, web_client):
    answer = browser(alice).post(
        f"/console/oauth/{web_client[0].client_id}/logo", {"logo": SimpleUploadedFile("a.png", SVG)}
    )
    assert answer.status_code == 422
    assert pictures.NO_SVG in text(answer)


def test_a_logo_of_another_tenants_client_is_not_found(browser, mallory, carol, web_client):
    path = f"/console/oauth/{web_client[0].client_id}/logo"
    assert browser(mallory).get(path).status_code == 404
    assert browser(mallory).post(path, {"remove": "logo"}).status_code == 404
    assert browser(carol).post(path, {"remove": "logo"}).status_code == 403


# --- Mail ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("support", ["help@acme.example", ""])
def test_mail_says_whom_to_ask(browser, alice, bob, acme, globex, mailoutbox, support):
    TenantSettings.change(acme, {"support": support}, by=cast.OPERATOR)
    request = cast.ask(bob, cast.publish(globex))
    with scope(tenant=acme):
        request.deny("Not now.", by=cast.OPERATOR)
    browser(alice).post("/console/people/invite", {"addresses": "new@acme.example", "role": "user"})

    to = {mail.to[0]: mail.body for mail in mailoutbox}
    assert to.keys() == {"new@acme.example", bob.email}
    for body in to.values():
        assert ("Need help?" in body) is bool(support)
        assert support in body


def test_a_logo_that_somebody_uploads_meanwhile_is_named_in_the_conflict(browser, alice, web_client):
    client, here = web_client[0], browser(alice)
    form = here.get(f"/console/oauth/{client.client_id}/edit").context["form"]
    entered = {
        name: form[name].value()
        for name in ("version", "name", "redirect_uris", "allowed_scopes", "auth_methods")
    }
    with_logo(client)

    answer = here.post(f"/console/oauth/{client.client_id}/edit", entered | {"name": "Another"})

    assert [change.label for change in answer.context["conflict"].changes] == ["logo"]


def test_a_client_that_is_deleted_while_its_logo_is_drawn_is_not_found(
    browser, alice, web_client, monkeypatch
):
    client, _ = web_client
    drawn = pictures.logo

    def deleted_meanwhile(uploaded: bytes) -> pictures.Logo:
        with scope(tenant=client.tenant):
            Client.objects.get(pk=client.pk).remove(by=cast.OPERATOR)
        return drawn(uploaded)

    monkeypatch.setattr(pictures, "logo", deleted_meanwhile)
    answer = browser(alice).post(
        f"/console/oauth/{client.client_id}/logo", {"logo": SimpleUploadedFile("a.png", picture())}
    )
    assert answer.status_code == 404
    with scope(tenant=client.tenant):
        assert not Picture.objects.exists()


@pytest.mark.parametrize("act", ["upload", "remove"])
def test_a_client_that_cannot_be_changed_as_it_is_registered_keeps_its_logo_and_says_why(
    act, browser, alice, acme, machine_client
):
    """Like a machine client that somebody has made Required: nobody can be asked."""
    client = with_logo(machine_client[0])
    with scope(tenant=acme):
        Connection.objects.filter(client=client).update(consent_method=Connection.Method.REQUIRED)
    sent: dict[str, Any] = {"logo": SimpleUploadedFile("a.png", picture(colour=(1, 2, 3)))}
    answer = browser(alice).post(
        f"/console/oauth/{client.client_id}/logo", sent if act == "upload" else {"remove": "logo"}
    )

    assert answer.status_code == 422
    assert "must be “Trusted”" in text(answer)
    assert "Choose a file." not in text(answer)
    client.refresh_from_db()
    assert client.logo == RED.digest
    with scope(tenant=acme):
        assert [kept.digest for kept in Picture.objects.all()] == [RED.digest]
