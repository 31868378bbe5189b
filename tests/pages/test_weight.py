"""What pages weigh: the list's lines, and which pages are compressed (docs/decisions/0016-compression.md)."""

import gzip
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from console.http.template_files import lean
from console.models import Client, Connection, Tenant, User
from console.policy.client_types import GrantType
from tests import cast
from tests.kept import kept

PAGE = "/console/oauth"
MOST_BYTES = 60_000
QUERIES = (
    *("sort=name", "sort=-type", "sort=last_used", "sort=-last_used", "sort=-created"),
    *(
        "status=published",
        "status=enabled&q=reports",
        "owner=outside",
        "consent_method=trusted",
        "type=machine",
    ),
)
ZIPPED = {"Accept-Encoding": "gzip, deflate, br"}
Browse = Callable[[User], Browser]


def encoding(answer: Any) -> str:
    return str(answer.get("Content-Encoding", "")) + str(answer.status_code)


@kept
def full(acme: Tenant, globex: Tenant) -> None:
    """More than a page of each kind, all of them used: published with a tenant connected, outside, for machines."""
    for number in range(26):
        about: dict[str, Any] = {
            "name": f"Quarterly {number:02}",
            "description": "Reloads the reports of the board",
        }
        own, _secret = cast.register(acme, **about)
        cast.connect(own, globex)
        cast.connect(cast.publish(globex, **about), acme)
        cast.register(acme, **about, grant_types=["client_credentials", GrantType.USER_IMPERSONATION])
    used = timezone.now() - timedelta(hours=30)
    Client._base_manager.update(last_used_at=used)
    Connection._base_manager.update(last_used_at=used)


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("language", ["en", "sv"])
def test_twenty_five_lines_are_light_in_each_order_and_filter(browser: Browse, alice: User, language: str):
    admin = browser(alice)
    admin.cookies["language"] = language
    pages = {query: admin.get(f"{PAGE}?{query}").content for query in QUERIES}

    assert {query: page.count(b"<fetched-menu>") for query, page in pages.items()} == dict.fromkeys(
        QUERIES, 25
    )
    assert {query: len(page) for query, page in pages.items() if len(page) >= MOST_BYTES} == {}


def test_the_number_of_queries_is_that_of_one_line(
    browser: Browse, alice: User, acme: Tenant, globex: Tenant, django_assert_num_queries: Any
):
    def fill(kind: str) -> None:
        cast.register(acme, name=f"Own {kind}")
        cast.connect(cast.publish(globex, name=f"Outside {kind}"), acme)

    admin = browser(alice)
    fill("first")
    admin.get(PAGE)
    # session, person, number, order, own lines, outside lines, what fails, open requests
    with django_assert_num_queries(8):
        admin.get(PAGE)
    for number in range(5):
        fill(str(number))
    with django_assert_num_queries(8):
        admin.get(PAGE)


def test_pages_of_the_console_are_compressed(browser: Browse, alice: User, web_client: tuple[Client, str]):
    page = browser(alice).get(PAGE, headers=ZIPPED)

    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    assert b"Web app" in gzip.decompress(page.content)


def test_pages_with_a_secret_and_answers_to_forms_are_not(
    browser: Browse,
    stranger: Any,
    acme: Tenant,
    alice: User,
    bob: User,
    web_client: tuple[Client, str],
    settings: Settings,
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"  # so that the link is shown
    admin, client_id = browser(alice), web_client[0].client_id

    made = admin.post(f"{PAGE}/{client_id}/secrets/new", headers=ZIPPED)
    assert b"qas_" in made.content
    assert encoding(made) == "200"
    link = admin.post(f"/console/people/{bob.pk}/link", headers=ZIPPED)
    assert b"/welcome/" in link.content
    assert encoding(link) == "200"
    trial = admin.get(f"{PAGE}/{client_id}/try", {"code": "qac_x", "state": "y"}, headers=ZIPPED)
    assert encoding(trial) == "200"
    assert encoding(admin.post(f"{PAGE}/new?type=web", {"name": ""}, headers=ZIPPED)) == "422"
    assert encoding(stranger(acme).get("/login?next=/console", headers=ZIPPED)) == "200"


def test_the_menu_of_a_line_is_a_page_too(browser: Browse, alice: User, web_client: tuple[Client, str]):
    address = f"{PAGE}/{web_client[0].client_id}/menu"
    page = browser(alice).get(address).content.decode()
    fragment = browser(alice).get(address, headers={"HX-Request": "true"}).content.decode()

    assert "<h1" in page
    assert "<html" not in fragment
    for act in ("edit", "secrets", "consent-method", "try", "grants", "publish", "disable"):
        assert f"/{web_client[0].client_id}/{act}" in page
        assert f"/{web_client[0].client_id}/{act}" in fragment
    assert f"/delete?client={web_client[0].client_id}" in fragment


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<p>\n    one\n    two\n</p>", "<p>\none\ntwo\n</p>"),
        ("one\n  {% if x %}\n    two\n  {% endif %}\n  three", "one\n{% if x %}two\n{% endif %}three"),
        ('a\n  {% translate "b" %}\n  c', 'a\n{% translate "b" %}\nc'),
        ("{% if x %}a{% endif %}\n  b", "{% if x %}a{% endif %}\nb"),
        ("<tr>\n  <td>a</td>\n  <td>b</td>\n</tr>", "<tr><td>a</td><td>b</td></tr>"),
    ],
)
def test_templates_lose_their_indentation_and_no_word_its_space(written: str, read: str):
    assert lean(written) == read
