"""The documentation that ships with the console."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from console.models import Tenant, User
from console.pages.help import CONSOLE, OWN, TOPICS
from tests import cast

HELP = Path(settings.BASE_DIR, "templates", "help")
ALL = [*CONSOLE, *OWN]


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_every_topic_is_written_in_every_language(language: str) -> None:
    assert {file.stem for file in (HELP / language).iterdir()} == set(ALL)


@pytest.mark.parametrize("topic", ALL)
def test_a_topic_opens_and_lists_the_others(alice: User, topic: str) -> None:
    answer = cast.signed_in_as(alice).get(f"/help/{topic}")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert all(f'href="/help/{other}"' in page for other in ALL)


@pytest.mark.parametrize(
    ("page", "topic"),
    [
        ("/console/oauth", "clients"),
        ("/console/people", "people"),
        ("/console/events", "audit-log"),
        ("/console/posture", "posture"),
        ("/account", "account"),
        ("/console", "overview"),
        ("/console/settings", "settings"),
    ],
)
def test_a_page_leads_to_its_topic(alice: User, page: str, topic: str) -> None:
    assert helps(alice, page) == topic


def helps(person: User, page: str) -> str:
    """The topic that the link of a page opens."""
    browser = cast.signed_in_as(person)
    [address] = re.findall(r'href="(/help\?[^"]+)"', browser.get(page).content.decode())
    shown = browser.get(address.replace("&amp;", "&")).content.decode()
    [title] = re.findall(r"<h1 class=\"page-header__title\">(.*?)</h1>", shown, re.DOTALL)
    return next(topic for topic, called in (CONSOLE | OWN).items() if called == title.strip())


@pytest.mark.parametrize(
    ("tab", "topic"), [("/secrets", "secrets"), ("/problems", "problems"), ("", "clients")]
)
def test_a_tab_of_a_client_leads_to_its_topic(acme: Tenant, alice: User, tab: str, topic: str) -> None:
    client, _secret = cast.register(acme)
    assert helps(alice, f"/console/oauth/{client.client_id}{tab}") == topic


def test_every_part_of_the_console_has_a_topic() -> None:
    assert set(TOPICS.values()) <= set(CONSOLE)


def test_a_user_reads_about_the_account_alone(bob: User) -> None:
    browser = cast.signed_in_as(bob)
    assert browser.get("/help").status_code == 200
    assert browser.get("/help?about=clients").status_code == 200
    assert browser.get("/help/account").status_code == 200
    assert browser.get("/help/clients").status_code == 404


@pytest.mark.parametrize("topic", ["nothing", "..", "help", "en"])
def test_what_is_no_topic_is_not_found(alice: User, topic: str) -> None:
    assert cast.signed_in_as(alice).get(f"/help/{topic}").status_code == 404
