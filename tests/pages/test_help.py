"""The documentation that ships with the console."""

from pathlib import Path

import pytest
from django.conf import settings

from console.models import User
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
    ],
)
def test_a_page_leads_to_its_topic(alice: User, page: str, topic: str) -> None:
    browser = cast.signed_in_as(alice)
    [address] = [
        part.split('"')[0]
        for part in browser.get(page).content.decode().split('href="')
        if part.startswith("/help?")
    ]
    shown = browser.get(address).content.decode()
    assert f'<h1 class="page-header__title">{(CONSOLE | OWN)[topic]}</h1>' in " ".join(shown.split())


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
