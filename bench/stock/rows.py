"""`python -m bench.stock.rows`: migrates, makes a person and two pairs of clients, prints them as JSON."""

import json
import os
import secrets

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.stock.settings")
REDIRECT_URI = "https://application.example/callback"


def main() -> None:
    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth import get_user_model
    from oauth2_provider.models import get_application_model

    password = secrets.token_urlsafe(12)
    user = get_user_model().objects.create_superuser("alice", "alice@acme.example", password)
    made: dict[str, object] = {"password": password}
    for hashed in (True, False):
        for kind, fields in (
            ("machine", {"authorization_grant_type": "client-credentials"}),
            # skip_authorization: nobody is asked, and no earlier consent has to be looked for. The cheapest it can do.
            (
                "application",
                {
                    "authorization_grant_type": "authorization-code",
                    "redirect_uris": REDIRECT_URI,
                    "skip_authorization": True,
                    "algorithm": "RS256",
                },
            ),
        ):
            secret = secrets.token_urlsafe(48)
            client = get_application_model().objects.create(
                name=f"{kind} {hashed}",
                user=user,
                client_type="confidential",
                client_secret=secret,
                hash_client_secret=hashed,
                **fields,
            )
            made[f"{kind} {'hashed' if hashed else 'plain'}"] = [client.client_id, secret]
    print(json.dumps(made))


main()
