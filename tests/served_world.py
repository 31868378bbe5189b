"""A region of its own for a served server: `python -m tests.served_world PORT EVENTS` makes it and says what to send.

Processes of the server see what is committed, which a test's own database never is.
"""

import base64
import json
import sys

import django


def make(port: int, events: int) -> dict[str, str]:
    """acme with `events` of 1 KB each in its audit log: its host, a client's credentials, and alice's session."""
    from django.conf import settings
    from django.core.management import call_command

    from console.models import Action, Event
    from tests import cast

    call_command("migrate", verbosity=0)
    acme = cast.found("acme", "Acme AB", port)
    alice = cast.join(acme, "alice", "administrator")
    client, secret = cast.register(
        acme,
        redirect_uris=[],
        grant_types=["client_credentials"],
        allowed_scopes=["user_default"],
        consent_method="trusted",
    )
    details = {"reason": "x" * 1000}
    Event._base_manager.bulk_create(
        [
            Event(tenant=acme, action=Action.TOKENS_REFUSED, actor_kind=Event.Kind.ANONYMOUS, details=details)
            for _ in range(events)
        ],
        batch_size=1000,
    )
    session = cast.signed_in_as(alice).cookies[settings.SESSION_COOKIE_NAME].value
    credentials = base64.b64encode(f"{client.client_id}:{secret}".encode()).decode()
    return {
        "host": cast.host_of(acme),
        "authorization": f"Authorization: Basic {credentials}",
        "cookie": f"Cookie: {settings.SESSION_COOKIE_NAME}={session}",
    }


if __name__ == "__main__":
    django.setup()
    print(json.dumps(make(int(sys.argv[1]), int(sys.argv[2]))))  # noqa: T201  for the test that asked
