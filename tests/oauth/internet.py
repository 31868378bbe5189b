"""The internet as a test has it: documents at URLs, and how often each was read."""

import json
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from console.http import outbound
from console.http.outbound import Failure, Fetched, NotFetched

AGENT = "https://agent.example.com/oauth/client.json"


def document(url: str = AGENT, **members: Any) -> dict[str, Any]:
    """What a host says about a client, with `members` instead of the usual ones; None leaves one out."""
    usual: dict[str, Any] = {
        "client_id": url,
        "client_name": "Agent",
        "client_uri": "https://agent.example.com/",
        "redirect_uris": ["http://127.0.0.1/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
    }
    return {name: value for name, value in (usual | members).items() if value is not None}


@dataclass
class Internet:
    """Hosts answer with what is put at their URLs: a document, bytes, or a failure."""

    at: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    read: list[str] = field(default_factory=list)

    def says(self, url: str = AGENT, **members: Any) -> None:
        self.at[url] = document(url, **members)

    def fetch(self, url: str) -> Fetched:
        self.read.append(url)
        found = self.at.get(url, Failure.NO_CONNECTION)
        if isinstance(found, Failure):
            raise NotFetched(found)
        body = found if isinstance(found, bytes) else json.dumps(found).encode()
        return Fetched(body, self.headers)

    def is_there(self) -> Any:
        """While this lasts, the server finds these hosts."""
        return mock.patch.object(outbound, "fetch", self.fetch)
