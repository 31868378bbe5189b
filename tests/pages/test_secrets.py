"""The secrets of a client, `…/secrets`: shown once, several alive at once, ended knowingly (S3, S13, P1, N1, N2)."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope

from console.models import Action, Actor, Client, ClientSecret, Event, Tenant, User, use_count
from console.policy.uses import Use

DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}
ADD = {"name": "", "expires_on": ""}
WHY = {"why": "Found in a public repository"}
Browse = Callable[[User], Browser]
Register = Callable[..., tuple[Client, str]]


@pytest.fixture
def client(web_client: tuple[Client, str]) -> Client:
    return web_client[0]


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", page.content.decode().replace("\xa0", " "))


def page_of(client: Client) -> str:
    return f"/console/oauth/{client.client_id}/secrets"


def new_of(client: Client) -> str:
    return f"{page_of(client)}/new"


def removal_of(secret: ClientSecret) -> str:
    return f"{page_of(secret.client)}/{secret.pk}/remove"


def secrets_of(client: Client) -> list[ClientSecret]:
    with scope(tenant=client.tenant):
        return list(ClientSecret.objects.filter(client=client, removed_at=None).select_related("client"))


def add_to(client: Client, by: User | None = None, **columns: Any) -> ClientSecret:
    with scope(tenant=client.tenant):
        secret = ClientSecret.add_to(client, by=Actor(user=by))[0]
        ClientSecret.objects.filter(pk=secret.pk).update(**columns)
        return ClientSecret.objects.select_related("client").get(pk=secret.pk)


def everything_stored() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        stored = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 (our own tables)
            stored.append(str(cursor.fetchall()))
    return "\n".join(stored)


# --- Seeing them ------------------------------------------------------------------------------------------------


def test_it_shows_hint_maker_and_use_of_each_secret(browser: Browse, alice: User, client: Client):
    alone = text(browser(alice).get(page_of(client)))
    assert "create a second one, put it into the application, then remove the first" in alone
    used = add_to(client, by=alice, last_used_at=timezone.now() - timedelta(minutes=3))

    page = text(browser(alice).get(page_of(client)))

    assert f"…{used.hint}" in page
    assert all(f"…{secret.hint}" in page for secret in secrets_of(client))
    assert re.search(r'data-label="Created">.{0,400}Alice', page)
    assert "No name" in page
    assert "3 minutes ago" in page
    assert "Never" in page


def test_a_public_client_has_none_and_the_page_says_why(
    browser: Browse, alice: User, spa_client: tuple[Client, str], native_client: tuple[Client, str]
):
    for public in (spa_client[0], native_client[0]):
        page = text(browser(alice).get(page_of(public)))
        assert "This client has no secrets" in page
        assert "PKCE" in page
        assert "Generate" not in page
        assert browser(alice).post(new_of(public), ADD).status_code == 422
        assert secrets_of(public) == []


def test_a_client_with_a_key_says_so(browser: Browse, alice: User, acme: Tenant, register: Register):
    client = register(acme, auth_methods=["private_key_jwt"])[0]

    assert "This client uses its key" in text(browser(alice).get(page_of(client)))
    assert browser(alice).post(new_of(client), ADD).status_code == 422


# --- Adding one -------------------------------------------------------------------------------------------------


def test_a_further_secret_is_shown_once_and_kept_nowhere(browser: Browse, alice: User, client: Client):
    admin = browser(alice)

    answer = admin.post(new_of(client), ADD)

    secret = re.findall(r"qas_\w{49}", text(answer))[0]
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert text(answer).count(secret) == 1
    assert len(secrets_of(client)) == 2
    assert secret not in everything_stored()
    assert secret not in str(dict(admin.session))
    assert not any(
        secret in text(admin.get(page)) for page in (page_of(client), "/console/oauth", "/console/events")
    )
    with scope(tenant=client.tenant):
        assert ClientSecret.presented(client.tenant, secret)


def test_reloading_makes_no_second_one(browser: Browse, alice: User, client: Client):
    admin = browser(alice)
    admin.post(new_of(client), ADD | {"once": "mark"})

    again = admin.post(new_of(client), ADD | {"once": "mark"})

    assert "has already been created" in text(again)
    assert "qas_" not in text(again)
    assert len(secrets_of(client)) == 2


def test_in_the_dialog_it_is_a_fragment_that_renews_the_list(browser: Browse, alice: User, client: Client):
    answer = browser(alice).post(new_of(client), ADD, headers=DIALOG)

    assert "<html" not in text(answer)
    assert answer["HX-Trigger"] == "clients-changed"


def test_at_the_limit_the_button_is_off_and_the_page_says_why(browser: Browse, alice: User, client: Client):
    for _ in range(4):
        add_to(client)
    admin = browser(alice)
    page = text(admin.get(page_of(client)))
    assert re.search(r'disabled aria-describedby="secret-limit"', page)
    assert "A client can have 5 secrets. Remove one to create another." in page

    answer = admin.post(new_of(client), ADD)

    assert answer.status_code == 422
    assert "A client can have 5 secrets. Remove one before you create another." in text(answer)
    assert "qas_" not in text(answer)
    assert len(secrets_of(client)) == 5


@pytest.mark.django_db(transaction=True)
def test_two_administrators_at_once_keep_the_limit(
    browser: Browse, alice: User, client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(settings.LIMITS, "client_secrets", 2)
    admins = [browser(alice), browser(alice)]
    answers: list[int] = []

    def add(admin: Browser) -> None:
        try:
            answers.append(admin.post(new_of(client), ADD).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=add, args=[admin]) for admin in admins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [200, 422]
    assert len(secrets_of(client)) == 2


@pytest.mark.parametrize(
    "form",
    [
        {"name": "a\0b"},
        {"name": "x" * 61},
        {"name": "two\nlines"},
        {"expires_on": "2020-01-01"},
        {"expires_on": "9999-12-31"},
        {"expires_on": "tomorrow"},
    ],
)
def test_what_is_wrong_with_a_new_one_is_said_and_nothing_is_made(
    browser: Browse, alice: User, client: Client, form: dict[str, str]
):
    answer = browser(alice).post(new_of(client), ADD | form)

    assert answer.status_code == 422
    assert "qas_" not in text(answer)
    assert 'aria-invalid="true"' in text(answer)
    assert len(secrets_of(client)) == 1


def test_nothing_can_be_sent_to_the_list(browser: Browse, alice: User, client: Client):
    assert browser(alice).post(page_of(client), {"action": "add"}).status_code == 405


# --- Removing one -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "warning"),
    [
        (timedelta(minutes=3), "Last used <time"),
        (timedelta(days=6, hours=23), "stops working at once"),
        (timedelta(days=9, hours=1), "Not used for 9 days"),
        (None, "Never used"),
    ],
)
def test_the_confirmation_says_when_it_was_last_used(
    browser: Browse, alice: User, client: Client, used: timedelta | None, warning: str
):
    secret = add_to(client, last_used_at=used and timezone.now() - used)

    page = text(browser(alice).get(removal_of(secret)))

    assert warning in page
    assert "safe" not in page.lower()
    assert "acknowledge" not in page
    assert ('name="why"' in page) is (used == timedelta(minutes=3))
    assert len(secrets_of(client)) == 2


def test_a_removed_secret_no_longer_works_and_the_others_do(
    browser: Browse, alice: User, web_client: tuple[Client, str]
):
    client, first = web_client
    second = add_to(client)
    admin = browser(alice)

    answer = admin.post(removal_of(secrets_of(client)[0]), WHY)

    assert (answer.status_code, answer["Location"]) == (303, page_of(client))
    assert "has been removed. It no longer works." in text(admin.get(page_of(client)))
    assert [secret.pk for secret in secrets_of(client)] == [second.pk]
    with scope(tenant=client.tenant):
        assert ClientSecret.presented(client.tenant, first) is None


def test_in_the_dialog_the_page_with_the_secrets_comes_back_and_says_so(
    browser: Browse, alice: User, client: Client
):
    secret, admin = add_to(client), browser(alice)

    answer = admin.post(removal_of(secret), headers=DIALOG)

    assert answer.status_code == 204
    assert answer["HX-Redirect"] == page_of(client)
    assert f"The secret …{secret.hint} has been removed." in text(admin.get(page_of(client)))


def test_the_last_one_is_removed_knowingly_or_not_at_all(browser: Browse, alice: User, client: Client):
    admin, (secret,) = browser(alice), secrets_of(client)
    assert "nothing can get a token with a client secret" in text(admin.get(removal_of(secret)))

    refused = admin.post(removal_of(secret))
    assert refused.status_code == 422
    assert "This is the last secret" in text(refused)
    assert len(secrets_of(client)) == 1

    assert admin.post(removal_of(secret), {"acknowledge": "on"}).status_code == 303
    assert secrets_of(client) == []
    assert "Nothing can get a token with a client secret now." in text(admin.get(page_of(client)))


def test_two_confirmations_opened_on_two_secrets_do_not_remove_the_last_unknowingly(
    browser: Browse, alice: User, client: Client
):
    first, second = secrets_of(client)[0], add_to(client)
    admin = browser(alice)
    for secret in (first, second):
        assert "acknowledge" not in text(admin.get(removal_of(secret)))

    assert admin.post(removal_of(first), WHY).status_code == 303
    assert admin.post(removal_of(second), WHY).status_code == 422
    assert len(secrets_of(client)) == 1


@pytest.mark.parametrize("headers", [{}, DIALOG])
def test_the_second_administrator_learns_that_it_is_gone(
    browser: Browse, alice: User, client: Client, headers: dict[str, str]
):
    secret = add_to(client)
    with scope(tenant=client.tenant):
        secret.remove(by=Actor.operator())
    admin = browser(alice)

    admin.post(removal_of(secret), headers=headers)

    assert f"The secret …{secret.hint} has already been removed." in text(admin.get(page_of(client)))
    with scope(tenant=client.tenant):
        assert Event.objects.filter(action=Action.SECRET_REMOVED).count() == 1
    assert len(secrets_of(client)) == 1


# --- Disabling and enabling -----------------------------------------------------------------------------------------


def act_of(secret: ClientSecret, act: str) -> str:
    return f"{page_of(secret.client)}/{secret.pk}/{act}"


def state_of(secret: ClientSecret) -> str:
    return str(ClientSecret._base_manager.get(pk=secret.pk).state)


def test_disabling_is_confirmed_and_can_be_undone(browser: Browse, alice: User, client: Client):
    secret, admin = add_to(client, last_used_at=timezone.now() - timedelta(minutes=3)), browser(alice)
    assert "Anything still using it stops working at once." in text(admin.get(act_of(secret, "disable")))
    assert state_of(secret) == "works"

    assert admin.post(act_of(secret, "disable")).status_code == 303
    page = text(admin.get(page_of(client)))
    assert f"The secret …{secret.hint} is disabled. It can be enabled again." in page
    assert re.search("Disabled.{0,300}by Alice", page)

    assert admin.post(act_of(secret, "enable")).status_code == 303
    assert state_of(secret) == "works"
    assert f"The secret …{secret.hint} is enabled." in text(admin.get(page_of(client)))


def test_the_last_one_that_works_is_disabled_knowingly_or_not_at_all(
    browser: Browse, alice: User, client: Client
):
    admin, (secret,) = browser(alice), secrets_of(client)
    add_to(client, disabled_at=timezone.now())
    add_to(client, expires_at=timezone.now())

    assert admin.post(act_of(secret, "disable")).status_code == 422
    assert state_of(secret) == "works"
    assert admin.post(act_of(secret, "disable"), {"acknowledge": "on"}).status_code == 303
    assert state_of(secret) == "disabled"


def test_a_disabled_one_works_again_for_24_hours(browser: Browse, alice: User, client: Client):
    secret, admin = add_to(client, disabled_at=timezone.now()), browser(alice)
    assert "Enable for 24 hours" in text(admin.get(act_of(secret, "enable")))

    assert admin.post(act_of(secret, "enable"), {"for": "a-day"}).status_code == 303

    assert state_of(secret) == "works_for_now"
    page = text(admin.get(page_of(client)))
    assert "works again for 24 hours" in page
    assert "Enabled for now" in page
    log = text(admin.get("/console/events"))
    assert f"</b> enabled the secret <b>…\u2060{secret.hint}</b> of <b>Web app</b> for 24 hours." in log


# --- Editing --------------------------------------------------------------------------------------------------------


def test_name_and_end_can_be_changed_and_taken_away(browser: Browse, alice: User, client: Client):
    secret, admin = add_to(client), browser(alice)
    day = timezone.localdate() + timedelta(days=20)

    sent = {"name": "Web servers", "expires_on": day.isoformat()}
    assert admin.post(act_of(secret, "edit"), sent).status_code == 303

    page = text(admin.get(page_of(client)))
    assert "Web servers" in page
    assert re.search(r'badge--warning"><time [^>]+>[^<]+</time></span> <span [^>]+> in 21 days', page)
    form = text(admin.get(act_of(secret, "edit")))
    assert 'value="Web servers"' in form
    assert f'value="{day}"' in form
    assert admin.post(act_of(secret, "edit"), {"name": "", "expires_on": ""}).status_code == 303
    changed = ClientSecret._base_manager.get(pk=secret.pk)
    assert (changed.name, changed.expires_at, changed.notice_due_at) == ("", None, None)


def test_an_expired_one_can_be_renamed_and_prolonged_but_not_ended_in_the_past(
    browser: Browse, alice: User, client: Client
):
    over = timezone.now() - timedelta(days=9)
    secret, admin = add_to(client, expires_at=over), browser(alice)
    day = timezone.localtime(over).date()

    assert admin.post(act_of(secret, "edit"), {"name": "Old", "expires_on": str(day)}).status_code == 303
    assert ClientSecret._base_manager.get(pk=secret.pk).expires_at == over
    earlier = str(day - timedelta(days=1))
    assert admin.post(act_of(secret, "edit"), {"name": "Old", "expires_on": earlier}).status_code == 422
    last = str(timezone.localdate() + timedelta(days=730))
    assert admin.post(act_of(secret, "edit"), {"name": "Old", "expires_on": last}).status_code == 303
    assert state_of(secret) == "works"


# --- In use (N1) ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("why", ["", "  ", "two\nlines", "x" * 201, "hidden\u202e"])
def test_one_that_is_in_use_goes_with_a_reason_or_not_at_all(
    browser: Browse, alice: User, client: Client, why: str
):
    secret, admin = add_to(client, last_used_at=timezone.now()), browser(alice)

    refused = admin.post(removal_of(secret), {"why": why})

    assert refused.status_code == 422
    assert state_of(secret) == "works"
    assert admin.post(removal_of(secret), WHY).status_code == 303
    with scope(tenant=client.tenant):
        assert Event.objects.get(action=Action.SECRET_REMOVED).details["why"] == WHY["why"]
    assert WHY["why"] in text(admin.get("/console/events"))


def test_the_reason_is_asked_for_when_the_successor_was_never_used(
    browser: Browse, alice: User, client: Client
):
    (old,), admin = secrets_of(client), browser(alice)
    new = add_to(client)
    page = text(admin.get(removal_of(old)))
    assert f"…{new.hint}, which is newer, has not been used yet" in page
    assert admin.post(removal_of(old)).status_code == 422

    ClientSecret._base_manager.filter(pk=new.pk).update(last_used_at=timezone.now())
    assert admin.post(removal_of(old)).status_code == 303


# --- The path -------------------------------------------------------------------------------------------------------


def steps(page: str) -> tuple[str, str]:
    """The step that is next, and all that the path says."""
    path = page.partition('<ol class="rotation">')[2].partition("</ol>")[0]
    current = re.search(r'aria-current="step".*?<h3[^>]*>(.*?)</h3>', path)
    return (current[1] if current else ""), re.sub("<[^>]+>", "", path)


@pytest.mark.parametrize(
    ("new", "old", "step", "said"),
    [
        ({}, {"last_used_at": 3}, "Deploy", "has not been used yet"),
        (
            {"last_used_at": 1, "first_used_at": 5},
            {"last_used_at": 3},
            "Watch",
            "was last used 3 minutes ago",
        ),
        ({"last_used_at": 1}, {"last_used_at": 9 * 24 * 60}, "Disable", "has not been used for 9 days"),
        ({"last_used_at": 1}, {}, "Disable", "has never been used"),
        ({"last_used_at": 1}, {"disabled_at": 120}, "Remove", "was disabled 2 hours ago"),
        ({"last_used_at": 1}, {"expires_at": 120}, "Remove", "expired 2 hours ago"),
    ],
)
def test_the_path_says_what_was_seen_and_which_step_is_next(
    browser: Browse,
    alice: User,
    client: Client,
    new: dict[str, int],
    old: dict[str, int],
    step: str,
    said: str,
):
    def moments(minutes: dict[str, int]) -> dict[str, Any]:
        return {name: timezone.now() - timedelta(minutes=number) for name, number in minutes.items()}

    (first,) = secrets_of(client)
    ClientSecret._base_manager.filter(pk=first.pk).update(**moments(old))
    add_to(client, **moments(new))

    page = text(browser(alice).get(page_of(client)))

    current, path = steps(page)
    assert current == step
    assert said in path
    assert "safe" not in page.lower()


def test_one_secret_is_no_path(browser: Browse, alice: User, client: Client):
    assert 'class="rotation"' not in text(browser(alice).get(page_of(client)))


def test_it_says_who_still_has_the_old_one_alone(browser: Browse, alice: User, client: Client):
    now = timezone.now()
    (old,) = secrets_of(client)
    ClientSecret._base_manager.filter(pk=old.pk).update(last_used_at=now)
    new = add_to(client, first_used_at=now - timedelta(minutes=30), last_used_at=now)
    for secret, address, agent in (
        (old, "203.0.113.7", "both/1.0"),
        (new, "203.0.113.7", "both/1.0"),
        (old, "203.0.113.9", "night-job/1.0"),
    ):
        use = Use(client.tenant_id, client.pk, "client_credentials", secret_id=secret.pk)
        use_count.note(use._replace(redirect_uri=agent), address=address, agent=agent)
    use_count.write_noted()

    path = steps(text(browser(alice).get(page_of(client))))[1]

    assert "2 times in the last 24 hours" in path
    left_behind = path.partition("and have not used")[2]
    assert "203.0.113.9 (night-job/1.0)" in left_behind
    assert "both/1.0" not in left_behind


def test_uses_in_other_tenants_count_and_none_is_named(
    browser: Browse, alice: User, client: Client, globex: Tenant
):
    (secret,) = secrets_of(client)
    ClientSecret._base_manager.filter(pk=secret.pk).update(last_used_at=timezone.now())
    for _ in range(3):
        use_count.note(
            Use(globex.pk, client.pk, "refresh_token", secret_id=secret.pk),
            address="203.0.113.9",
            agent="app/1",
        )
    use_count.write_noted()

    page = text(browser(alice).get(page_of(client)))

    assert "3 times" in page
    assert "203.0.113.9 (app/1)" in page
    assert globex.name not in page


# --- Dead ones that are tried (N2) ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "title", "button"),
    [
        ({"removed_at": 2}, "The removed secret", ""),
        ({"disabled_at": 2}, "The disabled secret", "Enable again for 24 hours"),
        ({"expires_at": 2}, "The expired secret", "Change expiry"),
        ({"disabled_at": 1500, "enabled_until": 2}, "The disabled secret", "Enable again for 24 hours"),
    ],
)
def test_a_dead_one_that_is_tried_is_told_of_first(
    browser: Browse,
    alice: User,
    carol: User,
    client: Client,
    columns: dict[str, int],
    title: str,
    button: str,
):
    now = timezone.now()
    ends: dict[str, Any] = {name: now - timedelta(minutes=minutes) for name, minutes in columns.items()}
    secret = add_to(client, last_tried_at=now - timedelta(minutes=1), last_tried_from="203.0.113.9", **ends)
    reason = {"removed": "removed_secret", "disabled": "disabled_secret", "expired": "expired_secret"}[
        title.split()[1]
    ]
    for address in ("203.0.113.9", "203.0.113.10"):
        use = Use(client.tenant_id, client.pk, f"grant {address}", reason, secret.pk)
        use_count.note(use, address=address, agent="night-job/1.0")
    use_count.write_noted()

    page = text(browser(alice).get(page_of(client)))

    assert f"{title} …{secret.hint} is still being tried" in page
    assert re.search(r"2 times in 7 days, last <time [^>]+>1 minute ago</time>\.", page)
    assert "203.0.113.9 (night-job/1.0)" in page
    assert "203.0.113.10 (night-job/1.0)" in page
    assert page.index("is still being tried") < page.index("Generate new client secret")
    buttons = {"Enable again for 24 hours", "Change expiry"}
    assert {each for each in buttons if each in page} == ({button} if button else set())
    auditors = text(browser(carol).get(page_of(client)))
    assert not any(each in auditors for each in buttons)


@pytest.mark.parametrize(
    "columns",
    [
        {"disabled_at": 1, "last_tried_at": 2},
        {"disabled_at": 20 * 24 * 60, "last_tried_at": 8 * 24 * 60},
        {"last_tried_at": 2},
        {"disabled_at": 5, "enabled_until": -60, "last_tried_at": 2},
    ],
)
def test_what_was_tried_before_its_end_or_long_ago_or_works_is_not_told(
    browser: Browse, alice: User, client: Client, columns: dict[str, int]
):
    moments: dict[str, Any] = {
        name: timezone.now() - timedelta(minutes=minutes) for name, minutes in columns.items()
    }
    add_to(client, **moments)

    assert "is still being tried" not in text(browser(alice).get(page_of(client)))


# --- Who may ----------------------------------------------------------------------------------------------------


def test_auditors_see_the_hints_and_change_nothing(browser: Browse, carol: User, client: Client):
    auditor, secret = browser(carol), add_to(client)
    page = text(auditor.get(page_of(client)))

    assert f"…{secret.hint}" in page
    assert "Generate new client secret" not in page
    assert not any(f"/{act}" in page for act in ("remove", "disable", "enable", "edit", "new"))
    assert auditor.post(new_of(client), ADD).status_code == 403
    assert auditor.get(removal_of(secret)).status_code == 403
    assert auditor.post(removal_of(secret)).status_code == 403
    assert len(secrets_of(client)) == 2


def test_users_have_no_access(browser: Browse, bob: User, client: Client):
    secret = secrets_of(client)[0]

    for method in ("get", "post"):
        assert browser(bob).get(page_of(client)).status_code == 403
        assert getattr(browser(bob), method)(new_of(client)).status_code == 403
        assert getattr(browser(bob), method)(removal_of(secret)).status_code == 403


def test_foreign_and_mismatched_addresses_are_not_found(
    browser: Browse, alice: User, mallory: User, client: Client, acme: Tenant, register: Register
):
    secret, other = secrets_of(client)[0], register(acme, name="other")[0]
    mismatched = f"{page_of(other)}/{secret.pk}/remove"

    for method in ("get", "post"):
        assert browser(mallory).get(page_of(client)).status_code == 404
        assert getattr(browser(mallory), method)(new_of(client)).status_code == 404
        assert getattr(browser(mallory), method)(removal_of(secret)).status_code == 404
        assert getattr(browser(alice), method)(mismatched).status_code == 404
    assert len(secrets_of(client)) == 1
    assert browser(alice).get(f"{page_of(client)}/not-a-uuid/remove").status_code == 404


def test_a_form_of_another_site_changes_nothing(browser: Browse, alice: User, client: Client):
    secret = add_to(client)
    admin = browser(alice)
    admin.handler.enforce_csrf_checks = True

    assert admin.post(new_of(client), ADD).status_code == 403
    assert admin.post(removal_of(secret)).status_code == 403
    assert len(secrets_of(client)) == 2
