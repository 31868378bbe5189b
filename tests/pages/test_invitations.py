"""Inviting people: `/console/people/invite`, the list, the mail, and the page behind the link (P11)."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client as Browser
from django_scopes import scope

from console.models import Event, Invitation, Tenant, User
from tests import cast
from tests.cast import signed_in_as, stranger_on
from tests.oauth.driver import later

pytestmark = pytest.mark.django_db

INVITE = "/console/people/invite"
LIST = "/console/people/invitations"
CONSOLE_MAIL = "django.core.mail.backends.console.EmailBackend"
CHOSEN = {"password": "another long password", "password_again": "another long password"}
Browse = Callable[[User], Browser]


def text(page: Any) -> str:
    return unescape(" ".join(page.content.decode().split()))


def send(admin: Browser, addresses: str, **fields: str) -> Any:
    return admin.post(INVITE, {"addresses": addresses, "role": "user"} | fields, follow=True)


def waiting(tenant: Tenant) -> dict[str, Invitation]:
    with scope(tenant=tenant):
        return {one.email: one for one in Invitation.objects.order_by("email")}


def link_in(body: str) -> str:
    """The path of the link, as a browser on the tenant's host asks for it."""
    return re.findall(r"https?://[^/\s]+(/invitations/\S+)", body)[0]


def events(tenant: Tenant, action: str) -> list[Event]:
    with scope(tenant=tenant):
        return list(Event.objects.filter(action=action).order_by("pk"))


def test_an_invited_person_chooses_a_password_and_is_in(
    browser: Browse, acme: Tenant, alice: User, mailoutbox: Any
):
    page = send(browser(alice), "Anna Ek <Anna@Acme.example>", role="auditor")
    assert "on its way to anna@acme.example" in text(page)
    [letter] = mailoutbox
    assert letter.to == ["anna@acme.example"]
    assert "alice@acme.example has invited you to" in letter.body
    path, visitor = link_in(letter.body), stranger_on(acme)

    assert "alice@acme.example" in text(visitor.get(path))
    assert visitor.post(path, CHOSEN | {"password_again": "x"}).status_code == 422
    assert visitor.post(path, CHOSEN).status_code == 303

    assert visitor.get("/console/people").status_code == 200
    person = User._base_manager.get(tenant=acme, email="anna@acme.example")
    assert (person.name, person.role, person.is_active) == ("Anna Ek", "auditor", True)
    assert person.email_verified_at is not None
    assert stranger_on(acme).get(path).status_code == 404
    assert waiting(acme) == {}
    [accepted] = events(acme, "invitation.accepted")
    assert (accepted.actor_id, accepted.target_id) == (str(person.pk), str(person.pk))
    assert path.partition("token=")[2] not in str(Event._base_manager.values_list("details", "changes"))


def test_several_are_invited_at_once_each_with_a_link_of_their_own(
    browser: Browse, acme: Tenant, alice: User, mailoutbox: Any
):
    page = send(browser(alice), "a@x.example, b@x.example;\r\nCecilia <c@x.example>\na@X.example")

    assert "3 invitations are on their way" in text(page)
    assert sorted(one.to[0] for one in mailoutbox) == ["a@x.example", "b@x.example", "c@x.example"]
    assert len({link_in(one.body) for one in mailoutbox}) == 3
    assert waiting(acme)["c@x.example"].name == "Cecilia"
    assert len(events(acme, "invitation.sent")) == 3


def test_the_mail_is_in_the_language_of_who_invites(browser: Browse, alice: User, mailoutbox: Any):
    admin = browser(alice)
    admin.cookies["language"] = "sv"

    send(admin, "anna@acme.example")

    assert mailoutbox[0].subject == "Du är inbjuden till Acme AB"
    assert "har bjudit in dig till" in mailoutbox[0].body


def test_who_is_there_already_is_named_beside_the_field_and_nothing_is_lost(
    browser: Browse, acme: Tenant, alice: User, bob: User, mailoutbox: Any
):
    cast.invite(acme, "anna@acme.example")
    typed = "Bo Ek <BOB@acme.example>\nanna@acme.example\nnew@acme.example"

    page = browser(alice).post(INVITE, {"addresses": typed, "name": "", "role": "auditor"})

    assert page.status_code == 422
    assert "bob@acme.example already has an account." in text(page)
    assert "anna@acme.example has already been invited." in text(page)
    assert "new@acme.example has" not in text(page)
    assert all(line in unescape(page.content.decode()) for line in typed.split("\n"))
    assert re.search(r'value="auditor"[^>]* checked', text(page))
    assert 'aria-invalid="true"' in text(page)
    assert waiting(acme).keys() == {"anna@acme.example"}
    assert len(mailoutbox) == 0


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "required"),
        ("anna", "“anna” is not an email address."),
        ("ok@x.example\nno at sign, Ek <a@>", "“Ek <a@>” is not an email address."),
        ("An\u202ena <a@x.example>", "invisible or misleading"),
        ("\n".join(f"p{number}@x.example" for number in range(51)), "50 people at a time. There are 51."),
    ],
)
def test_a_wrong_address_is_named(typed: str, said: str, browser: Browse, acme: Tenant, alice: User):
    page = browser(alice).post(INVITE, {"addresses": typed, "role": "user"})

    assert page.status_code == 422
    assert said in text(page)
    assert waiting(acme) == {}


def test_one_name_is_for_one_address(browser: Browse, acme: Tenant, alice: User):
    admin = browser(alice)
    assert "beside the addresses" in text(
        send(admin, "a@x.example b@x.example".replace(" ", "\n"), name="Al")
    )
    send(admin, "a@x.example", name="Al")
    assert waiting(acme)["a@x.example"].name == "Al"


def test_without_a_mail_server_the_links_are_shown_once_and_verify_no_address(
    browser: Browse, acme: Tenant, alice: User, settings: Any
):
    settings.EMAIL_BACKEND = CONSOLE_MAIL
    admin = browser(alice)

    page = admin.post(INVITE, {"addresses": "a@x.example\nb@x.example", "role": "user"})

    assert page["Cache-Control"] == "no-store"
    paths = re.findall(r"(/invitations/[^<\s]+)", text(page))
    assert len(paths) == 2
    assert "/invitations/" not in re.sub(r"console/people/invitations/\S+", "", text(admin.get(LIST)))
    assert stranger_on(acme).post(paths[0], CHOSEN).status_code == 303
    assert mail.outbox == []
    assert User._base_manager.get(email="a@x.example").email_verified_at is None


def test_no_more_than_so_many_are_sent_in_an_hour(
    browser: Browse, acme: Tenant, alice: User, settings: Any, time_machine: Any
):
    settings.LIMITS = settings.LIMITS | {"invitations_per_hour": 3}
    admin = browser(alice)
    send(admin, "a@x.example\nb@x.example")
    later(time_machine, timedelta(minutes=20).total_seconds())
    a, b = (waiting(acme)[email] for email in ("a@x.example", "b@x.example"))
    assert admin.post(f"{LIST}/{b.pk}/withdraw").status_code == 303  # what was sent stays counted
    assert admin.post(f"{LIST}/{a.pk}/resend").status_code == 303

    refused = admin.post(INVITE, {"addresses": "c@x.example", "role": "user"})
    assert refused.status_code == 429
    assert "You can send 3 invitations an hour" in text(refused)
    assert "c@x.example" in text(refused)
    assert admin.post(f"{LIST}/{a.pk}/resend").status_code == 429
    assert waiting(acme).keys() == {"a@x.example"}

    later(time_machine, timedelta(minutes=41).total_seconds())
    assert "on its way" in text(send(admin, "c@x.example"))


def test_a_link_works_for_a_set_time_and_no_longer_than_the_next_one(
    browser: Browse, acme: Tenant, alice: User, mailoutbox: Any, settings: Any, time_machine: Any
):
    settings.INVITATION_LIFETIME = timedelta(days=2)
    admin = browser(alice)
    send(admin, "anna@acme.example")
    first = link_in(mailoutbox[0].body)
    later(time_machine, timedelta(days=2, minutes=1).total_seconds())
    admin = browser(alice)
    assert stranger_on(acme).get(first).status_code == 404
    assert "Invitation expired" in text(admin.get(LIST))
    assert "has already been invited" in text(send(admin, "anna@acme.example"))

    [invitation] = waiting(acme).values()
    admin.post(f"{LIST}/{invitation.pk}/resend")

    second = link_in(mailoutbox[1].body)
    assert stranger_on(acme).get(first).status_code == 404
    assert stranger_on(acme).get(second).status_code == 200
    assert "Invited" in text(admin.get(LIST))
    assert len(events(acme, "invitation.resent")) == 1
    assert admin.post(f"{LIST}/{invitation.pk}/withdraw").status_code == 303
    assert stranger_on(acme).get(second).status_code == 404
    assert stranger_on(acme).post(second, CHOSEN).status_code == 404
    assert len(events(acme, "invitation.withdrawn")) == 1
    assert "or withdrawn meanwhile" not in text(admin.get(LIST))
    assert admin.post(f"{LIST}/{invitation.pk}/withdraw").status_code == 404


def test_links_that_do_not_work_are_counted(acme: Tenant):
    invitation, visitor = cast.invite(acme, "anna@acme.example"), stranger_on(acme)
    statuses = [
        visitor.get(f"/invitations/{invitation.pk}", {"token": f"guess {number}"}).status_code
        for number in range(101)
    ]
    assert (statuses[0], statuses[-1]) == (404, 429)


def test_a_link_is_of_its_tenant_alone(
    browser: Browse, alice: User, mallory: User, acme: Tenant, globex: Tenant, mailoutbox: Any
):
    send(browser(alice), "anna@acme.example")
    [invitation], path = waiting(acme).values(), link_in(mailoutbox[0].body)
    elsewhere = browser(mallory)

    assert stranger_on(globex).get(path).status_code == 404
    assert stranger_on(globex).post(path, CHOSEN).status_code == 404
    assert "anna@" not in text(elsewhere.get(LIST))
    assert "anna@" not in text(elsewhere.get("/console/people"))
    for act in ("resend", "withdraw"):
        for method in ("get", "post"):
            assert getattr(elsewhere, method)(f"{LIST}/{invitation.pk}/{act}").status_code == 404
    assert "on its way" in text(send(elsewhere, "anna@acme.example"))


def test_an_account_made_by_other_means_makes_the_link_useless(
    browser: Browse, alice: User, acme: Tenant, mailoutbox: Any
):
    send(browser(alice), "anna@acme.example\nbea@acme.example")
    paths = {one.to[0]: link_in(one.body) for one in mailoutbox}
    cast.join(acme, "anna")
    call_command("create_user", "acme", "bea@acme.example", "--json")

    for path in paths.values():
        assert stranger_on(acme).post(path, CHOSEN).status_code == 404
    assert "bea@acme.example" not in waiting(acme)


def test_people_who_are_invited_stand_above_the_people(browser: Browse, acme: Tenant, alice: User, bob: User):
    cast.invite(acme, "anna@acme.example")

    page = text(browser(alice).get("/console/people"))
    found = text(browser(alice).get("/console/people?q=anna"))

    assert page.index("anna@acme.example") < page.index("bob@acme.example")
    assert re.search(r"Invited</span>.*Invited <time .*just now</time> · expires <time", page)
    assert "anna@acme.example" in found
    assert "bob@acme.example" not in found


def test_the_list_of_invitations_is_paged_and_searched(browser: Browse, acme: Tenant, alice: User):
    for number in range(30):
        cast.invite(acme, f"p{number:02}@x.example")
    reader = browser(alice)

    first = reader.get(LIST)
    following = unescape(re.findall(r'rel="next" href="([^"]+)"', text(first))[0])

    assert re.findall(r"p\d\d(?=@x)", text(first))[0] == "p00"
    assert "p29@x.example" not in text(first)
    assert "p29@x.example" in text(reader.get(LIST + following))
    assert "p17@x.example" in text(reader.get(LIST + "?q=P17"))
    assert "Nobody matches" in text(reader.get(LIST + "?q=nobody"))


def test_the_number_of_statements_does_not_grow_with_the_people(
    browser: Browse, acme: Tenant, alice: User, django_assert_max_num_queries: Any
):
    reader = browser(alice)
    for number in range(26):
        cast.invite(acme, f"p{number:02}@x.example")
        cast.join(acme, f"q{number:02}")
    with django_assert_max_num_queries(20):
        assert reader.get("/console/people").status_code == 200
    with django_assert_max_num_queries(15):
        assert reader.get(LIST).status_code == 200


@pytest.mark.parametrize("who", ["carol", "bob"])
def test_auditors_read_and_nobody_but_administrators_invites(
    who: str, request: pytest.FixtureRequest, acme: Tenant, alice: User
):
    person, invitation = request.getfixturevalue(who), cast.invite(acme, "anna@acme.example")
    here = signed_in_as(person)

    listed = here.get(LIST)
    assert listed.status_code == (200 if who == "carol" else 403)
    assert f"{invitation.pk}/resend" not in text(listed)
    for path in (INVITE, f"{LIST}/{invitation.pk}/resend", f"{LIST}/{invitation.pk}/withdraw"):
        assert here.get(path).status_code == here.post(path).status_code == 403
    assert len(events(acme, "invitation.sent")) == 1


def test_what_has_expired_long_ago_is_removed(acme: Tenant, time_machine: Any):
    cast.invite(acme, "anna@acme.example")
    later(time_machine, timedelta(days=20).total_seconds())
    call_command("expire", "--json", "--trust-clock")
    assert waiting(acme).keys() == {"anna@acme.example"}
    later(time_machine, timedelta(days=20).total_seconds())
    call_command("expire", "--json", "--trust-clock")
    assert waiting(acme) == {}


def test_an_erased_person_is_gone_from_the_events_of_their_invitation(
    browser: Browse, acme: Tenant, alice: User
):
    admin = browser(alice)
    send(admin, "anna@acme.example")
    [invitation] = waiting(acme).values()
    admin.post(f"{LIST}/{invitation.pk}/withdraw")

    call_command("erase_person", "acme", "anna@acme.example", "--json")

    with scope(tenant=acme):
        assert "anna@" not in str(list(Event.objects.values()))
