"""What a request of somebody unknown leaves behind: no row, or one that is counted, bounded and removed again."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.apps import apps
from django.core.management import call_command
from django.test import Client as Browser

from console.models import Client, Event, EventKeyword, FailedAttempts, Tenant, User
from console.models.refusal_count import RefusalCount
from tests.oauth.driver import Application

ADDRESSES = {
    "start page": "/",
    "sign-in page": "/login?next=/console/oauth&login_hint={n}",
    "sign-out page": "/logout",
    "console": "/console/oauth?q={n}",
    "account": "/account/applications",
    "nothing": "/nothing/{n}",
    "prompt=login": "{authorize}&prompt=login&state={n}",
    "prompt=select_account": "{authorize}&prompt=select_account&state={n}",
    "max_age=0": "{authorize}&max_age=0&state={n}",
    "prompt=none": "{authorize}&prompt=none&state={n}",
    "plain authorization": "{authorize}&state={n}",
    "logout": "/oauth/logout?state={n}",
    "metadata": "/.well-known/openid-configuration?{n}",
    "userinfo": "/oauth/userinfo?{n}",
    "API": "/api/v1/users/me?{n}",
}
FORMS = {
    "language": ("/language", {"language": "sv", "next": "/login?{n}"}),
    "theme": ("/theme", {"theme": "dark"}),
    "sign-out": ("/logout", {}),
    "sign-in without a password": ("/login", {"email": "{n}@acme.example"}),
    "logout": ("/oauth/logout", {"state": "{n}"}),
}


def rows() -> dict[str, int]:
    """How many there are of everything that is kept."""
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


@pytest.fixture
def filled(web_client: tuple[Client, str], bob: User) -> dict[str, Any]:
    """What stands in the addresses above."""
    client = web_client[0]
    return {
        "person": bob.pk,
        "authorize": Application(client).address(state=None),
        "client": client.client_id,
    }


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_looking_at_an_address_leaves_nothing(
    stranger: Any, acme: Tenant, filled: dict[str, Any], address: str
):
    before = rows()
    for number in range(3):
        browser: Browser = stranger(acme)
        for _ in range(2):  # the second time with whatever cookies the first has set
            answer = browser.get(address.format(n=f"x{number}", **filled))
            assert answer.status_code < 500

    assert rows() == before


@pytest.mark.parametrize(("address", "fields"), FORMS.values(), ids=FORMS)
def test_a_form_of_somebody_unknown_leaves_nothing(
    stranger: Any, acme: Tenant, filled: dict[str, Any], address: str, fields: dict[str, str]
):
    before = rows()
    for number in range(3):
        sent = {name: value.format(n=f"x{number}", **filled) for name, value in fields.items()}
        content_type = "application/x-www-form-urlencoded"
        answer = stranger(acme).post(address, urlencode(sent), content_type=content_type)
        assert answer.status_code not in {404, 405, 500}

    assert rows() == before


@pytest.mark.parametrize("path", ["/oauth/authorize?state={n}", "/", "/login?next={n}"])
def test_the_region_host_leaves_nothing(db: None, settings: Any, acme: Tenant, path: str):
    browser = Browser(headers={"host": settings.REGION_HOST})
    before = rows()
    for number in range(3):
        browser.get(path.format(n=number))
        browser.post(path.format(n=number), {"hostname": f"nobody{number}"})
        browser.post("/language", {"language": "sv"})

    assert rows() == before


def guess_a_password(browser: Browser, person: User, number: int) -> None:
    browser.post("/login", {"email": person.email, "password": f"guess {number}"})


def guess_a_link(browser: Browser, person: User, number: int) -> None:
    browser.get(f"/welcome/{person.pk}?token=guess-{number}")


def guess_whose_link_it_is(browser: Browser, person: User, number: int) -> None:
    browser.get(f"/welcome/{uuid.uuid4()}?token=guess-{number}")


def guess_a_token(browser: Browser, person: User, number: int) -> None:
    browser.post("/oauth/revoke", {"token": f"guess-{number}", "client_id": "unknown"})


@pytest.mark.parametrize("guess", [guess_a_token, guess_a_password, guess_a_link, guess_whose_link_it_is])
def test_a_guess_leaves_counters_that_go_again_and_one_line_in_the_log(
    stranger: Any, acme: Tenant, alice: User, guess: Callable[[Browser, User, int], None]
):
    with time_machine.travel(datetime(2026, 3, 2, 12, 5, tzinfo=UTC), tick=False) as clock:
        before = rows()
        guess(stranger(acme), alice, 0)
        once = rows()
        for number in range(1, 9):
            guess(stranger(acme), alice, number)

        after, words = rows(), EventKeyword._meta.label
        assert after[words] - once[words] <= 8, "up to the fiftieth, each is found by its own reference"
        assert after | {words: 0} == once | {words: 0}
        changed = {what for what, number in once.items() if number != before[what]}
        counted = RefusalCount if guess is guess_a_token else FailedAttempts
        assert {Event._meta.label, counted._meta.label} <= changed
        assert changed <= {row._meta.label for row in (Event, EventKeyword, RefusalCount, FailedAttempts)}
        assert once[Event._meta.label] == before[Event._meta.label] + 1

        clock.shift(timedelta(hours=1))
        call_command("expire", stdout=StringIO())
        assert not FailedAttempts.objects.exists()
        assert not RefusalCount.objects.exists()
