"""Groups: `/console/people/groups`, who is in them, and the claims `groups` and `roles` (P11)."""

import io
import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django_scopes import scope

from console.models import Event, Group, GroupMember, Tenant, User
from tests import cast
from tests.cast import OPERATOR

pytestmark = pytest.mark.django_db

LIST = "/console/people/groups"
Browse = Callable[[User], Browser]


def text(page: Any) -> str:
    return unescape(" ".join(page.content.decode().split()))


def groups_of(person: User) -> list[str]:
    return Group.names_of(person)


def events(tenant: Tenant, action: str) -> list[Event]:
    with scope(tenant=tenant):
        return list(Event.objects.filter(action=action).order_by("pk"))


def command(*arguments: str) -> dict[str, Any]:
    output = io.StringIO()
    call_command(*arguments, "--json", stdout=output)
    result: dict[str, Any] = json.loads(output.getvalue())
    return result


def test_a_group_is_made_filled_renamed_and_deleted(
    browser: Browse, acme: Tenant, alice: User, bob: User, carol: User
):
    admin = browser(alice)

    page = admin.post(f"{LIST}/new", {"name": " Finance ", "description": "The books"}, follow=True)
    assert "Nobody is in this group" in text(page)
    path = page.redirect_chain[-1][0]
    added = admin.post(f"{path}/add", {"person": [str(bob.pk), str(carol.pk)]}, follow=True)
    assert "2 people are added" in text(added)
    assert "bob@acme.example" in text(added)
    assert (groups_of(bob), groups_of(carol), groups_of(alice)) == (["Finance"], ["Finance"], [])

    admin.post(f"{path}/edit", {"name": "Accounting", "description": "The books"})
    assert groups_of(bob) == ["Accounting"]
    assert "Accounting" in text(admin.get(f"/console/people/{bob.pk}"))
    assert "Accounting" in text(browser(bob).get("/account"))
    assert "2 people are in this group" in text(admin.get(f"{path}/delete"))

    assert admin.post(f"{path}/members/{carol.pk}/remove").status_code == 303
    assert groups_of(carol) == []
    assert "1 person" in text(admin.get(path))
    assert admin.post(f"{path}/delete").status_code == 303
    assert groups_of(bob) == []
    for gone in (path, f"{path}/edit", f"{path}/add", f"{path}/delete"):
        assert admin.get(gone).status_code == 404
    done = ["created", "member_added", "member_added", "updated", "member_removed", "deleted"]
    with scope(tenant=acme):
        log = Event.objects.filter(action__startswith="group.").order_by("pk")
        assert [event.action for event in log] == [f"group.{what}" for what in done]
    assert events(acme, "group.updated")[0].changes == {"name": ["Finance", "Accounting"]}
    assert {event.target_id for event in events(acme, "group.member_added")} == {str(bob.pk), str(carol.pk)}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("FINANCE", "Another group has this name"),
        ("", "required"),
        ("x" * 65, "at most 64"),
        ("Fi\u202enance", "invisible or misleading"),
    ],
)
def test_a_name_that_cannot_be_says_why(name: str, said: str, browser: Browse, acme: Tenant, alice: User):
    group, other = (cast.group(acme, one) for one in ("Finance", "Sales"))
    admin = browser(alice)

    for path in (f"{LIST}/new", f"{LIST}/{other.pk}/edit"):
        page = admin.post(path, {"name": name, "description": "kept"})
        assert page.status_code == 422
        assert said in text(page)
        assert "kept" in text(page)
    assert admin.post(f"{LIST}/{group.pk}/edit", {"name": "FINANCE", "description": ""}).status_code == 303


def test_a_deleted_group_leaves_its_name_free(browser: Browse, acme: Tenant, alice: User, bob: User):
    group = cast.group(acme, "Finance", bob)
    admin = browser(alice)
    admin.post(f"{LIST}/{group.pk}/delete")

    assert admin.post(f"{LIST}/new", {"name": "finance"}).status_code == 303
    removed = command("expire", "--trust-clock")["removed"]["deleted_groups"]

    assert removed == 2  # the membership, then the group
    assert Group._base_manager.count() == 1
    assert GroupMember._base_manager.count() == 0


def test_a_picker_searches_and_keeps_who_was_chosen(
    browser: Browse, acme: Tenant, alice: User, bob: User, carol: User
):
    group, admin = cast.group(acme, "Finance", carol), browser(alice)
    for number in range(30):
        cast.join(acme, f"p{number:02}")
    path = f"{LIST}/{group.pk}/add"

    first = text(admin.get(path))
    found = text(admin.get(path, {"q": "carol", "person": str(bob.pk)}))
    part = text(admin.get(path, {"q": "p17"}, headers={"hx-request": "true", "hx-target": "candidates"}))

    assert "There are more people" in first
    assert 'name="csrfmiddlewaretoken" type="hidden"' not in first.partition('id="add-people"')[2]
    assert re.search(rf'value="{bob.pk}" checked', found)
    assert re.search(rf'value="{carol.pk}" disabled', found)
    assert "already in this group" in found
    assert re.findall(r"p\d\d(?=@)", part) == ["p17"]
    assert "<html" not in part
    assert "Choose at least one person" in text(admin.post(path, {"q": ""}))


def test_a_person_is_put_into_groups_from_their_page(
    browser: Browse, acme: Tenant, alice: User, bob: User, carol: User, gustav: User, settings: Any
):
    groups = [cast.group(acme, name) for name in ("Finance", "Sales", "Board")]
    theirs, admin = cast.group(gustav.tenant, "Secret plans"), browser(alice)
    path = f"/console/people/{bob.pk}/groups"
    cast.group(acme, "Everybody", bob)

    found = text(admin.get(path, {"q": "sal", "group": str(groups[0].pk)}))
    assert re.search(rf'value="{groups[0].pk}" checked', found)
    assert "Sales" in found
    assert "Board" not in found
    assert re.search(r"<input[^>]* disabled>.{0,60}Everybody.{0,120}already in", text(admin.get(path)))
    assert admin.post(path, {"group": str(theirs.pk)}).status_code == 422
    assert admin.post(path, {"group": "x"}).status_code == 422
    assert browser(carol).post(path, {"group": str(groups[0].pk)}).status_code == 403
    assert admin.get(f"/console/people/{gustav.pk}/groups").status_code == 404

    page = admin.post(path, {"group": [str(group.pk) for group in groups[:2]]}, follow=True)
    assert "The groups of Bob have been saved." in text(page)
    assert groups_of(bob) == ["Everybody", "Finance", "Sales"]
    settings.LIMITS = settings.LIMITS | {"groups_of_person": 3}
    refused = admin.post(path, {"group": str(groups[2].pk)})
    assert "A person can be in 3 groups" in text(refused)
    assert admin.post(f"{LIST}/{groups[0].pk}/members/{bob.pk}/remove", {"from": "person"})["Location"] == (
        f"/console/people/{bob.pk}"
    )
    assert groups_of(bob) == ["Everybody", "Sales"]


@pytest.mark.parametrize("person", ["gustav", "nobody", "no ID"])
def test_nobody_of_another_tenant_is_added(
    person: str, browser: Browse, acme: Tenant, alice: User, gustav: User
):
    group = cast.group(acme, "Finance")
    sent = {"gustav": str(gustav.pk), "nobody": str(uuid4()), "no ID": "x"}[person]

    assert browser(alice).post(f"{LIST}/{group.pk}/add", {"person": sent}).status_code == 422
    assert groups_of(gustav) == []


def test_another_tenants_group_is_as_unknown_as_a_random_one(
    browser: Browse, globex: Tenant, alice: User, bob: User, gustav: User
):
    theirs, admin = cast.group(globex, "Secret plans", gustav), browser(alice)

    assert "Secret plans" not in text(admin.get(LIST))
    for key in (theirs.pk, uuid4()):
        for act in ("", "/edit", "/delete", "/add", f"/members/{bob.pk}/remove"):
            for method in ("get", "post"):
                status = getattr(admin, method)(f"{LIST}/{key}{act}", {"name": "x"}).status_code
                only = 405 if (act == "") == (method == "post") and (act == "" or "members" in act) else 404
                assert status == only, (act, method)
    own = cast.group(alice.tenant, "Ours", bob)
    assert admin.post(f"{LIST}/{own.pk}/members/{gustav.pk}/remove").status_code == 404
    assert groups_of(gustav) == ["Secret plans"]


@pytest.mark.parametrize("who", ["carol", "bob"])
def test_auditors_read_and_only_administrators_change(
    who: str, browser: Browse, request: pytest.FixtureRequest, acme: Tenant, bob: User
):
    group, here = cast.group(acme, "Finance", bob), browser(request.getfixturevalue(who))
    before = Event._base_manager.count()

    for path in (LIST, f"{LIST}/{group.pk}"):
        page = here.get(path)
        assert page.status_code == (200 if who == "carol" else 403)
        assert f"{group.pk}/edit" not in text(page)
        assert "/remove" not in text(page)
    for act in ("new", f"{group.pk}/edit", f"{group.pk}/delete", f"{group.pk}/add"):
        assert here.post(f"{LIST}/{act}", {"name": "x", "person": str(bob.pk)}).status_code == 403
    assert here.post(f"{LIST}/{group.pk}/members/{bob.pk}/remove").status_code == 403
    assert Event._base_manager.count() == before


def test_lists_are_paged_and_searched_in_statements_that_do_not_grow(
    browser: Browse, acme: Tenant, alice: User, django_assert_max_num_queries: Any
):
    for number in range(30):
        cast.group(acme, f"g{number:02}", alice)
    people = [cast.join(acme, f"p{number:02}") for number in range(30)]
    big, reader = cast.group(acme, "Big", *people), browser(alice)

    with django_assert_max_num_queries(12):
        first = text(reader.get(LIST))
    following = unescape(re.findall(r'rel="next" href="([^"]+)"', first)[0])
    with django_assert_max_num_queries(15):
        inside = text(reader.get(f"{LIST}/{big.pk}"))

    assert re.findall(r"<bdi>(Big|g\d\d)</bdi>", first) == ["Big", *(f"g{n:02}" for n in range(24))]
    assert re.findall(r"<bdi>(g\d\d)</bdi>", text(reader.get(LIST + following)))[-1] == "g29"
    assert "<bdi>g17</bdi>" in text(reader.get(LIST + "?q=G17"))
    assert "P24" in inside
    assert "P25" not in inside
    assert "P29" in text(reader.get(f"{LIST}/{big.pk}?q=p29"))
    assert "Nobody matches" in text(reader.get(f"{LIST}/{big.pk}?q=alice"))


def test_a_large_group_is_paged_on_the_way_through_everybody(
    browser: Browse, acme: Tenant, alice: User, bob: User, carol: User, monkeypatch: pytest.MonkeyPatch
):
    group = cast.group(acme, "Finance", bob, carol)
    monkeypatch.setattr("console.pages.groups.FEW", 1)

    page = text(browser(alice).get(f"{LIST}/{group.pk}"))

    assert "bob@acme.example" in page
    assert "carol@acme.example" in page
    assert page.count("/remove") == 2


def test_nobody_is_in_more_groups_than_a_claim_names(
    browser: Browse, acme: Tenant, alice: User, bob: User, carol: User, settings: Any
):
    settings.LIMITS = settings.LIMITS | {"groups_of_person": 2}
    cast.group(acme, "One", bob)
    cast.group(acme, "Two", bob)
    three = cast.group(acme, "Three")

    page = browser(alice).post(f"{LIST}/{three.pk}/add", {"person": [str(bob.pk), str(carol.pk)]})

    assert page.status_code == 422
    assert "A person can be in 2 groups" in text(page)
    assert (groups_of(bob), groups_of(carol)) == (["One", "Two"], [])


def test_the_commands_make_list_and_fill_groups(acme: Tenant, bob: User):
    made = command("create_group", "acme", "Finance", "--description", "The books")
    assert (made["name"], made["people"]) == ("Finance", 0)
    with pytest.raises(CommandError, match="already"):
        command("create_group", "acme", "finance")

    assert command("set_user", "acme", bob.email, "--group", "FINANCE")["changed"] == ["group"]
    assert command("set_user", "acme", bob.email, "--group", "finance")["changed"] == []
    assert groups_of(bob) == ["Finance"]
    [row] = command("list_groups", "acme")["groups"]
    assert (row["name"], row["people"], row["description"]) == ("Finance", 1, "The books")
    assert command("set_user", "acme", bob.email, "--no-group", "Finance")["changed"] == ["no-group"]
    assert groups_of(bob) == []
    with pytest.raises(CommandError, match="no group"):
        command("set_user", "acme", bob.email, "--group", "Sales", "--role", "auditor")
    assert User._base_manager.get(pk=bob.pk).role == "user"


def test_adding_twice_changes_nothing(acme: Tenant, bob: User):
    group = cast.group(acme, "Finance", bob)
    with scope(tenant=acme):
        assert group.add([bob], by=OPERATOR) == []
        assert group.drop(bob, by=OPERATOR)
        assert not group.drop(bob, by=OPERATOR)
        group.refresh_from_db()
    assert group.size == 0
    assert len(events(acme, "group.member_removed")) == 1
