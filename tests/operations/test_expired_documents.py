"""Clients of metadata documents go a week after nobody has anything to do with them any more."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope

from console.management import expiry
from console.models import Actor, Client, ConnectionRequest, MetadataDocument, approval
from console.policy import metadata_documents
from console.policy.registration_rules import Limits
from tests.oauth.internet import AGENT, document

pytestmark = pytest.mark.django_db
OTHER = "https://other.example.com/client.json"


def read(url=AGENT):
    described = metadata_documents.read(url, document(url), limits=Limits(redirect_urls=5, allowed_origins=5))
    return MetadataDocument.keep(url, described, fresh_for=timedelta(hours=1)).client


def removed_after(time_machine, days):
    time_machine.move_to(timezone.now() + timedelta(days=days), tick=False)
    return expiry.run().removed["unused_documents"]


def is_there(url=AGENT):
    return Client.with_deleted_anywhere.filter(client_id=url).exists()


def test_one_that_nobody_uses_goes_after_a_week(db, time_machine):
    read()

    assert removed_after(time_machine, 6) == 0
    assert removed_after(time_machine, 2) == 1
    assert not is_there()


def test_one_that_was_read_again_stays(db, time_machine):
    read()
    time_machine.move_to(timezone.now() + timedelta(days=6), tick=False)
    read()

    assert removed_after(time_machine, 2) == 0


def test_one_that_a_tenant_is_connected_to_stays(acme, time_machine):
    client = read()
    read(OTHER)
    with scope(tenant=acme):
        connection = approval.approve(acme, client, by=Actor.operator(), consent_method="required").connection

    assert removed_after(time_machine, 30) == 1
    assert (is_there(), is_there(OTHER)) == (True, False)
    with scope(tenant=acme):
        connection.remove(by=Actor.operator())
    assert removed_after(time_machine, 8) == 1


def test_one_that_somebody_asks_for_stays_until_that_is_decided(acme, bob, time_machine):
    client = read()
    with scope(tenant=acme):
        request, _ = ConnectionRequest.ask(bob, client, reason="", by=Actor(user=bob))
    assert removed_after(time_machine, 30) == 0

    with scope(tenant=acme):
        request.deny("No", by=Actor.operator())
    assert removed_after(time_machine, 8) == 1
    assert not is_there()


def test_it_asks_as_often_for_many_as_for_one(db, time_machine):
    def queries(urls):
        for url in urls:
            read(url)
        with CaptureQueriesContext(database) as asked:
            assert removed_after(time_machine, 8) == len(urls)
        return len(asked)

    one = queries([AGENT])
    assert queries([f"https://a{number}.example.com/c" for number in range(20)]) <= one
