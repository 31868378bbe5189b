"""How a tenant looks to people: every colour can be read, and pages fit, whatever was uploaded and written."""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django_scopes import scope
from PIL import Image
from playwright.sync_api import Page, expect

from console.http.tenancy import Hosts
from console.models import Tenant, TenantSettings, User, client_logo
from console.policy import pictures
from tests import cast
from tests.oauth.driver import Application
from tests.policy.pictures import picture

COLOURS = ["#ffffff", "#000000", "#ffdd00", "#ff0000", "#00ff88", "#767676"]
PHONE = {"width": 390, "height": 844}
LONG = "Kungliga Tekniska och Naturvetenskapliga Samarbetsorganisationen för Norra Östersjöregionen AB"
LINKS: dict[str, Any] = {
    "support": "help@acme.example",
    "terms_url": "https://acme.example/terms",
    "privacy_url": "https://acme.example/privacy",
}
PLACES = os.environ.get("SHOTS", "")


def seen(page: Page, name: str) -> None:
    """Keeps a picture of the page for whoever wants to look at it: SHOTS names a folder."""
    if PLACES:
        page.screenshot(path=Path(PLACES) / f"{name}.png", full_page=True)


def choose(tenant: Tenant, *, picture: pictures.Logo | None = None, **facts: Any) -> None:
    TenantSettings.change(tenant, facts, by=cast.OPERATOR, picture=picture)
    Hosts.forget()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_can_be_read(
    new_page: Callable[..., Page],
    signed_in: Callable[..., Page],
    violations: Callable[[Page], list[str]],
    acme: Tenant,
    bob: User,
    scheme: str,
):
    client, secret = cast.register(
        acme, terms_url="https://app.example.com/terms", contact_email="dev@app.example.com"
    )
    asks = acme.issuer + Application(client, secret).address()
    visitor, person = (new_page(color_scheme=scheme) for _ in range(2))
    signed_in(person, bob)
    for colour in COLOURS:
        choose(acme, colour=colour, **LINKS)
        visitor.goto(f"{acme.issuer}/login")
        assert violations(visitor) == [], colour
        seen(visitor, f"sign-in-{scheme}-{colour[1:]}")
        person.goto(asks)
        assert violations(person) == [], colour
    expect(person.get_by_role("link", name="Terms of service")).to_be_visible()


@pytest.mark.parametrize(("scheme", "size", "locale"), [
    ("light", {"width": 1440, "height": 900}, "en-GB"), ("dark", PHONE, "sv-SE"),
    ("light", {"width": 320, "height": 640}, "sv-SE"),
])  # fmt: skip
def test_a_long_name_and_any_logo_fit(
    new_page: Callable[..., Page],
    signed_in: Callable[..., Page],
    violations: Callable[[Page], list[str]],
    acme: Tenant,
    alice: User,
    scheme: str,
    size: dict[str, int],
    locale: str,
):
    client, secret = cast.register(acme, name="Reports " * 12, privacy_url="https://app.example.com/privacy")
    with scope(tenant=acme):
        tall = pictures.logo(picture(size=(40, 200), colour=(0, 120, 60)))
        client_logo.change(client, tall, by=cast.OPERATOR)
    wide = pictures.logo(picture(size=(1000, 100)))
    page = signed_in(new_page(color_scheme=scheme, viewport=size, locale=locale), alice)
    width = f"{size['width']}-{scheme}"
    for look in ({}, {"name": LONG, "colour": "#0a7d4f", "picture": wide, **LINKS}):
        if look:
            choose(acme, **look)
        kind = "brand" if look else "plain"
        for name, path in {
            "sign-in": "/login?switch=1",
            "consent": Application(client, secret).address(),
            "device": "/device",
            "missing": "/nowhere",
            "settings": "/console/settings",
            "logo": f"/console/oauth/{client.client_id}/logo",
        }.items():
            page.goto(acme.issuer + path)
            assert fits(page), (name, kind)
            assert violations(page) == [], (name, kind)
            seen(page, f"{name}-{kind}-{width}")


def test_an_administrator_chooses_logo_and_colour(
    new_page: Callable[..., Page], signed_in: Callable[..., Page], acme: Tenant, alice: User, tmp_path: Path
):
    page = signed_in(new_page(), alice)
    page.goto(f"{acme.issuer}/console/settings")
    large, good = tmp_path / "large.bmp", tmp_path / "good.png"
    large.write_bytes(b"\0" * 600_000)
    good.write_bytes(picture())

    page.locator("input[type=file]").set_input_files(large)
    page.get_by_role("button", name="Upload").click()
    assert page.evaluate("document.querySelector('input[type=file]').validationMessage") == pictures.TOO_LARGE
    page.locator("input[type=file]").set_input_files(good)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("“Logo” has been saved.")).to_be_visible()
    expect(page.get_by_alt_text("The present logo")).to_be_visible()

    page.get_by_label("Pick a colour").fill("#cc3300")
    expect(page.get_by_label("Colour (optional)", exact=True)).to_have_value("#cc3300")
    page.get_by_role("button", name="Save Colour").click()
    expect(page.get_by_text("Light: White text, contrast 5.1:1")).to_be_visible()

    visitor = new_page()
    visitor.goto(f"{acme.issuer}/login")
    shown = visitor.locator(".focused__tenant img")
    assert shown.evaluate("image => image.complete && image.naturalWidth") == 256
    button = visitor.get_by_role("button", name="Sign in")
    assert button.evaluate("button => getComputedStyle(button).backgroundColor") == "rgb(204, 51, 0)"


def test_a_photograph_is_taken_without_javascript(
    new_page: Callable[..., Page], signed_in: Callable[..., Page], acme: Tenant, alice: User, tmp_path: Path
):
    page = signed_in(new_page(java_script_enabled=False), alice)
    page.goto(f"{acme.issuer}/console/settings")
    file = BytesIO()
    Image.effect_noise((900, 600), 60).convert("CMYK").save(file, "JPEG", quality=60)
    photograph = tmp_path / "photograph.jpg"
    photograph.write_bytes(file.getvalue())

    page.locator("input[type=file]").set_input_files(photograph)
    page.get_by_role("button", name="Upload").click()

    expect(page.get_by_alt_text("The present logo")).to_be_visible()
