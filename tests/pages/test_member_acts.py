"""What administrators do with people, by page and by command: `/console/people/…`, `set_user`, `reset_password`."""

import html
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django_scopes import scope

from console.models import Actor, Client, Event, User
from tests.cast import PASSWORD, join, signed_in_as, stranger_on
from tests.oauth.driver import Application
from tests.oauth.outcomes import is_alive

pytestmark = pytest.mark.django_db

CONSOLE_MAIL = "django.core.mail.backends.console.EmailBackend"
CHOSEN = {"password": "another long password", "password_again": "another long password"}
SCOPE = "openid offline_access user_default"
Browse = Callable[[User], Browser]


def address(person: User, act: str) -> str:
    return f"/console/people/{person.pk}/{act}"


def command(*arguments: str) -> dict[str, Any]:
    output = io.StringIO()
    call_command(*arguments, "--json", stdout=output)
    result: dict[str, Any] = json.loads(output.getvalue())
    return result


def last_event(person: User, action: str) -> Event:
    with scope(tenant=person.tenant):
        event: Event = Event.objects.filter(action=action, target_id=str(person.pk)).latest("pk")
        return event


def stored(person: User) -> User:
    user: User = User._base_manager.get(pk=person.pk)
    return user


def signs_in(person: User, password: str = PASSWORD) -> bool:
    answer = stranger_on(person.tenant).post("/login", {"email": person.email, "password": password})
    return answer.status_code == 303


def by_page(act: str, **fields: str) -> Callable[[Browser, User], None]:
    def do(admin: Browser, person: User) -> None:
        assert admin.post(address(person, act), fields).status_code in (200, 303)

    return do


def by_command(name: str, *options: str) -> Callable[[Browser, User], None]:
    def do(admin: Browser, person: User) -> None:
        command(name, "acme", person.email, *options)

    return do


ENDS = {
    "disable": by_page("disable"),
    "end sessions": by_page("end-sessions"),
    "--inactive": by_command("set_user", "--inactive"),
    "--end-sessions": by_command("set_user", "--end-sessions"),
    "reset_password": by_command("reset_password"),
}


@pytest.mark.spec("ASVS 5.0", "7.4.2")
@pytest.mark.parametrize("act", ENDS)
def test_every_session_of_a_person_ends_at_once(
    act: str, browser: Browse, alice: User, bob: User, web_client: tuple[Client, str]
):
    application, theirs, second = Application(*web_client), browser(bob), browser(bob)
    tokens = application.tokens(theirs, scope=SCOPE)
    assert is_alive(application, tokens["access_token"])

    ENDS[act](browser(alice), bob)

    assert not is_alive(application, tokens["access_token"])
    assert application.refresh(tokens["refresh_token"]).status_code == 400
    for window in (theirs, second):
        assert window.get("/account/applications").status_code == 302
    assert browser(alice).get("/console/people").status_code == 200


def test_who_was_disabled_signs_in_again_only_when_enabled_and_nothing_old_revives(
    browser: Browse, alice: User, bob: User, web_client: tuple[Client, str]
):
    application, theirs = Application(*web_client), browser(bob)
    tokens = application.tokens(theirs, scope=SCOPE)
    admin = browser(alice)
    path = command("create_link", "acme", bob.email)["link"].removeprefix(bob.tenant.issuer)

    assert "is disabled" in admin.post(address(bob, "disable")).content.decode()
    assert not signs_in(bob)
    assert stranger_on(bob.tenant).get(path).status_code == 404
    assert last_event(bob, "user.disabled").actor_id == str(alice.pk)
    assert "Disabled" in admin.get(f"/console/people/{bob.pk}").content.decode()
    assert admin.post(address(bob, "enable"), follow=True).status_code == 200

    assert not is_alive(application, tokens["access_token"])
    assert theirs.get("/account/applications").status_code == 302
    assert signs_in(bob)
    assert last_event(bob, "user.enabled").actor_id == str(alice.pk)


def test_a_role_is_changed_by_page_and_by_command(browser: Browse, alice: User, bob: User):
    page = browser(alice).post(address(bob, "role"), {"role": "auditor"}, follow=True)
    assert "is now: Auditor" in html.unescape(page.content.decode())
    assert browser(bob).get("/console/oauth").status_code == 200
    assert last_event(bob, "user.role_changed").changes == {"role": ["user", "auditor"]}

    made = command("set_user", "ACME", bob.email, "--role", "administrator")
    assert (made["role"], made["changed"]) == ("administrator", ["role"])
    assert last_event(bob, "user.role_changed").actor_kind == "operator"
    assert command("set_user", "acme", bob.email, "--role", "administrator")["changed"] == []
    for sent in ("owner", "", "\0"):
        assert browser(alice).post(address(bob, "role"), {"role": sent}).status_code == 422
    assert stored(bob).role == "administrator"


@pytest.mark.parametrize(("act", "sent"), [("role", {"role": "user"}), ("disable", {})])
def test_nobody_demotes_or_disables_themselves(
    act: str, sent: dict[str, str], browser: Browse, alice: User, bob: User
):
    with scope(tenant=alice.tenant):
        bob.change_role("administrator", by=Actor.operator())

    page = browser(alice).post(address(alice, act), sent)

    assert page.status_code == 422
    assert "about yourself" in page.content.decode()
    assert (stored(alice).role, stored(alice).is_active) == ("administrator", True)


@pytest.mark.parametrize("options", [["--role", "user"], ["--role", "auditor"], ["--inactive"]])
def test_the_last_administrator_stays(options: list[str], alice: User, bob: User):
    idle = join(alice.tenant, "ines", role="administrator")
    command("set_user", "acme", idle.email, "--inactive")

    with pytest.raises(CommandError, match="last administrator"):
        command("set_user", "acme", alice.email, *options)

    assert (stored(alice).role, stored(alice).is_active) == ("administrator", True)


def test_a_command_does_all_or_nothing(alice: User, bob: User):
    with pytest.raises(CommandError, match="Say what"):
        command("set_user", "acme", bob.email)
    with pytest.raises(CommandError, match="no user"):
        command("set_user", "acme", "nobody@acme.example", "--inactive")
    with pytest.raises(CommandError, match="last administrator"):
        command("set_user", "acme", alice.email, "--role", "user", "--end-sessions")

    assert stored(alice).generation == 0


def test_an_invitation_that_is_too_old_is_sent_anew(browser: Browse, alice: User, settings: Any):
    with scope(tenant=alice.tenant):
        late = User.invite(alice.tenant, "late@acme.example", by=Actor(user=alice))
    admin = browser(alice)
    assert "Invite again" in admin.get(f"/console/people/{late.pk}").content.decode()

    admin.post(address(late, "link"))
    [sent] = mail.outbox
    [path] = re.findall(rf"{re.escape(alice.tenant.issuer)}(/welcome/\S+)", str(sent.body))

    assert sent.to == [late.email]
    assert stranger_on(alice.tenant).post(path, CHOSEN).status_code == 303
    assert stranger_on(alice.tenant).get(path).status_code == 404
    event = last_event(late, "user.link_created")
    assert event.actor_id == str(alice.pk)
    assert "token" not in str(event.details)


def test_without_mail_the_link_is_shown_once(browser: Browse, alice: User, bob: User, settings: Any):
    settings.EMAIL_BACKEND = CONSOLE_MAIL

    page = browser(alice).post(address(bob, "link"))

    assert page["Cache-Control"] == "no-store"
    assert re.search(
        rf"{re.escape(bob.tenant.issuer)}(/welcome/[^<\s]+)", html.unescape(page.content.decode())
    )
    assert signs_in(bob)
    assert "/welcome/" not in browser(alice).get(address(bob, "link")).content.decode()
    assert mail.outbox == []


def test_a_reset_password_is_gone_and_its_link_works_once(bob: User):
    path = command("reset_password", "acme", bob.email)["link"].removeprefix(bob.tenant.issuer)

    assert not signs_in(bob)
    assert stranger_on(bob.tenant).post(path, CHOSEN).status_code == 303
    assert stranger_on(bob.tenant).get(path).status_code == 404
    assert signs_in(bob, "another long password")
    assert last_event(bob, "user.password_reset").actor_kind == "operator"


@pytest.mark.parametrize("act", ["role", "disable", "enable", "end-sessions", "link"])
def test_only_this_tenants_administrators_do_it(
    act: str, browser: Browse, alice: User, bob: User, carol: User, mallory: User, gustav: User
):
    for method in ("get", "post"):
        assert getattr(browser(alice), method)(address(gustav, act)).status_code == 404
        for reader in (carol, bob):
            assert getattr(browser(reader), method)(address(bob, act)).status_code == 403
    assert address(bob, act) not in browser(carol).get(f"/console/people/{bob.pk}").content.decode()
    assert signed_in_as(gustav).get("/account/applications").status_code == 200
