"""axe-core finds nothing wrong with any page, in any state that people meet (WCAG 2.2 AA, S16, P4).

ADDRESSES are states that an address alone leads to; the functions marked with `reached_by_hand` do something first.
All of them are looked at in the light theme on a wide screen, the most used ones in every theme and width.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.utils import timezone
from django_scopes import scope
from playwright.sync_api import Page, expect

from console.models import (
    ApiSecret,
    ClientSecret,
    Consent,
    Invitation,
    Invited,
    Tenant,
    User,
    use_count,
    use_total,
)
from tests import cast
from tests.oauth.driver import Application

from .shared_clients import shared_clients

STRANGER = "nobody"
PHONE = {"width": 390, "height": 844}


@dataclass
class Scene:
    """Two tenants with what their pages show, and a page for each person who looks at them."""

    acme: Tenant
    globex: Tenant
    people: dict[str, User]
    reports: Application
    viewer: Application
    addresses: dict[str, str]
    open_page: Callable[[str], Page]
    pages: dict[str, Page] = field(default_factory=dict)

    def visit(self, who: str, path: str) -> Page:
        """The page of a person, at an address of their tenant (or at a whole one)."""
        if who not in self.pages:
            self.pages[who] = self.open_page(who)
        page = self.pages[who]
        tenant = self.people[who].tenant if who in self.people else self.acme
        page.goto(path if path.startswith("http") else tenant.issuer + path)
        return page

    def dialog(self, who: str, path: str, *links: str) -> Page:
        """The dialog that these links lead to, one from the other."""
        page = self.visit(who, path)
        for link in links:
            page.get_by_role("link", name=link).first.click()
            expect(page.get_by_role("dialog")).to_be_visible()
        return page


@pytest.fixture
def scene(acme, globex, alice, bob, carol, mallory, register, port, new_page, signed_in):
    """`scene(color_scheme="dark", …)`: what the pages show is the same in every theme, width and language."""

    def furnish(**options: Any) -> Scene:
        use_count._noted.clear()  # of the tenants of other tests
        use_total._noted.clear()
        callback = [f"http://localhost:{port}/"]
        reports = Application(
            *register(acme, by=alice, name="Reports", redirect_uris=callback, description="Figures")
        )
        powerful = ["openid", "user_default", "admin_classic"]
        viewer = Application(
            *register(
                acme, by=alice, name="Viewer", type="native", redirect_uris=callback, allowed_scopes=powerful
            )
        )
        reload_, _ = register(
            acme,
            by=alice,
            name="Nightly reload",
            grant_types=["client_credentials"],
            consent_method="trusted",
            allowed_scopes=["user_default", "admin_classic"],
        )
        loader, _ = register(
            acme,
            name="Loader",
            grant_types=["client_credentials"],
            consent_method="trusted",
            redirect_uris=[],
            allowed_scopes=["user_default"],
        )
        closed, _ = register(acme, by=alice, name="Closed", redirect_uris=callback)
        orders, _ = cast.register_api(acme, published=True)
        stock, _ = cast.register_api(acme, "urn:example:stock", name="Stock")
        held = ["openid", "user_default", *orders.qualified_scopes, *stock.qualified_scopes]
        ordering, _ = register(
            acme, by=alice, name="Orders", grant_types=["client_credentials"], allowed_scopes=held
        )
        with scope(tenant=acme):
            closed.disable(by=cast.OPERATOR)
            ClientSecret.add_to(loader, by=cast.OPERATOR)
            dora = User.invite(acme, "dora@acme.example", by=cast.OPERATOR, name="Dora")
        reports.tokens(cast.signed_in_as(bob), scope="openid profile offline_access")
        reports.token(grant_type="authorization_code", code="none")
        use_count.write_noted()
        people = {"alice": alice, "bob": bob, "carol": carol, "mallory": mallory}

        def open_page(who: str) -> Page:
            page: Page = new_page(reduced_motion="reduce", **options)
            return signed_in(page, people[who]) if who in people else page

        with scope(tenant=acme):
            ClientSecret.objects.filter(client=ordering).update(
                created_at=timezone.now() - timedelta(days=91)
            )
            secret = ClientSecret.objects.get(client__client_id=reports.client_id)
            reports_client = secret.client
            api_secret = ApiSecret.objects.get(api=orders)
            consent = Consent.objects.get(user=bob)
        here = f"/console/oauth/{reports.client_id}"
        addresses = {
            "client": here,
            "secret": f"{here}/secrets/{secret.pk}",
            "problem": f"{here}/problems/{cast.problem(reports_client, signed_in=False).pk}",
            "machine": f"/console/oauth/{reload_.client_id}",
            "only machine": f"/console/oauth/{loader.client_id}",
            "public": f"/console/oauth/{viewer.client_id}",
            "closed": Application(closed).address(),
            "disabled": f"/console/oauth/{closed.client_id}",
            "ask": viewer.address(scope=" ".join(powerful)),
            "ask more": reports.address(scope="openid email user_default"),
            "ask wrongly": reports.address(redirect_uri="https://elsewhere.example.com/"),
            "consent": f"/account/applications/{consent.pk}/withdraw",
            "welcome": f"/welcome/{dora.pk}?token={default_token_generator.make_token(dora)}",
            "region": f"http://localhost:{port}/",
            "api": f"/console/apis/{orders.pk}",
            "api secret": f"/console/apis/{orders.pk}/secrets/{api_secret.pk}/remove",
            "unpublished api": f"/console/apis/{stock.pk}",
            "ordering id": ordering.client_id,
            "ordering": f"/console/oauth/{ordering.client_id}",
            "grant": f"/console/people/{bob.pk}/grants/{reports.client_id}/withdraw",
        }
        addresses |= people_addresses(acme, bob)
        addresses |= shared_clients(acme, alice, bob, port)
        return Scene(acme, globex, people, reports, viewer, addresses, open_page)

    return furnish


def people_addresses(acme: Tenant, bob: User) -> dict[str, str]:
    """Where a person, groups and an invitation are; the browser of the invited person comes with a link that works."""
    people = "/console/people"
    group, empty = cast.group(acme, "Finance", bob), cast.group(acme, "Nobody")
    with scope(tenant=acme):
        anna = [Invited("anna@acme.example", "Anna")]
        [(invitation, token)] = Invitation.send(
            acme, anna, role="user", language="en", mailed=True, by=cast.OPERATOR
        )
    return {
        "person": f"{people}/{bob.pk}",
        "group": f"{people}/groups/{group.pk}",
        "empty group": f"{people}/groups/{empty.pk}",
        "invitation": f"{people}/invitations/{invitation.pk}",
        "accept": f"/invitations/{invitation.pk}?token={token}",
    }


# --- What an address alone leads to: name -> (who, address); {…} is one of the scene's --------------------------------

MAIN = {
    "sign-in": (STRANGER, "/login"),
    "overview": ("alice", "/console"),
    "OAuth list": ("alice", "/console/oauth"),
    "row menu as a page": ("alice", "{client}/menu"),
    "page of a client": ("alice", "{client}"),
    "quick start": ("alice", "{client}/quick-start"),
    "activity of a client": ("alice", "{client}/activity"),
    "edit": ("alice", "{client}/edit"),
    "secrets": ("alice", "{client}/secrets"),
    "configuration": ("alice", "/console/oauth/configuration?client="),
    "audit log": ("alice", "/console/events"),
    "connected applications": ("bob", "/account/applications"),
    "consent": ("bob", "{ask}"),
    "refused": ("bob", "{ask wrongly}"),
    "no such page": (STRANGER, "/nothing/here"),
}
ADDRESSES = MAIN | {
    "client settings": ("alice", "{client}/settings"),
    "client settings for an auditor": ("carol", "{client}/settings"),
    "client settings, application": ("alice", "{client}/settings/application"),
    "client settings, addresses": ("alice", "{client}/settings/addresses"),
    "client settings, authentication": ("alice", "{machine}/settings/authentication"),
    "client settings, grants": ("alice", "{machine}/settings/grants"),
    "client settings, public": ("alice", "{public}/settings/addresses"),
    "client scopes": ("alice", "{client}/scopes"),
    "client scopes, edit": ("alice", "{client}/scopes/edit"),
    "sign-in to an application": (STRANGER, "{ask}"),
    "welcome": (STRANGER, "{welcome}"),
    "dead link": (STRANGER, "/welcome/00000000-0000-0000-0000-000000000000"),
    "signed out": (STRANGER, "/logout"),
    "refused: unknown client": (STRANGER, "/oauth/authorize?client_id=unknown"),
    "refused: disabled client": (STRANGER, "{closed}"),
    "sign-out refused": (STRANGER, "/oauth/logout?id_token_hint=x"),
    "region start": (STRANGER, "{region}"),
    "no such page of the region": (STRANGER, "{region}nothing"),
    "OAuth list without a match": ("alice", "/console/oauth?q=nothing+of+the+kind"),
    "OAuth list sorted and filtered": ("alice", "/console/oauth?sort=-last_used&status=enabled"),
    "overview, empty": ("mallory", "/console"),
    "overview for an auditor": ("carol", "/console"),
    "OAuth list, empty": ("mallory", "/console/oauth"),
    "OAuth list of an auditor": ("carol", "/console/oauth"),
    "type": ("alice", "/console/oauth/new"),
    "unsupported type": ("alice", "/console/oauth/new?type=anonymous-embed"),
    "new web client": ("alice", "/console/oauth/new?type=web"),
    "new single-page app": ("alice", "/console/oauth/new?type=spa"),
    "new native client": ("alice", "/console/oauth/new?type=native"),
    "new machine": ("alice", "/console/oauth/new?type=machine"),
    "edit, machine": ("alice", "{machine}/edit"),
    "details for an auditor": ("carol", "{client}/edit"),
    "page of a disabled client": ("alice", "{disabled}"),
    "page of a published client for an auditor": ("carol", "{ours}"),
    "quick start with APIs": ("alice", "{ordering}/quick-start"),
    "scopes of an outside client": ("alice", "{connection}/allowed"),
    "activity of an outside client": ("alice", "{connection}/activity"),
    "secrets of a public client": ("alice", "{public}/secrets"),
    "secrets for an auditor": ("carol", "{client}/secrets"),
    "new secret": ("alice", "{client}/secrets/new"),
    "edit secret": ("alice", "{secret}/edit"),
    "disable secret": ("alice", "{secret}/disable"),
    "enable secret": ("alice", "{secret}/enable"),
    "remove secret": ("alice", "{secret}/remove"),
    "a secret that is replaced": ("alice", "{only machine}/secrets"),
    "delete": ("alice", "/console/oauth/delete?client="),
    "disable several": ("alice", "/console/oauth/disable?client="),
    "disable": ("alice", "{client}/disable"),
    "enable": ("alice", "{machine}/enable"),
    "consent method": ("alice", "{machine}/consent-method"),
    "configuration without clients": ("mallory", "/console/oauth/configuration"),
    "try it": ("alice", "{client}/try"),
    "try it, machine": ("alice", "{machine}/try"),
    "try it, refused": ("alice", "{client}/try?error=access_denied"),
    "outside clients": ("alice", "/console/outside-clients"),
    "settings of the tenant": ("alice", "/console/settings"),
    "settings of the tenant for an auditor": ("carol", "/console/settings"),
    "logo of a client": ("alice", "{client}/logo"),
    "outside clients for an auditor": ("carol", "/console/outside-clients"),
    "refused: a client ID that cannot be read": ("bob", "/oauth/authorize?client_id=https://127.0.0.1/c"),
    "posture": ("alice", "/console/posture"),
    "go to": ("alice", "/console/find?q=a"),
    "go to, nothing": ("alice", "/console/find?q=nothing+of+the+kind"),
    "help": ("alice", "/help/secrets"),
    "help for a user": ("bob", "/help"),
    "audit log without a match": ("alice", "/console/events?q=nothing+of+the+kind"),
    "audit log, people to choose from": ("alice", "/console/events?actor=a"),
    "audit log, days the wrong way round": ("alice", "/console/events?since=2026-02-01&until=2026-01-01"),
    "connected applications, empty": ("carol", "/account/applications"),
    "withdraw": ("bob", "{consent}"),
    "consent, more": ("bob", "{ask more}"),
    "device": ("bob", "/device"),
    "sign out": ("bob", "/logout"),
    "sign out for an application": ("bob", "/oauth/logout"),
    "no access": ("bob", "/console/oauth"),
}
APIS_MAIN = {
    "APIs": ("alice", "/console/apis"),
    "new API": ("alice", "/console/apis/new"),
    "API": ("alice", "{api}"),
}
APIS = APIS_MAIN | {
    "APIs, empty": ("mallory", "/console/apis"),
    "APIs without a match": ("carol", "/console/apis?q=nothing+of+the+kind"),
    "catalogue": ("carol", "/console/apis/catalogue"),
    "API for an auditor": ("carol", "{unpublished api}?language=nginx"),
    "edit API": ("alice", "{api}/edit"),
    "publish API": ("alice", "{unpublished api}/publish"),
    "unpublish API": ("alice", "{api}/unpublish"),
    "remove API": ("alice", "{api}/remove"),
    "new secret of an API": ("alice", "{api}/secrets/new"),
    "remove secret of an API": ("alice", "{api secret}"),
    "client with APIs": ("alice", "{ordering}/edit"),
    "scopes of a client with APIs": ("alice", "{ordering}/scopes"),
    "scopes to choose, with APIs": ("alice", "{ordering}/scopes/edit"),
    "configuration with APIs": ("alice", "/console/oauth/configuration?client={ordering id}"),
    "try it with APIs": ("alice", "{ordering}/try"),
}
PUBLISHING_MAIN = {
    "connect": ("alice", "{connect}"),
    "needs an administrator": ("bob", "{connect}"),
    "hostname": (STRANGER, "{hostname}"),
    "requests": ("alice", "/console/requests"),
    "connection": ("alice", "{connection}"),
    "new version": ("alice", "{connection}/version"),
    "connected tenants": ("alice", "{ours}/tenants"),
    "person": ("alice", "{person}"),
}
PUBLISHING = PUBLISHING_MAIN | {
    "publish": ("alice", "{client}/publish"),
    "publish, only machines": ("alice", "{only machine}/publish"),
    "unpublish": ("alice", "{ours}/unpublish"),
    "no connected tenants": ("alice", "{client}/tenants"),
    "deleted clients": ("alice", "/console/oauth/deleted"),
    "no deleted clients": ("mallory", "/console/oauth/deleted"),
    "restore": ("alice", "{gone}/restore"),
    "connection for an auditor": ("carol", "{connection}"),
    "blocked": ("alice", "{blocked}"),
    "scopes": ("alice", "{connection}/scopes"),
    "consent method of a connection": ("alice", "{connection}/consent-method"),
    "block": ("alice", "{connection}/block"),
    "unblock": ("alice", "{blocked}/unblock"),
    "remove": ("alice", "{connection}/remove"),
    "problems": ("alice", "{client}/problems"),
    "add a redirect URL": ("alice", "{problem}/add"),
    "problems of a connection": ("alice", "{connection}/problems"),
    "grants": ("alice", "{client}/grants"),
    "grants of a connection": ("alice", "{connection}/grants"),
    "withdraw for somebody": ("alice", "{grant}"),
    "approve a request": ("alice", "{request}/approve"),
    "refuse a request": ("alice", "{request}/deny"),
    "requests for an auditor": ("carol", "/console/requests"),
    "no requests": ("mallory", "/console/requests"),
    "own requests": ("bob", "/account/requests"),
    "registration": ("alice", "/console/registration"),
    "registration for an auditor": ("carol", "/console/registration"),
    "settings for registration": ("alice", "/console/registration/edit"),
    "new initial access token": ("alice", "/console/registration/tokens/new"),
    "remove an initial access token": ("alice", "{initial access token}/remove"),
    "connection that registered itself": ("alice", "{self-registered}"),
    "approve what registered itself": ("alice", "{self-registered wish}/approve"),
    "no own requests": ("carol", "/account/requests"),
    "time zone": ("bob", "/account/time-zone"),
    "people": ("alice", "/console/people"),
    "people for an auditor": ("carol", "/console/people"),
    "a person": ("alice", "{person}"),
    "revoke all grants": ("alice", "{person}/withdraw-grants"),
    "disable a person": ("alice", "{person}/disable"),
    "groups of a person": ("alice", "{person}/groups"),
    "invite": ("alice", "/console/people/invite"),
    "invitations": ("alice", "/console/people/invitations"),
    "no invitations": ("mallory", "/console/people/invitations"),
    "resend": ("alice", "{invitation}/resend"),
    "withdraw an invitation": ("alice", "{invitation}/withdraw"),
    "accept": (STRANGER, "{accept}"),
    "groups": ("alice", "/console/people/groups"),
    "no groups": ("mallory", "/console/people/groups"),
    "create a group": ("alice", "/console/people/groups/new"),
    "a group": ("alice", "{group}"),
    "an empty group": ("alice", "{empty group}"),
    "add to a group": ("alice", "{group}/add?q=o"),
    "delete a group": ("alice", "{group}/delete"),
    "own account": ("bob", "/account"),
    "own activity": ("bob", "/account/activity"),
}


# --- What something must be done for ----------------------------------------------------------------------------------

BY_HAND: dict[str, Callable[[Scene], Page]] = {}
MAIN_BY_HAND: list[str] = []


def reached_by_hand(
    name: str, *, main: bool = False
) -> Callable[[Callable[[Scene], Page]], Callable[[Scene], Page]]:
    def note(reach: Callable[[Scene], Page]) -> Callable[[Scene], Page]:
        BY_HAND[name] = reach
        if main:
            MAIN_BY_HAND.append(name)
        return reach

    return note


def sign_in(page: Page, email: str, password: str) -> Page:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    return page


@reached_by_hand("sign-in, wrong password")
def wrong_password(scene: Scene) -> Page:
    page = sign_in(scene.visit(STRANGER, "/login"), "nobody@acme.example", "wrong")
    expect(page.get_by_role("alert")).to_contain_text("Incorrect email or password")
    return page


@reached_by_hand("invite, with errors", main=True)
def invite_with_errors(scene: Scene) -> Page:
    page = scene.dialog("alice", "/console/people", "Invite people")
    page.get_by_label("Email addresses").fill("bob@acme.example\nanna@acme.example\nnew@acme.example")
    page.get_by_role("button", name="Send invitations").click()
    expect(page.get_by_role("dialog")).to_contain_text("bob@acme.example already has an account.")
    expect(page.get_by_label("Email addresses")).to_have_value(
        "bob@acme.example\nanna@acme.example\nnew@acme.example"
    )
    return page


@reached_by_hand("sign-in, nothing entered")
def nothing_entered(scene: Scene) -> Page:
    page = scene.visit(STRANGER, "/login")
    page.locator("form:has([name=password])").evaluate("form => form.noValidate = true")
    sign_in(page, "", "")
    expect(page.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    return page


@reached_by_hand("sign-in, too often")
def too_often(scene: Scene) -> Page:
    browser = cast.stranger_on(scene.acme)
    for _ in range(10):
        browser.post("/login", {"email": "eve@acme.example", "password": "guess"})
    page = sign_in(scene.visit(STRANGER, "/login"), "eve@acme.example", "guess")
    expect(page.get_by_role("alert")).to_contain_text("Too many failed attempts")
    return page


@reached_by_hand("welcome, passwords differ")
def passwords_differ(scene: Scene) -> Page:
    page = scene.visit(STRANGER, scene.addresses["welcome"])
    page.get_by_label("Password", exact=True).fill("correct horse battery staple")
    page.get_by_label("Confirm password").fill("something else")
    page.get_by_role("button", name="Save and sign in").click()
    expect(page.get_by_text("The passwords do not match.")).to_be_visible()
    return page


@reached_by_hand("row menu", main=True)
def row_menu(scene: Scene) -> Page:
    page = scene.visit("alice", "/console/oauth")
    page.get_by_role("button", name="Actions for Reports").click()
    expect(page.locator(":popover-open").get_by_role("link", name="Edit")).to_be_focused()
    return page


@reached_by_hand("account menu")
def account_menu(scene: Scene) -> Page:
    page = scene.visit("alice", "/console/oauth")
    page.get_by_role("button", name="Account menu").click()
    expect(page.locator(":popover-open")).to_be_visible()
    return page


@reached_by_hand("clients chosen")
def clients_chosen(scene: Scene) -> Page:
    page = scene.visit("alice", "/console/oauth")
    page.get_by_role("checkbox", name="Select Reports").check()
    expect(page.get_by_role("button", name="Delete", exact=True)).to_be_visible()
    return page


@reached_by_hand("dialog: type")
def type_dialog(scene: Scene) -> Page:
    return scene.dialog("alice", "/console/oauth", "Create new")


@reached_by_hand("dialog: type, the first client")
def first_client(scene: Scene) -> Page:
    return scene.dialog("mallory", "/console/oauth", "Create the first client")


def new_client(scene: Scene, kind: str) -> Page:
    page = scene.dialog("alice", "/console/oauth", "Create new")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=re.compile(f"^{kind}")).check()
    dialog.get_by_role("button", name="Continue").click()
    expect(dialog.get_by_role("textbox", name="Name", exact=True)).to_be_visible()
    return page


@reached_by_hand("dialog: single-page app")
def spa_dialog(scene: Scene) -> Page:
    return new_client(scene, "Single-page app")


@reached_by_hand("dialog: native")
def native_dialog(scene: Scene) -> Page:
    return new_client(scene, "Native")


@reached_by_hand("dialog: web, refused", main=True)
def refused_form(scene: Scene) -> Page:
    """A reason beside an address, another under the form, scopes searched, everything opened."""
    page = new_client(scene, "Web")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("checkbox", name=re.compile("^User impersonation")).check()
    dialog.get_by_role("checkbox", name=re.compile("^Private key JWT")).check()
    new = dialog.get_by_role("textbox", name="New: Redirect URLs")
    new.fill("https://ok.example.com/")
    new.press("Enter")
    expect(dialog.get_by_role("textbox", name="Redirect URLs 1")).to_be_visible()
    new.fill("http://bad.example.com/")
    dialog.get_by_text("Advanced").click()
    dialog.get_by_label("Homepage").fill("not an address")
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_text("Give the client a name.")).to_be_visible()
    new.fill("http://bad.example.com/")
    new.press("Enter")
    expect(dialog.get_by_role("alert").first).to_be_visible()
    dialog.get_by_role("searchbox", name="Search scopes").fill("nothing of the kind")
    expect(dialog.get_by_text("No scope matches your search.")).to_be_visible()
    return page


@reached_by_hand("page: web, refused")
def refused_page(scene: Scene) -> Page:
    page = scene.visit("alice", "/console/oauth/new?type=web")
    page.get_by_role("textbox", name="New: Redirect URLs").fill("http://bad.example.com/")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("Give the client a name.")).to_be_visible()
    return page


@reached_by_hand("dialog: the secret, once", main=True)
def secret_once(scene: Scene) -> Page:
    page = scene.dialog("alice", scene.addresses["machine"] + "/secrets")
    page.get_by_role("link", name="Generate new client secret").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Generate").click()
    dialog.get_by_text(re.compile(r"^qas_")).wait_for()
    dialog.locator("copy-button").last.get_by_role("button").click()
    return page


def in_menu(scene: Scene, action: str) -> Page:
    page = row_menu(scene)
    page.locator(":popover-open").get_by_role("link", name=action, exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


@reached_by_hand("dialog: edit", main=True)
def edit_dialog(scene: Scene) -> Page:
    return in_menu(scene, "Edit")


@reached_by_hand("dialog: the last secret")
def last_secret(scene: Scene) -> Page:
    page = scene.dialog("alice", scene.addresses["client"] + "/secrets")
    page.get_by_role("link", name="Remove the secret").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Remove secret").click()
    expect(dialog.get_by_role("checkbox")).to_have_attribute("aria-invalid", "true")
    return page


@reached_by_hand("dialog: delete", main=True)
def delete_dialog(scene: Scene) -> Page:
    return in_menu(scene, "Delete")


@reached_by_hand("dialog: disable several")
def disable_several_dialog(scene: Scene) -> Page:
    page = clients_chosen(scene)
    page.get_by_role("button", name="Disable", exact=True).click()
    expect(page.get_by_role("dialog", name="Disable 1 client?")).to_be_visible()
    return page


@reached_by_hand("dialog: enable several")
def enable_several_dialog(scene: Scene) -> Page:
    page = clients_chosen(scene)
    page.get_by_role("checkbox", name="Select Closed").check()
    page.get_by_role("button", name="Enable", exact=True).click()
    expect(page.get_by_role("dialog", name="Enable 1 client?")).to_be_visible()
    return page


@reached_by_hand("columns")
def columns(scene: Scene) -> Page:
    page = scene.visit("alice", "/console/oauth")
    page.get_by_role("button", name="Columns").click()
    expect(page.get_by_role("checkbox", name="Secrets")).to_be_visible()
    return page


@reached_by_hand("audit log, unfolded")
def unfolded_event(scene: Scene) -> Page:
    page = scene.visit("alice", "/console/events?show=changes")
    page.locator("summary").first.click()
    expect(page.locator("details[open]")).to_have_count(1)
    return page


@reached_by_hand("dialog: disable")
def disable_dialog(scene: Scene) -> Page:
    return in_menu(scene, "Disable")


@reached_by_hand("dialog: consent method")
def consent_method_dialog(scene: Scene) -> Page:
    return in_menu(scene, "Change consent method")


@reached_by_hand("dialog: configuration", main=True)
def configuration_dialog(scene: Scene) -> Page:
    page = in_menu(scene, "View OAuth configuration")
    expect(page.get_by_role("dialog").get_by_role("region", name="Python")).to_be_visible()
    return page


@reached_by_hand("dialog: withdraw")
def withdraw_dialog(scene: Scene) -> Page:
    return scene.dialog("bob", "/account/applications", "Revoke")


@reached_by_hand("hostname, refused")
def no_such_hostname(scene: Scene) -> Page:
    page = scene.visit(STRANGER, scene.addresses["hostname"])
    page.get_by_role("textbox").fill("nowhere.example.com")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("textbox")).to_have_attribute("aria-invalid", "true")
    return page


@reached_by_hand("dialog: publish")
def publish_dialog(scene: Scene) -> Page:
    return in_menu(scene, "Publish")


@reached_by_hand("dialog: scopes of a connection")
def connection_scopes_dialog(scene: Scene) -> Page:
    return scene.dialog("alice", f"{scene.addresses['connection']}/allowed", "Change What it may do here")


@reached_by_hand("dialog: refuse a request, without an answer")
def refuse_dialog(scene: Scene) -> Page:
    page = scene.dialog("alice", "/console/requests", "Deny Wanted")
    dialog = page.get_by_role("dialog")
    dialog.locator("form[id=deny-form]").evaluate("form => form.noValidate = true")
    dialog.get_by_role("button", name="Deny").click()
    expect(dialog.get_by_role("textbox")).to_have_attribute("aria-invalid", "true")
    return page


@reached_by_hand("dialog: blocked, the receipt")
def receipt_dialog(scene: Scene) -> Page:
    page = scene.dialog("alice", scene.addresses["connection"], "Block")
    page.get_by_role("dialog").get_by_role("button", name="Block", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("link", name="Done")).to_be_visible()
    return page


@reached_by_hand("audit log, what changed")
def what_changed(scene: Scene) -> Page:
    page = scene.visit("alice", "/console/events")
    for summary in page.get_by_role("main").locator("summary").all():
        summary.click()
    return page


@reached_by_hand("try it, with tokens", main=True)
def with_tokens(scene: Scene) -> Page:
    page = scene.visit("alice", scene.addresses["client"] + "/try")
    page.get_by_role("button", name="Start").click()
    allow = page.get_by_role("button", name="Allow")
    expect(allow.or_(page.get_by_label("Client secret"))).to_be_visible()
    if allow.is_visible():
        allow.click()
    page.get_by_label("Client secret").fill(scene.reports.secret)
    page.get_by_role("button", name="Get tokens").click()
    expect(page.get_by_role("region", name="Result").get_by_text("200 OK")).to_be_visible()
    return page


# --- The tests --------------------------------------------------------------------------------------------------------


def at(scene: Scene, name: str) -> Page:
    """The page at an address of the table. An address that ends in `client=` is about the client Reports."""
    who, pattern = (ADDRESSES | APIS | PUBLISHING)[name]
    path = pattern.format_map(scene.addresses)
    page = scene.visit(who, path + scene.reports.client_id if path.endswith("client=") else path)
    wanted = "/login" if name == "sign-in to an application" else urlsplit(path).path
    assert urlsplit(page.url).path == wanted  # nothing has sent the person elsewhere
    return page


@pytest.fixture
def nothing_wrong(scene, violations, subtests):
    """`nothing_wrong(addresses, by_hand, …)` looks at each state by itself: all that is wrong is seen at once."""

    def look(addresses: list[str], by_hand: list[str], **options: Any) -> None:
        furnished = scene(**options)
        for name in [*addresses, *by_hand]:
            with subtests.test(name):
                page = BY_HAND[name](furnished) if name in BY_HAND else at(furnished, name)
                assert violations(page) == []

    return look


# Two classes, so that two workers share them (--dist=loadscope).


class TestEveryState:
    """In the light theme, on a wide screen."""

    def test_every_address(self, nothing_wrong):
        nothing_wrong(list(ADDRESSES), [])

    @pytest.mark.spec("requirements", "S6 S9")
    def test_every_address_of_clients_that_tenants_share(self, nothing_wrong):
        nothing_wrong(list(PUBLISHING), [])

    def test_every_address_of_apis(self, nothing_wrong):
        nothing_wrong(list(APIS), [])

    def test_every_state(self, nothing_wrong):
        nothing_wrong([], list(BY_HAND))


class TestTheMostUsedStates:
    """In every theme and width, and in Swedish."""

    @pytest.mark.parametrize(
        "options",
        [
            pytest.param({"color_scheme": "dark"}, id="dark, wide"),
            pytest.param({"viewport": PHONE}, id="light, narrow"),
            pytest.param({"color_scheme": "dark", "viewport": PHONE}, id="dark, narrow"),
        ],
    )
    def test_in_every_theme_and_width(self, nothing_wrong, options):
        nothing_wrong([*MAIN, *APIS_MAIN, *PUBLISHING_MAIN], MAIN_BY_HAND, **options)

    @pytest.mark.spec("requirements", "S16")
    def test_in_swedish(self, nothing_wrong):
        nothing_wrong([*MAIN, *APIS_MAIN, *PUBLISHING_MAIN], [], locale="sv-SE")
