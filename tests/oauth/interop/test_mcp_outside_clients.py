"""MCP clients that nobody has registered connect to the example server, after an administrator has approved them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.http import outbound
from console.models import Tenant, User
from tests.http import documents
from tests.oauth.interop.agents import CLIENTS, REDIRECT_URI, check, connect
from tests.oauth.interop.person import Person

pytestmark = [pytest.mark.usefixtures("local_names"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the client's metadata document. As those of real agents, it names no scope."""
    with documents.site(tmp_path) as host:
        monkeypatch.setattr(outbound, "WORLD", host.world)
        described = {
            "client_id": documents.URL,
            "client_name": "Agent",
            "client_uri": f"https://{documents.HOST}/",
            "redirect_uris": [REDIRECT_URI],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }
        host.says(json.dumps(described).encode())
        yield documents.URL


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_that_nobody_knows_brings_its_metadata_document(
    acme: Tenant, alice: User, bob: User, notes: str, document: str, client: str
):
    """draft-ietf-oauth-client-id-metadata-document: the first contact waits for an administrator, the next does not."""
    alices = Person(alice.email)
    result = connect(client, notes, alices, METADATA_URL=document)

    assert alices.seen == ["password", "consent_method", "decision"]
    assert result["client_id"] == document
    check(result, alice, notes)

    bobs = Person(bob.email)
    check(connect(client, notes, bobs, METADATA_URL=document), bob, notes)
    assert bobs.seen == ["password", "decision"]
