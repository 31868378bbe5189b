"""A person's own password and browser sessions, `/account`, and `/forgot-password`."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope

from console.models import Actor, Client, Event, User
from console.models.browser_session import BrowserSession
from console.policy import browsers, throttling
from tests.cast import PASSWORD, signed_in_as, stranger_on
from tests.oauth.driver import Application
from tests.oauth.outcomes import is_alive

pytestmark = pytest.mark.django_db

NEW = "another long password"
CHANGE = {"present_password": PASSWORD, "password": NEW, "password_again": NEW}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
Browse = Callable[[User], Browser]


def text(page: Any) -> str:
    return str(page.content.decode())


def signs_in(person: User, password: str, **headers: str) -> Browser | None:
    browser = stranger_on(person.tenant)
    sent = {"email": person.email, "password": password}
    return browser if browser.post("/login", sent, headers=headers).status_code == 303 else None


def ends(page: Any) -> list[str]:
    return re.findall(r'action="(/account/sessions/[0-9a-f-]+/end)"', text(page))


def is_in(browser: Browser) -> bool:
    return browser.get("/account").status_code == 200


@pytest.mark.spec("ASVS 5.0", "6.2.3")
def test_people_change_their_password_and_everything_else_ends(
    browser: Browse, bob: User, web_client: tuple[Client, str]
):
    application, mine, other = Application(*web_client), browser(bob), browser(bob)
    tokens = application.tokens(other, scope="openid offline_access user_default")

    page = mine.post("/account", CHANGE, follow=True)

    assert "Your password has been changed" in text(page)
    assert is_in(mine)
    assert not is_in(other)
    assert not is_alive(application, tokens["access_token"])
    assert signs_in(bob, NEW)
    assert not signs_in(bob, PASSWORD)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"present_password": "wrong"}, "not your current password"),
        ({"present_password": ""}, "required"),
        ({"password_again": "something else entirely"}, "do not match"),
        ({"password": "short", "password_again": "short"}, "too short"),
    ],
)
def test_a_change_that_cannot_be_says_why(changed: dict[str, str], said: str, browser: Browse, bob: User):
    page = browser(bob).post("/account", CHANGE | changed)

    assert page.status_code == 422
    assert said in text(page)
    assert "wrong" not in re.findall(r'value="([^"]*)"', text(page))
    assert signs_in(bob, PASSWORD)


@pytest.mark.spec("ASVS 5.0", "6.3.1")
def test_the_present_password_cannot_be_guessed(browser: Browse, bob: User):
    mine = browser(bob)
    statuses = [mine.post("/account", CHANGE | {"present_password": "x"}).status_code for _ in range(15)]

    assert statuses[0] == 422
    assert statuses[-1] == 429
    assert mine.post("/account", CHANGE).status_code == 429


@pytest.mark.spec("ASVS 5.0", "7.5.2")
def test_people_see_and_end_their_own_sessions(browser: Browse, alice: User, bob: User):
    mine, other = signs_in(bob, PASSWORD), signs_in(bob, PASSWORD, user_agent=FIREFOX)
    assert mine is not None
    assert other is not None
    hers = browser(alice)
    page = mine.get("/account")
    [address] = ends(page)
    assert "This browser" in text(page)
    assert "Firefox, Windows" in text(page)
    assert "127.0.0.1" in text(page)

    assert hers.post(address).status_code == 404
    assert is_in(other)
    assert mine.post(address).status_code == 303
    assert not is_in(other)
    assert is_in(mine)
    assert mine.post(address).status_code == 404
    with scope(tenant=bob.tenant):
        assert Event.objects.filter(action="session.ended", target_id=str(bob.pk)).count() == 1


def test_all_others_end_in_one_act(browser: Browse, alice: User, bob: User):
    mine, *others = [browser(bob) for _ in range(4)]
    hers = browser(alice)

    assert "3 sessions have ended" in text(mine.post("/account/sessions/end-others", follow=True))

    assert [is_in(one) for one in (mine, hers, *others)] == [True, True, False, False, False]
    assert ends(mine.get("/account")) == []


def test_many_sessions_are_a_bounded_page(browser: Browse, bob: User, django_assert_max_num_queries: Any):
    mine, *_others = [browser(bob) for _ in range(60)]
    with django_assert_max_num_queries(12):
        page = mine.get("/account")
    assert len(ends(page)) <= 50


def test_what_ended_is_forgotten(browser: Browse, bob: User, time_machine: Any):
    browser(bob)
    out = browser(bob)
    out.post("/logout")
    assert BrowserSession._base_manager.count() == 1
    time_machine.move_to(timezone.now() + timedelta(days=2))
    call_command("expire", "--json")
    assert BrowserSession._base_manager.count() == 0


@pytest.mark.parametrize("agent", ["", "\0", "x" * 5000, "<script>", "curl/8"])
def test_any_browser_can_sign_in(agent: str, bob: User):
    mine = signs_in(bob, PASSWORD, user_agent=agent)
    assert mine is not None
    assert is_in(mine)


def test_browsers_have_names():
    chrome = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML) Chrome/140.0 Mobile Safari/537.36"
    edge = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140"
    assert [browsers.called(agent) for agent in (FIREFOX, chrome, edge, "curl/8")] == [
        "Firefox, Windows",
        "Chrome, Android",
        "Edge, macOS",
        "",
    ]


# --- Forgotten ---------------------------------------------------------------------------------------------------


def ask(person: User, email: str) -> Any:
    return stranger_on(person.tenant).post("/forgot-password", {"email": email})


@pytest.mark.spec("ASVS 5.0", "6.4.3")
def test_a_forgotten_password_is_chosen_anew_by_mail(bob: User):
    assert 'href="/forgot-password"' in text(stranger_on(bob.tenant).get("/login"))
    ask(bob, " Bob@Acme.example ")
    [sent] = mail.outbox
    [path] = re.findall(rf"{re.escape(bob.tenant.issuer)}(/welcome/\S+)", str(sent.body))

    assert sent.to == [bob.email]
    assert signs_in(bob, PASSWORD)  # asking takes nothing away; a sign-in makes the link useless
    assert stranger_on(bob.tenant).get(path).status_code == 404
    ask(bob, bob.email)
    [path] = re.findall(rf"{re.escape(bob.tenant.issuer)}(/welcome/\S+)", str(mail.outbox[-1].body))
    chosen = {"password": NEW, "password_again": NEW}
    assert stranger_on(bob.tenant).post(path, chosen).status_code == 303
    assert stranger_on(bob.tenant).post(path, chosen).status_code == 404
    assert signs_in(bob, NEW)


@pytest.mark.spec("ASVS 5.0", "6.3.8")
@pytest.mark.parametrize(
    "email", ["nobody@acme.example", "mallory@globex.example", "nobody", "\u00e5@\u00e4"]
)
def test_the_answer_is_the_same_for_everybody(
    email: str, bob: User, mallory: User, django_assert_max_num_queries: Any
):
    known, unknown = ask(bob, bob.email), ask(bob, email)

    pages = [re.sub(r'value="[^"]*"', "", text(page)) for page in (known, unknown)]
    assert known.status_code == unknown.status_code == 200
    assert pages[0].replace(bob.email, "") == pages[1].replace(email, "")
    assert len(mail.outbox) == 1


def test_nobody_fills_a_mailbox(bob: User):
    answers = [ask(bob, bob.email).status_code for _ in range(throttling.MAILS_PER_ACCOUNT + 3)]

    assert set(answers) == {200}
    assert len(mail.outbox) == throttling.MAILS_PER_ACCOUNT


def test_who_asks_too_often_waits(bob: User):
    answers = [ask(bob, f"n{number}@acme.example") for number in range(101)]

    assert answers[99].status_code == 200
    assert answers[100].status_code == 429
    assert answers[100]["Retry-After"]


def test_who_is_disabled_gets_no_link(bob: User):
    User._base_manager.filter(pk=bob.pk).update(is_active=False)
    assert ask(bob, bob.email).status_code == 200
    assert mail.outbox == []


def test_without_mail_there_is_no_such_page(bob: User, settings: Any):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert ask(bob, bob.email).status_code == 404
    assert "/forgot-password" not in text(stranger_on(bob.tenant).get("/login"))


def test_an_address_that_is_none_is_refused(bob: User):
    assert ask(bob, "").status_code == 422
    assert ask(bob, "a\0b").status_code == 422
    assert ask(bob, "x" * 300).status_code == 422


def test_signing_in_again_lists_the_session_once(bob: User):
    mine = signed_in_as(bob)
    mine.post("/login?switch=1", {"email": bob.email, "password": PASSWORD})
    assert text(mine.get("/account")).count("This browser") == 1
    assert ends(mine.get("/account")) == []


def test_people_change_their_own_name(browser: Browse, bob: User, web_client: tuple[Client, str]):
    application, mine = Application(*web_client), browser(bob)
    token = application.tokens(mine, scope="openid profile")["access_token"]

    page = mine.post("/account/name", {"name": "  Robert   Berg "}, follow=True)

    assert "Your name has been saved" in text(page)
    assert application.userinfo(token).json()["name"] == "Robert Berg"
    with scope(tenant=bob.tenant):
        event = Event.objects.get(action="user.updated")
        assert event.actor_id == event.target_id == str(bob.pk)
        assert "Robert" not in str((event.changes, event.details))
        assert mine.post("/account/name", {"name": "Robert Berg"}).status_code == 303
        assert Event.objects.filter(action="user.updated").count() == 1


@pytest.mark.parametrize(
    ("name", "said"), [("Bo\u202eb", "invisible or misleading"), ("x" * 256, "at most 255")]
)
def test_a_name_that_cannot_be_says_why(name: str, said: str, browser: Browse, bob: User):
    page = browser(bob).post("/account/name", {"name": name})

    assert page.status_code == 422
    assert said in text(page)
    assert "Current password" in text(page)
    assert User._base_manager.get(pk=bob.pk).name == "Bob"


def test_people_read_their_own_activity_and_nobody_elses(
    browser: Browse, alice: User, bob: User, web_client: tuple[Client, str]
):
    stranger_on(bob.tenant).post("/login", {"email": bob.email, "password": "wrong"})
    stranger_on(bob.tenant).post("/login", {"email": alice.email, "password": "wrong"})
    mine = browser(bob)
    Application(*web_client).tokens(mine, scope="openid")
    with scope(tenant=bob.tenant):
        bob.change_role("auditor", by=Actor(user=alice, address="198.51.100.7"))

    page = text(mine.get("/account/activity"))

    assert "signed in" in page
    assert "Sign-in failed for <b>bob@acme.example</b>" in page
    assert "gave consent to <b>Web app</b>" in page
    for private in ("alice@acme.example", "198.51.100.7"):
        assert private not in page


def test_activity_is_paged(browser: Browse, bob: User):
    mine, *_others = (browser(bob) for _ in range(30))

    first = text(mine.get("/account/activity"))
    [older] = re.findall(r'rel="next" href="(\?before=\d+)"', first)
    second = text(mine.get(f"/account/activity{older}"))

    assert first.count("timeline__event") == 25
    assert second.count("timeline__event") == 5
    assert 'rel="next"' not in second
    for odd in ("?before=x", "?before=9" * 30, "?before=-1"):
        assert mine.get(f"/account/activity{odd}").status_code == 200
