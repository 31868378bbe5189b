"""Language and theme: `/language`, `/theme` (S16)."""

from collections.abc import Callable

import pytest
from django.test import Client as Browser

from console.models import Tenant, User
from tests.cast import host_of

Browse = Callable[..., Browser]


def test_the_language_is_remembered(stranger: Browse, acme: Tenant):
    chromium = stranger(acme)

    answer = chromium.post("/language", {"language": "sv", "next": "/login"})

    assert (answer.status_code, answer["Location"]) == (303, "/login")
    assert answer.cookies["language"]["max-age"] == 365 * 24 * 3600
    assert answer.cookies["language"]["samesite"] == "Lax"
    assert not answer.cookies["language"]["domain"]
    assert '<html lang="sv"' in chromium.get("/login").content.decode()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_remembered_until_the_device_decides_again(stranger: Browse, acme: Tenant, theme: str):
    chromium = stranger(acme)

    answer = chromium.post("/theme", {"theme": theme})
    assert answer.cookies["theme"]["samesite"] == "Lax"
    assert f'data-theme="{theme}"' in chromium.get("/login").content.decode()

    chromium.post("/theme", {"theme": "system"})
    assert "data-theme" not in chromium.get("/login").content.decode()


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/language", {}),
        ("/language", {"language": "de"}),
        ("/language", {"language": "sv; Domain=.localhost"}),
        ("/language", {"language": "sv\0"}),
        ("/theme", {}),
        ("/theme", {"theme": "pink"}),
        ("/theme", {"theme": 'dark"><script>'}),
    ],
)
def test_anything_else_is_refused(stranger: Browse, acme: Tenant, address: str, fields: dict[str, str]):
    answer = stranger(acme).post(address, fields)

    assert answer.status_code == 400
    assert not {"language", "theme"} & answer.cookies.keys()


@pytest.mark.parametrize("address", ["//evil.example", "https://evil.example", "javascript:alert(1)", ""])
def test_they_lead_nowhere_but_to_this_host(stranger: Browse, acme: Tenant, address: str):
    for path, field in (("/language", {"language": "sv"}), ("/theme", {"theme": "dark"})):
        assert stranger(acme).post(path, field | {"next": address})["Location"] == "/"


@pytest.mark.parametrize("path", ["/language", "/theme"])
def test_a_link_changes_nothing_and_a_form_needs_its_token(acme: Tenant, path: str):
    chromium = Browser(enforce_csrf_checks=True, headers={"host": host_of(acme)})

    assert chromium.get(path).status_code == 405
    assert chromium.post(path, {"language": "sv", "theme": "dark"}).status_code == 403


def test_a_signed_in_person_stays_signed_in(browser: Browse, bob: User):
    chromium = browser(bob)

    chromium.post("/language", {"language": "sv", "next": "/account/applications"})

    assert chromium.get("/account/applications").status_code == 200
