"""What a request of somebody unknown leaves behind: no row, or one that is counted, bounded and removed again."""

import uuid
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.test import Client as Browser

from console.models import Client, Event, FailedAttempts, Tenant, User
from tests.oauth.driver import Application

ADDRESSES = {
    "start page": "/",
    "sign-in page": "/login?next=/console/oauth&login_hint={n}",
    "sign-out page": "/logout",
    "console": "/console/oauth?q={n}",
    "account": "/account/applications",
    "nothing": "/nothing/{n}",
    "one-time link": "/welcome/{person}?token={n}",
    "a stranger's one-time link": "/welcome/{uuid}?token={n}",
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
    "revocation": ("/oauth/revoke", {"token": "{n}", "client_id": "{client}"}),
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
            answer = browser.get(address.format(n=f"x{number}", uuid=uuid.uuid4(), **filled))
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


def test_a_failed_sign_in_leaves_counters_that_go_again_and_one_line_in_the_log(
    stranger: Any, acme: Tenant, alice: User
):
    before = rows()
    for number in range(3):
        browser = stranger(acme)
        browser.post("/login", {"email": alice.email, "password": f"guess {number}"})

    changed = {what for what, number in rows().items() if number != before[what]}
    assert changed == {Event._meta.label, FailedAttempts._meta.label}
    assert rows()[Event._meta.label] == before[Event._meta.label] + 1
