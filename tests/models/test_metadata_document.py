"""Two people come with the same document for the first time, at the same time (Q9)."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from console.models import Client, MetadataDocument
from console.policy import metadata_documents
from console.policy.registration_rules import Limits
from tests.oauth.internet import AGENT, document

FRESH = timedelta(hours=1)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_who_is_second_takes_the_client_of_the_first(monkeypatch):
    described = metadata_documents.read(AGENT, document(), limits=Limits(redirect_urls=5, allowed_origins=5))
    bring = MetadataDocument._bring
    came: list[bool] = []

    def first():
        MetadataDocument.keep(AGENT, described, fresh_for=FRESH)
        connection.close()

    def second(*arguments):
        if not came:
            came.append(True)
            thread = threading.Thread(target=first)
            thread.start()
            thread.join()
        return bring(*arguments)

    monkeypatch.setattr(MetadataDocument, "_bring", second)
    kept = MetadataDocument.keep(AGENT, described, fresh_for=FRESH)

    [client] = Client.with_deleted_anywhere.filter(client_id=AGENT)
    assert kept.client == client
    assert MetadataDocument.objects.count() == 1
