"""A person lets a device in, in Chromium: without scripts, by keyboard, and with axe-core in every theme and width."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.cast import PASSWORD
from tests.oauth.devices import Device, registered

PHONE = {"width": 390, "height": 844}
SCOPES = "openid profile email offline_access user_default"


@pytest.fixture
def tv(acme):
    return Device(registered(acme))


def test_it_works_without_scripts_from_sign_in_to_receipt(tv, new_page, acme, bob):
    begun = tv.begin(scope=SCOPES)
    page = new_page(java_script_enabled=False)
    page.goto(begun["verification_uri"])
    page.get_by_label("Email").fill(bob.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").fill("BCDF-GHJK")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("This code is unknown")).to_be_visible()
    page.get_by_label("Code").fill(begun["user_code"].lower())
    page.get_by_label("Code").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Allow Television on a device")
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You can go back to your device")
    assert tv.poll(begun).status_code == 200


@pytest.mark.parametrize(
    "look",
    [
        {"color_scheme": "light", "locale": "en-GB"},
        {"color_scheme": "dark", "locale": "sv-SE", "viewport": PHONE},
    ],
    ids=["light, wide", "dark, narrow, Swedish"],
)
def test_every_state_is_accessible_and_fits(tv, new_page, signed_in, bob, acme, violations, look):
    page = signed_in(new_page(**look), bob)
    wide = "viewport" not in look

    def looked_at(name):
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        if folder := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{'light' if wide else 'dark'}.png", full_page=True)

    begun = tv.begin(scope=SCOPES)
    page.goto(begun["verification_uri"])
    looked_at("code")
    page.locator("#id_user_code").fill("xyz")
    page.locator("#id_user_code").press("Enter")
    expect(page.locator("#id_user_code")).to_have_attribute("aria-invalid", "true")
    looked_at("wrong code")
    page.goto(begun["verification_uri_complete"])
    looked_at("code to confirm")
    page.locator("main button").click()
    expect(page.locator("button[value=allow]")).to_be_visible()
    boxes = [page.locator(f"button[value={value}]").bounding_box() for value in ("allow", "deny")]
    assert boxes[0]["width"] == pytest.approx(boxes[1]["width"], abs=1)
    assert boxes[0]["height"] == boxes[1]["height"]
    looked_at("question")
    page.locator("button[value=allow]").click()
    expect(page.locator("button[value=allow]")).to_have_count(0)
    looked_at("allowed")
    page.goto(tv.begin()["verification_uri_complete"])
    page.locator("main button").click()
    page.locator("button[value=deny]").click()
    expect(page.locator("button[value=deny]")).to_have_count(0)
    looked_at("denied")
