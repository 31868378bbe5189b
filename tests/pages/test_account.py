"""What a person has connected to their account: `/account/applications` and withdrawing a consent (P5)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope

from console.models import (
    Action,
    Actor,
    Client,
    Connection,
    Consent,
    Event,
    RefreshToken,
    Tenant,
    TokenFamily,
    User,
    approval,
)
from tests import cast
from tests.oauth.driver import Application
from tests.oauth.outcomes import is_alive

Browse = Callable[..., Browser]
LIST = "/account/applications"


def consent(user: User, client: Client, *names: str) -> Consent:
    with scope(tenant=user.tenant):
        return Consent.give(
            user, client, names, redirect_host="app.example.com", shown={}, by=Actor(user=user)
        )


def session(user: User, client: Client, **fields: Any) -> TokenFamily:
    now = timezone.now()
    usual = {
        "grant_type": "authorization_code",
        "access_expires_at": now + timedelta(hours=1),
        "expires_at": now + timedelta(days=180),
    }
    with scope(tenant=user.tenant):
        return TokenFamily.objects.create(
            tenant=user.tenant,
            user=user,
            client=client,
            scope="openid",
            **usual | fields,
        )


def end_of(client: Client) -> str:
    return f"{LIST}/{client.client_id}/end"


def test_without_any_it_says_so(browser: Browse, bob: User):
    page = browser(bob).get(LIST)

    assert page.status_code == 200
    assert "No applications yet" in page.content.decode()


def test_it_shows_what_was_allowed_in_plain_words(browser: Browse, bob: User, web_client: tuple[Client, str]):
    consent(bob, web_client[0], "openid", "offline_access", "apps", "apps:read", "no.longer:there")
    session(bob, web_client[0])

    text = browser(bob).get(LIST).content.decode()

    assert "Web app" in text
    assert "Registered by <bdi>Acme AB</bdi>" in text
    assert "Confirm your identity" in text
    assert "Stay connected when you’re not using it" in text
    assert "apps:read" not in text  # apps contains it
    assert "no.longer:there" in text
    assert "1 active" in text


def test_only_what_can_still_be_used_is_counted(browser: Browse, bob: User, web_client: tuple[Client, str]):
    client, now = web_client[0], timezone.now()
    consent(bob, client, "openid")
    past = now - timedelta(minutes=1)
    session(bob, client, ended_at=now)
    session(bob, client, access_expires_at=past)
    session(bob, client, expires_at=past)
    refreshable = session(bob, client, access_expires_at=past)
    with scope(tenant=bob.tenant):
        RefreshToken.first_of(refreshable, "one").save()

    assert "1 active" in browser(bob).get(LIST).content.decode()


def test_it_shows_nobody_elses(browser: Browse, alice: User, bob: User, web_client: tuple[Client, str]):
    consent(alice, web_client[0], "openid")
    session(alice, web_client[0])

    assert "Web app" not in browser(bob).get(LIST).content.decode()


def test_deleted_clients_are_gone_and_disabled_ones_are_marked(
    browser: Browse, register: Callable[..., tuple[Client, str]], bob: User
):
    deleted, disabled = (
        register(bob.tenant, name="Deleted one")[0],
        register(bob.tenant, name="Disabled one")[0],
    )
    consent(bob, deleted, "openid")
    consent(bob, disabled, "openid")
    with scope(tenant=bob.tenant):
        deleted.remove(by=Actor.operator())
        disabled.disable(by=Actor.operator())

    text = browser(bob).get(LIST).content.decode()

    assert "Deleted one" not in text
    assert "Disabled one" in text
    assert "Disabled</span>" in text


def test_trusted_applications_with_a_session_are_shown_and_can_be_ended(
    browser: Browse, bob: User, register: Callable[..., tuple[Client, str]]
):
    client, _ = register(bob.tenant, name="Reports", consent_method="trusted")
    assert "Reports" not in browser(bob).get(LIST).content.decode()

    session(bob, client)

    text = browser(bob).get(LIST).content.decode()
    assert "Allowed by your organisation" in text
    assert "Reports" in text
    assert "withdraw" not in text
    assert "Your tenant administrator trusts this application." in text
    assert end_of(client) in text


def test_a_hostile_name_is_text(browser: Browse, bob: User, register: Callable[..., tuple[Client, str]]):
    client = cast.registered_earlier(
        register(bob.tenant)[0], name="<script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}"
    )
    given = consent(bob, client, "openid")

    for address in (LIST, f"{LIST}/{given.pk}/withdraw"):
        assert "<script>alert" not in browser(bob).get(address).content.decode()


def test_it_takes_the_same_queries_for_one_application_and_for_many(
    browser: Browse,
    bob: User,
    register: Callable[..., tuple[Client, str]],
    django_assert_max_num_queries: Callable[[int], Any],
):
    for number in range(8):
        client, _ = register(bob.tenant, name=f"Client {number}")
        consent(bob, client, "openid")
        session(bob, client)
    chromium = browser(bob)

    with django_assert_max_num_queries(9):
        assert chromium.get(LIST).status_code == 200


def test_withdrawing_asks_first(browser: Browse, bob: User, web_client: tuple[Client, str]):
    given = consent(bob, web_client[0], "openid")
    session(bob, web_client[0])

    page = browser(bob).get(f"{LIST}/{given.pk}/withdraw")

    assert page.status_code == 200
    assert "1 session ends now" in page.content.decode()
    with scope(tenant=bob.tenant):
        assert Consent.objects.filter(pk=given.pk).exists()


def test_withdrawing_ends_every_token_and_is_noted(
    browser: Browse, bob: User, web_client: tuple[Client, str]
):
    given = consent(bob, web_client[0], "openid")
    family = session(bob, web_client[0])
    chromium = browser(bob)

    answer = chromium.post(f"{LIST}/{given.pk}/withdraw")

    assert answer.status_code == 200
    text = answer.content.decode()
    assert "Web app no longer has access" in text
    assert "1 session has ended" in text
    assert "Some services may still accept" in text
    assert "token" not in text.partition('id="receipt"')[2].lower(), "a person reads nothing of tokens"
    assert f'href="{LIST}"' in text
    assert "Web app" not in chromium.get(LIST).content.decode()
    with scope(tenant=bob.tenant):
        assert not Consent.objects.exists()
        assert TokenFamily.objects.get(pk=family.pk).ended_reason == "consent withdrawn"
        event = Event.objects.get(action=Action.CONSENT_WITHDRAWN)
        assert (event.actor_name, event.details["sessions_ended"]) == (bob.email, 1)
    assert chromium.post(f"{LIST}/{given.pk}/withdraw").status_code == 404


def test_the_dialog_is_the_same_page_without_its_frame(
    browser: Browse, bob: User, web_client: tuple[Client, str]
):
    given = consent(bob, web_client[0], "openid")
    headers = {"HX-Request": "true", "HX-Target": "dialog-content"}
    chromium = browser(bob)

    fragment = chromium.get(f"{LIST}/{given.pk}/withdraw", headers=headers)
    answer = chromium.post(f"{LIST}/{given.pk}/withdraw", headers=headers)

    assert "<html" not in fragment.content.decode()
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    assert "No sessions were active" in answer.content.decode()
    assert answer["HX-Trigger"] == "clients-changed"


@pytest.mark.parametrize("method", ["get", "post"])
def test_other_peoples_consents_are_not_there(
    browser: Browse, alice: User, bob: User, mallory: User, web_client: tuple[Client, str], method: str
):
    given = consent(bob, web_client[0], "openid")

    for person in (alice, mallory):
        pages = [
            getattr(browser(person), method)(f"{LIST}/{number}/withdraw")
            for number in (given.pk, 999_999, 10**30)
        ]
        assert {page.status_code for page in pages} == {404}
        assert len({page.content for page in pages}) == 1
    with scope(tenant=bob.tenant):
        assert Consent.objects.filter(pk=given.pk).exists()


def test_strangers_are_sent_to_sign_in(stranger: Browse, bob: User, web_client: tuple[Client, str]):
    given = consent(bob, web_client[0], "openid")

    for address in (LIST, f"{LIST}/{given.pk}/withdraw"):
        assert stranger(bob.tenant).get(address).status_code == 302
    assert stranger(bob.tenant).post(f"{LIST}/{given.pk}/withdraw").status_code == 303
    with scope(tenant=bob.tenant):
        assert Consent.objects.exists()


# --- Applications of other tenants ----------------------------------------------------------------------------


def published(owner: Tenant, **fields: Any) -> Client:
    client, _secret = cast.register(owner, name="Report portal", **fields)
    with scope(tenant=owner):
        client.publish(by=Actor.operator())
    return client


def connect(admin: User, client: Client) -> Connection:
    with scope(tenant=admin.tenant):
        return approval.approve(
            admin.tenant, client, by=Actor(user=admin), consent_method="required"
        ).connection


def test_it_names_the_publisher(browser: Browse, alice: User, bob: User, globex: Tenant):
    client = published(globex)
    connect(alice, client)
    consent(bob, client, "openid", "offline_access")

    text = browser(bob).get(LIST).content.decode()

    assert "Published by <bdi>Globex</bdi>, another organisation" in text
    assert "Broad access" in text


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("block", "Your organisation has blocked it"),
        ("expire", "It is not connected to your organisation now"),
        ("unpublish", "It is not connected to your organisation now"),
        ("disable", "Disabled</span>"),
    ],
)
def test_what_stops_an_application_is_said_and_it_can_still_be_withdrawn(
    browser: Browse, alice: User, bob: User, globex: Tenant, act: str, words: str
):
    client = published(globex)
    connection = connect(alice, client)
    given = consent(bob, client, "openid")
    here = browser(bob)
    assert words not in here.get(LIST).content.decode()
    with scope(tenant=bob.tenant):
        if act == "block":
            connection.block(by=Actor.operator())
        elif act == "expire":
            Connection.objects.filter(pk=connection.pk).update(expires_at=timezone.now())
    with scope(tenant=globex):
        if act == "unpublish":
            client.unpublish(by=Actor.operator(), connected_stay=False)
        elif act == "disable":
            client.disable(by=Actor.operator())

    assert words in here.get(LIST).content.decode()
    assert here.post(f"{LIST}/{given.pk}/withdraw").status_code == 200
    assert "No applications yet" in here.get(LIST).content.decode()


def test_a_removed_connection_takes_the_consents_with_it(
    browser: Browse, alice: User, bob: User, globex: Tenant
):
    client = published(globex)
    connection = connect(alice, client)
    given = consent(bob, client, "openid")
    with scope(tenant=bob.tenant):
        connection.remove(by=Actor(user=alice))

    assert "No applications yet" in browser(bob).get(LIST).content.decode()
    assert browser(bob).post(f"{LIST}/{given.pk}/withdraw").status_code == 404


# --- Sessions that nobody was asked about (ASVS 10.4.9) ---------------------------------------------------------------


@pytest.fixture
def trusted(bob: User) -> Client:
    client, _ = cast.register(bob.tenant, name="Reports", consent_method="trusted")
    return client


@pytest.mark.spec("ASVS", "10.4.9")
def test_the_person_ends_the_sessions_of_a_trusted_application(
    browser: Browse, bob: User, alice: User, trusted: Client
):
    held, other = session(bob, trusted), session(alice, trusted)
    chromium = browser(bob)

    question = chromium.get(end_of(trusted)).content.decode()
    answer = chromium.post(end_of(trusted))

    assert "1 session ends now" in question
    assert "can sign you in again without asking, because your tenant administrator trusts it" in question
    receipt = answer.content.decode()
    assert "Your sessions with Reports have ended" in receipt
    assert "1 session has ended" in receipt
    assert "Some services may still accept" in receipt
    assert "token" not in receipt.partition('id="receipt"')[2].lower(), "a person reads nothing of tokens"
    assert "Reports" not in chromium.get(LIST).content.decode()
    for family in (held, other):
        family.refresh_from_db()
    assert held.ended_reason == "ended by the person"
    assert other.ended_at is None
    log = browser(alice).get("/console/events").content.decode()
    assert f"<b>{bob.email}</b> ended their own sessions of <b>Reports</b>." in log
    assert "This was already done" in chromium.post(end_of(trusted)).content.decode()
    page = chromium.get(end_of(trusted), follow=True).content.decode()
    assert "You have no sessions with “Reports”." in page


@pytest.mark.spec("ASVS", "10.4.9")
def test_tokens_that_were_got_by_signing_in_die_with_them(browser: Browse, bob: User):
    app = Application(*cast.register(bob.tenant, consent_method="trusted"))
    chromium = browser(bob)
    tokens = app.tokens(chromium, scope="openid offline_access")

    chromium.post(f"{LIST}/{app.client_id}/end")

    assert not is_alive(app, tokens["access_token"])
    assert app.refresh(tokens["refresh_token"]).status_code == 400


def test_what_an_application_began_by_itself_is_said(browser: Browse, bob: User, trusted: Client):
    session(bob, trusted, grant_type="urn:qlik:oauth:user-impersonation")
    chromium = browser(bob)

    assert "It started sessions as you by itself (impersonation)." in chromium.get(LIST).content.decode()
    assert "can start new sessions as you by itself" in chromium.get(end_of(trusted)).content.decode()
    assert "1 session has ended" in chromium.post(end_of(trusted)).content.decode()


def test_of_one_that_is_trusted_no_longer_the_truth_is_said(browser: Browse, bob: User, trusted: Client):
    session(bob, trusted)
    with scope(tenant=bob.tenant):
        Connection.objects.get(client=trusted).change_consent_method("required", by=Actor())
    chromium = browser(bob)

    assert "trusted this application when the sessions began" in chromium.get(LIST).content.decode()
    question = chromium.get(end_of(trusted)).content.decode()
    assert "You’ll be asked next time you sign in to it." in question
    assert "without asking" not in question
    assert "1 session has ended" in chromium.post(end_of(trusted)).content.decode()


def test_with_a_consent_there_is_more_to_take_back(browser: Browse, bob: User, trusted: Client):
    session(bob, trusted)
    given = consent(bob, trusted, "openid")

    for answer in (browser(bob).get(end_of(trusted)), browser(bob).post(end_of(trusted))):
        assert answer["Location"] == f"{LIST}/{given.pk}/withdraw"
    with scope(tenant=bob.tenant):
        assert TokenFamily.objects.get().ended_at is None


@pytest.mark.parametrize("method", ["get", "post"])
def test_sessions_of_others_and_clients_without_any_are_not_there(
    browser: Browse, bob: User, alice: User, mallory: User, trusted: Client, method: str
):
    session(alice, trusted)
    elsewhere, _ = cast.register(mallory.tenant, name="Elsewhere", consent_method="trusted")
    session(mallory, elsewhere)
    deleted, _ = cast.register(bob.tenant, name="Deleted", consent_method="trusted")
    session(bob, deleted)
    with scope(tenant=bob.tenant):
        deleted.remove(by=Actor())
    chromium = browser(bob)

    for address in (
        end_of(trusted),
        end_of(elsewhere),
        end_of(deleted),
        f"{LIST}/x%00y/end",
        f"{LIST}/x/end",
    ):
        assert getattr(chromium, method)(address).status_code == 404
    with scope(tenant=alice.tenant):
        assert TokenFamily.objects.get(user=alice).ended_at is None


def test_many_applications_are_paged_those_with_a_consent_first(browser: Browse, bob: User):
    for number in range(30):
        client, _ = cast.register(bob.tenant, name=f"Client {number:02}", consent_method="trusted")
        session(bob, client)
        if number == 29:
            consent(bob, client, "openid")
    chromium = browser(bob)

    first, second = (chromium.get(LIST, {"page": page}).content.decode() for page in ("1", "2"))

    assert "1–25 of 30" in first
    assert first.index("Client 29") < first.index("Client 00")
    assert "Client 28" in second
    assert "Client 00" not in second


def test_of_many_sessions_numbers_are_read_and_not_the_sessions(
    browser: Browse, bob: User, alice: User, trusted: Client
):
    now = timezone.now()
    with scope(tenant=bob.tenant):
        TokenFamily.objects.bulk_create(
            TokenFamily(
                tenant=bob.tenant,
                user=bob,
                client=trusted,
                grant_type="urn:qlik:oauth:user-impersonation",
                scope="openid",
                access_expires_at=now + timedelta(hours=1),
                expires_at=now + timedelta(hours=1),
            )
            for _ in range(500)
        )

    with CaptureQueriesContext(connection) as asked:
        assert "500 active" in browser(bob).get(LIST).content.decode()
        people = browser(alice).get("/console/people").content.decode()

    assert "Bob" in people
    listing = [
        query["sql"]
        for query in asked
        if query["sql"].startswith("SELECT")
        and 'FROM "console_tokenfamily"' in query["sql"].split("WHERE")[0]
    ]
    assert listing
    assert all("GROUP BY" in sql or "SELECT DISTINCT" in sql for sql in listing)
