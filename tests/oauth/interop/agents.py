"""Clients of the Model Context Protocol (MCP), and the API of the example server, for tests that bring them together.

The API and its clients are registered as operators do: with the commands.
"""

import json
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import jwt
from django.core.management import call_command

from console.models import Tenant, User
from tests import node, software
from tests.oauth.interop import programs
from tests.oauth.interop.person import Person

HERE = Path(__file__).parent
REDIRECT_URI = "http://127.0.0.1:33418/callback"  # nobody listens there: the person brings the answer
READ, WRITE = "notes:read", "notes:write"


def command(*arguments: str, **options: Any) -> dict[str, Any]:
    """What a command prints with --json."""
    printed = StringIO()
    call_command(*arguments, **options, json=True, stdout=printed)
    document: dict[str, Any] = json.loads(printed.getvalue())
    return document


def register_notes(tenant: Tenant, identifier: str) -> None:
    """The API of examples/mcp_server."""
    scopes = [f"{READ}=Read your notes", f"{WRITE}=Add notes for you"]
    command("create_api", tenant.alias, identifier, name="Notes", scope=scopes)


def register_client(
    tenant: Tenant, redirect_uri: str, identifier: str = "", scopes: str = f"{READ},{WRITE}"
) -> str:
    """The client ID of a native client, with scopes of an API if `identifier` names one."""
    registered = command(
        *("create_client", tenant.alias, "Agent"),
        type="native",
        redirect_url=[redirect_uri],
        scope=["openid", "offline_access"],
        **({"api": [f"{identifier}={scopes}"]} if identifier else {}),
    )
    return str(registered["client_id"])


def python_1() -> programs.Command:
    return [software.executable("mcp-1"), software.FOLDER / "mcp_client_1.py"]


def python_2() -> programs.Command:
    """The SDK that the server is written with, which is in this environment."""
    return [sys.executable, software.FOLDER / "mcp_client.py"]


def typescript() -> programs.Command:
    node.packages()
    return [node.executable(), "--import", (HERE / "local_names.mjs").as_uri(), HERE / "mcp_client.mjs"]


CLIENTS: dict[str, tuple[Callable[[], programs.Command], dict[str, str]]] = {
    "python 1": (python_1, {}),
    "python 2": (python_2, {}),
    "typescript 1": (typescript, {"SDK": "1"}),
    "typescript 2": (typescript, {"SDK": "2"}),
}


def connect(client: str, server: str, person: Person, **given: str) -> dict[str, Any]:
    """What the client got once the person had allowed it."""
    start, environment = CLIENTS[client]

    def at_the_browser(address: str) -> str:
        back = person.follow(person.get(address), back=REDIRECT_URI)
        return back.headers["Location"]

    return programs.conversation(
        start(), at_the_browser, SERVER=server, REDIRECT_URI=REDIRECT_URI, **environment, **given
    )


def check(result: dict[str, Any], user: User, server: str) -> None:
    """It saw the tools, was who the person is, and could do what it asked for, at this server only."""
    assert result["tools"] == ["add_note", "list_notes", "whoami"]
    assert result["whoami"]["user"] == str(user.pk)
    assert result["whoami"]["client"] == result["client_id"]
    assert {READ, WRITE} <= set(result["whoami"]["scopes"]) <= {READ, WRITE, "offline_access"}
    assert result["refused"] is False
    assert len(result["notes"]["result"]) == 1
    assert result["refreshed"] == ("offline_access" in result["scope"].split())
    token = jwt.decode(result["access_token"], options={"verify_signature": False})
    assert token["aud"] == server
