"""Calls that come in the same moment: one answer counts, nothing waits for ever, and none is an error of ours (F15)."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django_scopes import scope

from console.models import Connection, Tenant, User
from tests import cast
from tests.api.caller import Api, config_of, events_of, patch_of, request_path
from tests.cast import ask, publish

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[int]:
    """The statuses of calls that begin together."""
    gate, statuses = threading.Barrier(len(calls)), [0] * len(calls)

    def act(place: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait()
            statuses[place] = call().status_code
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def test_of_several_answers_to_a_request_one_counts(
    acme: Tenant, globex: Tenant, alice: User, bob: User, mailoutbox: list[Any]
):
    wish = ask(bob, publish(globex))
    callers = [Api.of(alice), Api.bot(acme), Api.of(alice)]
    statuses = at_once(
        lambda: callers[0].post(request_path(wish, "approve"), {"consentMethod": "required"}),
        lambda: callers[1].post(request_path(wish, "approve"), {"consentMethod": "trusted"}),
        lambda: callers[2].post(request_path(wish, "deny"), {"answer": "No."}),
    )

    assert sorted(statuses) == [200, 409, 409]
    assert len(events_of(acme, "connection.approved", "connection.denied")) == 1
    assert len(mailoutbox) == 1


def test_changes_of_one_connection_follow_one_another(acme: Tenant, globex: Tenant, alice: User, bob: User):
    client = publish(globex)
    cast.connect(client, acme, by=alice)
    wish = ask(bob, publish(globex, name="Other"))
    callers = [Api.of(alice) for _ in range(4)]
    path = config_of(client)
    statuses = at_once(
        lambda: callers[0].patch(path, patch_of(status="blocked", scopes=["openid"])),
        lambda: callers[1].patch(path, patch_of(consentMethod="trusted", status="blocked")),
        lambda: callers[2].delete(path),
        lambda: callers[3].post(request_path(wish, "approve"), {"consentMethod": "required"}),
    )

    assert set(statuses[:2]) <= {204, 404}
    assert statuses[2:] == [204, 200]
    with scope(tenant=acme):
        assert not Connection.objects.filter(client=client).exists()
    assert len(events_of(acme, "connection.blocked")) <= 1
