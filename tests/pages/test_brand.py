"""Logos and colours as files: who gets which, and for how long a browser keeps them."""

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError
from django.test import Client as Browser
from django_scopes import scope

from console.http import brand
from console.models import Client, Connection, Picture, Tenant, TenantSettings, client_logo
from console.policy import pictures
from tests import cast
from tests.policy.pictures import picture

pytestmark = pytest.mark.django_db
RED, GREEN = pictures.logo(picture()), pictures.logo(picture(colour=(0, 200, 0)))


def path(logo: pictures.Logo = RED) -> str:
    return f"/brand/{logo.digest}.webp"


def with_logo(client: Client, logo: pictures.Logo | None = RED) -> Client:
    with scope(tenant=client.tenant):
        client_logo.change(client, logo, by=cast.OPERATOR)
    return client


@pytest.fixture
def tenants_logo(acme: Tenant) -> None:
    TenantSettings.change(acme, {}, by=cast.OPERATOR, picture=RED)


def test_a_logo_is_kept_for_ever_and_depends_on_nobody(tenants_logo, stranger, browser, bob, acme):
    answers = [stranger(acme).get(path()), browser(bob).get(path()), stranger(acme).head(path())]
    for answer in answers:
        assert answer.status_code == 200
        assert answer["Content-Type"] == "image/webp"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer["Content-Security-Policy"].startswith("default-src 'none'")
        assert not answer.cookies
        assert "Vary" not in answer
    assert answers[0].content == RED.content


def test_asking_for_a_logo_is_no_activity_of_a_session(tenants_logo, browser, bob, time_machine):
    here = browser(bob)
    seen = here.session["seen"]
    time_machine.move_to(seen + 3600, tick=False)
    here.get(path())
    assert here.session["seen"] == seen


@pytest.mark.parametrize("name", [
    "", "x", "0" * 32, "0" * 32 + ".webp", "A" * 32 + ".webp", "../settings.py", "0" * 33 + ".webp", "0" * 32 + ".svg",
    "1d4ed8.css", "1d4ed8-00000000.css", "red-00000000.css", "\u0664" * 32 + ".webp",
])  # fmt: skip
def test_anything_else_is_not_found_and_not_kept(tenants_logo, stranger, acme, name):
    answer = stranger(acme).get(f"/brand/{name}")
    assert answer.status_code == 404
    assert "max-age" not in answer.get("Cache-Control", "")


def test_a_form_is_not_taken(tenants_logo, acme):
    strict = Browser(enforce_csrf_checks=True, headers={"Host": cast.host_of(acme)})
    assert strict.post(path()).status_code == 405


def test_the_region_host_has_none(tenants_logo):
    answer = Browser(headers={"Host": django_settings.REGION_HOST}).get(path())
    assert answer.status_code == 404


def test_a_colours_style_sheet_is_kept_for_ever(stranger, acme):
    answer = stranger(acme).get(brand.stylesheet_path("#1d4ed8"))
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "--accent:light-dark(#1d4ed8,#" in answer.content.decode()


def test_its_name_changes_with_what_is_in_it(monkeypatch, stranger, acme):
    before = brand.stylesheet_path("#1d4ed8")
    monkeypatch.setattr(brand, "stylesheet", lambda colour: f"/* another version of {colour} */")
    assert brand.stylesheet_path("#1d4ed8") != before
    assert stranger(acme).get(before).status_code == 404


# --- Tenants apart ------------------------------------------------------------------------------------------------


def test_a_tenants_own_logo_is_nobody_elses(tenants_logo, stranger, globex):
    assert stranger(globex).get(path()).status_code == 404


def test_the_logo_of_a_client_is_there_for_tenants_that_can_use_it(stranger, acme, globex):
    client = with_logo(cast.register(acme)[0])
    assert stranger(globex).get(path()).status_code == 404
    with scope(tenant=acme):
        client.publish(by=cast.OPERATOR)
    assert stranger(globex).get(path()).status_code == 200
    with scope(tenant=acme):
        client.unpublish(by=cast.OPERATOR, connected_stay=True)
    assert stranger(globex).get(path()).status_code == 404


def test_a_tenant_that_stays_connected_keeps_the_logo(stranger, acme, globex):
    client = with_logo(cast.publish(acme))
    cast.connect(client, globex)
    with scope(tenant=acme):
        client.unpublish(by=cast.OPERATOR, connected_stay=True)
    assert stranger(globex).get(path()).status_code == 200
    Connection._base_manager.filter(tenant=globex).delete()
    assert stranger(globex).get(path()).status_code == 404


def test_publishing_one_client_shows_no_other_picture(tenants_logo, stranger, acme, globex):
    with_logo(cast.publish(acme), GREEN)
    assert stranger(globex).get(path(GREEN)).status_code == 200
    assert stranger(globex).get(path(RED)).status_code == 404


def test_a_client_cannot_name_the_picture_of_another_tenant(tenants_logo, stranger, globex, acme):
    """It names a digest; the picture must be its own tenant's."""
    client = cast.publish(globex)
    with scope(tenant=globex):
        client.edit(by=cast.OPERATOR, logo=RED.digest)
    assert stranger(globex).get(path()).status_code == 404
    third = cast.found("initech", "Initech", 8000)
    assert stranger(third).get(path()).status_code == 404


def test_a_deleted_client_shows_nothing_and_comes_back_with_its_logo(stranger, acme, globex):
    client = with_logo(cast.publish(acme))
    with scope(tenant=acme):
        client.remove(by=cast.OPERATOR)
    assert stranger(globex).get(path()).status_code == 404
    TenantSettings.change(acme, {}, by=cast.OPERATOR, picture=GREEN)  # an upload tidies up
    with scope(tenant=acme):
        client.restore(by=cast.OPERATOR)
    assert stranger(globex).get(path()).status_code == 200


def test_the_same_picture_in_two_places_goes_with_the_last(acme, time_machine):
    first, second = cast.register(acme)[0], cast.register(acme, name="Second")[0]
    for client in (first, second):
        with_logo(client)
    assert Picture._base_manager.count() == 1
    with_logo(first, None)
    time_machine.move_to(Picture._base_manager.get().kept_at.timestamp() + 7200, tick=False)
    TenantSettings.change(acme, {}, by=cast.OPERATOR, picture=GREEN)
    assert Picture._base_manager.count() == 2
    with_logo(second, None)
    time_machine.move_to(Picture._base_manager.latest("kept_at").kept_at.timestamp() + 7200, tick=False)
    TenantSettings.change(acme, {}, by=cast.OPERATOR, picture=GREEN)
    assert [kept.digest for kept in Picture._base_manager.all()] == [GREEN.digest]


def test_a_page_about_a_failure_of_the_database_needs_no_brand(stranger, acme, monkeypatch):
    def fails(tenant: Tenant) -> None:
        raise OperationalError

    monkeypatch.setattr(TenantSettings, "of", fails)
    assert stranger(acme).get("/nowhere").status_code == 404
