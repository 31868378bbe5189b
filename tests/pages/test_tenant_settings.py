"""The tenant's own settings: who changes them, each section by itself, and what they do (P12)."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django_scopes import scope

from console.http.tenancy import Hosts
from console.models import Action, Connection, Event, Picture, Tenant, TenantSettings, UnfinishedAct
from console.policy import pictures
from tests import cast
from tests.policy.pictures import SVG, animated, claims_to_be, picture, upright_when_turned

pytestmark = pytest.mark.django_db
PAGE = "/console/settings"


def section(page, name):
    return next(form for form in page.context["forms"] if form.part == name)


def saved(browser, part, /, page=None, **entered):
    """The answer when a section is saved as it was opened."""
    page = page or browser.get(PAGE)
    return browser.post(PAGE, {"section": part, "shown": section(page, part).shown, **entered})


def errors(answer, name):
    """Every sentence of a section that was refused."""
    assert answer.status_code == 422
    form = answer.context["sent"]
    assert form.part == name
    return [str(sentence) for sentences in form.errors.values() for sentence in sentences]


def file(content, name="logo.png"):
    return SimpleUploadedFile(name, content, content_type="image/png")


# --- Who ----------------------------------------------------------------------------------------------------------


def test_an_auditor_reads_and_an_ordinary_user_does_not(browser, carol, bob, acme):
    TenantSettings.change(acme, {"support": "help@acme.example", "colour": "#00aa55"}, by=cast.OPERATOR)
    page = browser(carol).get(PAGE)

    assert "help@acme.example" in page.content.decode()
    assert "#00aa55" in page.content.decode()
    assert 'name="section"' not in page.content.decode()
    assert browser(carol).post(PAGE, {"section": "name", "name": "Carol's"}).status_code == 403
    assert browser(bob).get(PAGE).status_code == 403


def test_the_navigation_leads_there(browser, alice, bob):
    assert f'href="{PAGE}"' in browser(alice).get("/console/events").content.decode()
    assert f'href="{PAGE}"' not in browser(bob).get("/account").content.decode()


# --- Each section by itself ---------------------------------------------------------------------------------------


def test_each_section_is_saved_by_itself_and_the_audit_log_has_before_and_after(browser, alice, acme):
    here = browser(alice)
    assert (
        saved(here, "contact", support="help@acme.example", terms_url="https://acme.example/t").status_code
        == 303
    )
    answer = saved(here, "colour", colour="1D4ED8", support="other@acme.example")

    assert answer["Location"] == f"{PAGE}#colour"
    chosen = TenantSettings.of(acme)
    assert (chosen.colour, chosen.support) == ("#1d4ed8", "help@acme.example")
    with scope(tenant=acme):
        events = Event.objects.filter(action=Action.TENANT_UPDATED).order_by("id")
    assert [event.changes for event in events] == [
        {"support": ["", "help@acme.example"], "terms_url": ["", "https://acme.example/t"]},
        {"colour": ["", "#1d4ed8"]},
    ]
    assert {event.actor_name for event in events} == {"alice@acme.example"}
    log = here.get("/console/events").content.decode()
    assert "changed the settings of" in log


def test_saving_what_is_there_writes_nothing(browser, alice, acme):
    here = browser(alice)
    for name, entered in (("name", {"name": "Acme AB"}), ("contact", {}), ("sessions", {}), ("colour", {})):
        assert saved(here, name, **entered).status_code == 303
    with scope(tenant=acme):
        assert not Event.objects.filter(action=Action.TENANT_UPDATED).exists()


def test_the_second_of_two_administrators_is_told_and_can_go_on(browser, alice, acme):
    first, second = browser(alice), browser(alice)
    opened = second.get(PAGE)
    saved(first, "contact", support="first@acme.example")

    overtaken = saved(second, "contact", page=opened, support="second@acme.example")

    assert overtaken.status_code == 422
    text = overtaken.content.decode()
    assert "Someone else has saved this section" in text
    assert "first@acme.example" in text
    assert 'value="second@acme.example"' in text
    assert TenantSettings.of(acme).support == "first@acme.example"
    assert saved(second, "contact", page=overtaken, support="second@acme.example").status_code == 303
    assert TenantSettings.of(acme).support == "second@acme.example"


def test_another_section_that_somebody_saved_is_in_nobodys_way(browser, alice, acme):
    first, second = browser(alice), browser(alice)
    opened = second.get(PAGE)
    saved(first, "contact", support="first@acme.example")

    assert saved(second, "colour", page=opened, colour="#123456").status_code == 303
    assert TenantSettings.of(acme).support == "first@acme.example"


def test_a_section_that_there_is_not_is_not_found(browser, alice):
    assert browser(alice).post(PAGE, {"section": "issuer"}).status_code == 404


# --- Name ---------------------------------------------------------------------------------------------------------


def test_the_name_changes_everywhere_at_once(browser, alice, stranger, acme):
    stranger(acme).get("/login")  # this process remembers the tenant
    assert saved(browser(alice), "name", name="  Acme   Sverige ").status_code == 303

    assert "Acme Sverige" in stranger(acme).get("/login").content.decode()
    assert "Acme AB" not in stranger(acme).get("/login").content.decode()


@pytest.mark.parametrize(("name", "sentence"), [
    ("", "Enter a name."), ("a" * 256, "at most 255"), ("Acme\u202eBA", "invisible or misleading"),
    ("...", "visible letter"),
])  # fmt: skip
def test_a_name_that_cannot_be(browser, alice, acme, name, sentence):
    assert any(sentence in each for each in errors(saved(browser(alice), "name", name=name), "name"))
    assert Tenant.objects.get(pk=acme.pk).name == "Acme AB"


def test_other_tenants_approve_published_clients_again_under_a_new_name(
    browser, alice, acme, globex, django_capture_on_commit_callbacks
):
    client = cast.publish(acme)
    alone, _secret = cast.register(acme, name="Not published")
    connection = cast.connect(client, globex)
    assert "asked to approve them again" in browser(alice).get(PAGE).content.decode()

    saved(browser(alice), "name", name="Acme Group")

    client.refresh_from_db()
    alone.refresh_from_db()
    connection = Connection._base_manager.get(pk=connection.pk)
    assert (client.version, alone.version, connection.pending_version) == (2, 1, 2)
    UnfinishedAct.finish_all()
    with scope(tenant=globex):
        told = Event.objects.get(action=Action.CONNECTION_CHANGED_BY_OWNER)
    assert told.details == {"version": 2}


# --- Logo ---------------------------------------------------------------------------------------------------------


def test_a_logo_is_made_anew_kept_in_the_database_and_shown(browser, alice, stranger, acme):
    assert saved(browser(alice), "logo", logo=file(upright_when_turned())).status_code == 303

    kept = Picture._base_manager.get(tenant=acme)
    assert TenantSettings.of(acme).logo == kept.digest
    assert b"telephone" not in bytes(kept.content)
    page = stranger(acme).get("/login").content.decode()
    assert f'src="/brand/{kept.digest}.webp"' in page
    assert stranger(acme).get(f"/brand/{kept.digest}.webp").content == bytes(kept.content)


def test_a_logo_is_removed(browser, alice, stranger, acme):
    saved(browser(alice), "logo", logo=file(picture()))
    assert saved(browser(alice), "logo", remove="logo").status_code == 303

    assert TenantSettings.of(acme).logo == ""
    assert "/brand/" not in stranger(acme).get("/login").content.decode()


def test_pictures_that_nothing_shows_any_more_go_with_the_next_upload(browser, alice, acme, time_machine):
    shades = [(shade, 0, 0) for shade in (10, 90, 180)]
    for shade in shades:
        saved(browser(alice), "logo", logo=file(picture(colour=shade)))
        time_machine.move_to(Picture._base_manager.order_by("-pk")[0].kept_at + timedelta(hours=2), tick=True)

    # The one that was shown last may still be asked for by a page that is open.
    assert [kept.digest for kept in Picture._base_manager.order_by("pk")] == [
        pictures.logo(picture(colour=shade)).digest for shade in shades[1:]
    ]


@pytest.mark.parametrize(("uploaded", "sentence"), [
    (b"", pictures.EMPTY), (b"\xff\xd8\xff" + b"\0" * (513 * 1024), pictures.TOO_LARGE), (SVG, pictures.NO_SVG),
    (b"text", pictures.NO_PICTURE), (animated("GIF"), pictures.NO_GIF), (animated("WEBP"), pictures.NO_ANIMATION),
    (claims_to_be(60_000, 60_000), pictures.TOO_MANY_PIXELS), (picture()[:80], pictures.DAMAGED),
])  # fmt: skip
def test_a_bad_upload_has_a_sentence_next_to_the_field(browser, alice, acme, uploaded, sentence):
    answer = saved(browser(alice), "logo", logo=file(uploaded))

    assert errors(answer, "logo") == [sentence]
    assert 'aria-describedby="id_logo_logo_helptext id_logo_logo_error"' in answer.content.decode()
    assert not Picture._base_manager.exists()


def test_no_file_is_said_too(browser, alice):
    assert errors(saved(browser(alice), "logo"), "logo") == ["Choose a file."]
    assert errors(saved(browser(alice), "logo", logo="a text"), "logo") == ["Choose a file."]


def test_a_file_of_which_nothing_was_kept_is_said_to_be_too_large(alice, acme):
    """The server does not keep what is longer than a megabyte: the token of the form goes with it."""
    strict = Browser(enforce_csrf_checks=True, headers={"Host": cast.host_of(acme)})
    strict.cookies = cast.signed_in_as(alice).cookies
    answer = strict.post(PAGE, {"logo": file(b"\0" * 1_100_000)})

    assert answer.status_code == 413
    assert "at most 512 kB" in answer.content.decode()


# --- Colour -------------------------------------------------------------------------------------------------------


def test_the_colour_is_a_style_sheet_of_its_own_on_the_pages_where_people_meet_the_tenant(
    browser, alice, bob, stranger, acme
):
    saved(browser(alice), "colour", colour="#ffdd00")
    page = stranger(acme).get("/login").content.decode()
    [path] = {word.split('"')[0] for word in page.split('href="') if word.startswith("/brand/")}
    sheet = stranger(acme).get(path)

    assert sheet.content.decode().startswith("@layer tokens{:root{--accent:light-dark(#ffdd00,")
    assert "--on-accent:light-dark(#000000,#000000)" in sheet.content.decode()
    assert "style=" not in page
    assert path not in browser(alice).get("/console/events").content.decode()  # the console keeps its own
    assert "Black text, contrast 15" in browser(alice).get(PAGE).content.decode()


@pytest.mark.parametrize(("entered", "kept"), [
    ({"colour": "#ABC"}, "#aabbcc"), ({"colour": "", "picked": "#00ff00"}, "#00ff00"),
    ({"colour": "#111111", "picked": "#00ff00"}, "#111111"), ({"colour": "", "picked": "#3344cc"}, ""),
])  # fmt: skip
def test_of_text_and_picker_the_one_that_was_changed_counts(browser, alice, acme, entered, kept):
    saved(browser(alice), "colour", **entered)
    assert TenantSettings.of(acme).colour == kept


def test_a_colour_can_be_taken_away(browser, alice, acme):
    saved(browser(alice), "colour", colour="#00aa55")
    saved(browser(alice), "colour", colour="", picked="#00aa55")
    assert TenantSettings.of(acme).colour == ""


def test_what_is_no_colour_is_refused(browser, alice):
    answer = saved(browser(alice), "colour", colour="red;}body{display:none")
    assert any("Enter a colour" in sentence or "at most" in sentence for sentence in errors(answer, "colour"))


# --- Contact ------------------------------------------------------------------------------------------------------


def test_support_terms_and_privacy_stand_below_the_pages_for_people(browser, alice, stranger, acme):
    entered = {"terms_url": "https://acme.example/terms", "privacy_url": "https://acme.example/privacy"}
    saved(browser(alice), "contact", support="help@acme.example", **entered)

    for path in ("/login", "/forgot-password", "/nowhere"):
        page = stranger(acme).get(path).content.decode()
        assert 'href="mailto:help@acme.example"' in page, path
        assert 'href="https://acme.example/terms"' in page
        assert 'href="https://acme.example/privacy"' in page


@pytest.mark.parametrize(("field", "written"), [
    ("support", "help"), ("support", "http://acme.example"), ("support", "javascript://x.example/%0aalert(1)"),
    ("support", "a@b"), ("support", "a?subject=x@acme.example"), ("support", "help@acme.example\u202e"),
    ("terms_url", "http://acme.example/terms"), ("terms_url", "acme.example"), ("privacy_url", "https://u:p@a.example"),
    ("privacy_url", "https://a.example/\u202e"), ("privacy_url", "https://" + "a" * 2100 + ".example"),
])  # fmt: skip
def test_what_cannot_be_a_contact(browser, alice, acme, field, written):
    assert errors(saved(browser(alice), "contact", **{field: written}), "contact")
    assert not TenantSettings._base_manager.exists()


# --- Sessions -----------------------------------------------------------------------------------------------------


@pytest.fixture
def limited(browser, alice, acme):
    assert saved(browser(alice), "sessions", session_idle="10", session_absolute="60").status_code == 303


@pytest.mark.spec("ASVS 5.0", "7.3.1")
def test_a_session_ends_after_the_tenants_minutes_without_activity(
    limited, browser, bob, gustav, time_machine
):
    here, elsewhere = browser(bob), browser(gustav)
    start = here.session["auth_time"]
    time_machine.move_to(start + 9 * 60, tick=False)
    assert here.get("/account").status_code == 200
    time_machine.move_to(start + 18 * 60, tick=False)
    assert here.get("/account").status_code == 200
    time_machine.move_to(start + 28 * 60 + 1, tick=False)
    assert here.get("/account").status_code == 302
    assert elsewhere.get("/account").status_code == 200


@pytest.mark.spec("ASVS 5.0", "7.3.2")
def test_a_session_ends_after_the_tenants_minutes_in_any_case(limited, browser, bob, time_machine):
    here = browser(bob)
    start = here.session["auth_time"]
    for minute in range(8, 60, 8):
        time_machine.move_to(start + minute * 60, tick=False)
        assert here.get("/account").status_code == 200, minute
    time_machine.move_to(start + 60 * 60 + 1, tick=False)
    assert here.get("/account").status_code == 302


def test_a_session_that_began_under_longer_limits_ends_too(browser, alice, bob, time_machine):
    here = browser(bob)
    start = here.session["auth_time"]
    time_machine.move_to(start + 30 * 60, tick=False)
    saved(browser(alice), "sessions", session_idle="10", session_absolute="15")

    assert here.get("/account").status_code == 302


def test_what_the_operator_lowers_later_counts(browser, alice, bob, settings, time_machine):
    saved(browser(alice), "sessions", session_idle="400", session_absolute="1000")
    settings.SESSION_IDLE, settings.SESSION_ABSOLUTE = timedelta(minutes=30), timedelta(minutes=60)
    Hosts.forget()
    here = browser(bob)
    time_machine.move_to(here.session["auth_time"] + 31 * 60, tick=False)

    assert here.get("/account").status_code == 302


@pytest.mark.parametrize(("idle", "absolute", "sentence"), [
    ("481", "", "between 5 and 480"), ("4", "", "between 5 and 480"), ("", "1441", "between 15 and 1440"),
    ("", "14", "between 15 and 1440"), ("60", "30", "cannot be idle for longer"), ("x", "", "whole number"),
    ("-5", "", "between 5"), ("9999999999999999999999", "", "between 5"),
])  # fmt: skip
def test_limits_that_cannot_be(browser, alice, idle, absolute, sentence):
    answer = saved(browser(alice), "sessions", session_idle=idle, session_absolute=absolute)
    assert any(sentence in each for each in errors(answer, "sessions"))


def test_limits_can_be_taken_away(limited, browser, alice, acme):
    saved(browser(alice), "sessions", session_idle="", session_absolute="")
    assert TenantSettings.of(acme).session_limits == TenantSettings(tenant=acme).session_limits


# --- Hostnames ----------------------------------------------------------------------------------------------------


def test_hostnames_are_read_only_and_the_canonical_one_is_marked(browser, alice, acme):
    acme.add_host("acme.example.com", by=cast.OPERATOR)
    page = browser(alice).get(PAGE)

    assert page.context["hosts"] == [("acme.example.com", False), ("acme.localhost:8000", True)]
    assert page.content.decode().count("Canonical<") == 1


# --- Tenants apart ------------------------------------------------------------------------------------------------


def test_a_tenant_shows_nothing_of_another(browser, alice, mallory, stranger, acme, globex):
    saved(browser(alice), "logo", logo=file(picture()))
    saved(browser(alice), "contact", support="help@acme.example")
    digest = TenantSettings.of(acme).logo

    assert "help@acme.example" not in stranger(globex).get("/login").content.decode()
    assert "help@acme.example" not in browser(mallory).get(PAGE).content.decode()
    assert stranger(globex).get(f"/brand/{digest}.webp").status_code == 404
    saved(browser(mallory), "logo", logo=file(picture()))  # the same picture, and its own
    assert stranger(globex).get(f"/brand/{digest}.webp").status_code == 200
    saved(browser(mallory), "logo", remove="logo")
    assert stranger(acme).get(f"/brand/{digest}.webp").status_code == 200
