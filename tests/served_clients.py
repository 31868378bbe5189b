"""Clients of a served region, and acts on them from a process of its own, as an administrator's page or a command.

`python -m tests.served_clients PORT make` makes a region with a client for each act, and says their credentials.
`python -m tests.served_clients PORT ACT CLIENT_ID` carries out one act.
`python -m tests.served_clients PORT count_uses CLIENT_ID` says how often the client is known to have been used, and of
its tenant how often all its clients are, and what its totals add up to.
"""

import base64
import json
import sys
from collections.abc import Callable

import django


def _acts() -> dict[str, Callable[..., object]]:
    from console.models import ClientSecret, Connection
    from tests import cast

    return {
        "disable": lambda client: client.disable(by=cast.OPERATOR),
        "remove": lambda client: client.remove(by=cast.OPERATOR),
        "remove_secret": lambda client: ClientSecret.objects.get(client=client).remove(by=cast.OPERATOR),
        "ask_for_consent": lambda client: Connection._base_manager.filter(client=client).update(
            consent_method="required"
        ),
        "narrow": lambda client: (
            type(client).with_deleted_anywhere.filter(pk=client.pk).update(allowed_scopes=["apps:export"])
        ),
        "expire_approval": lambda client: Connection._base_manager.filter(client=client).update(
            expires_at="2020-01-01T00:00:00Z"
        ),
    }


ACTS = ("disable", "remove", "remove_secret", "ask_for_consent", "narrow", "expire_approval")
COUNT = "count_uses"


def make(port: int) -> dict[str, object]:
    """acme with a machine for each act: its host, and for each act a client ID and the value of Authorization."""
    from django.core.management import call_command

    from tests import cast

    call_command("migrate", verbosity=0)
    acme = cast.found("acme", "Acme AB", port)
    clients = {}
    for act in (*ACTS, COUNT):
        client, secret = cast.register(
            acme,
            name=act,
            redirect_uris=[],
            grant_types=["client_credentials"],
            allowed_scopes=["apps:read"],
            consent_method="trusted",
        )
        credentials = base64.b64encode(f"{client.client_id}:{secret}".encode()).decode()
        clients[act] = {"client_id": client.client_id, "authorization": f"Authorization: Basic {credentials}"}
    return {"host": cast.host_of(acme), "clients": clients}


def carry_out(act: str, client_id: str) -> None:
    """One act on one client."""
    from django_scopes import scope

    from console.models import Client

    client = Client.with_deleted_anywhere.select_related("tenant").get(client_id=client_id)
    with scope(tenant=client.tenant):
        _acts()[act](client)


def count_uses(client_id: str) -> dict[str, int]:
    """How often the client was used, by the rows; how often every client of its tenant, and by the totals.

    One statement: servers may be writing.
    """
    from django.db.models import OuterRef, QuerySet, Subquery, Sum

    from console.models import Client, Tenant, UseCount, UseTotal
    from console.policy.uses import WITHOUT_TOKEN

    client = Client.with_deleted_anywhere.get(client_id=client_id)
    of_days = UseCount._base_manager.filter(span=UseCount.Span.DAY, tenant=OuterRef("pk"))
    of_days = of_days.exclude(grant__in=WITHOUT_TOKEN, outcome="")
    counted = {
        "of_client": of_days.filter(client=client),
        "of_tenant": of_days,
        "in_total": UseTotal._base_manager.filter(tenant=OuterRef("pk")),
    }

    def added_up(rows: QuerySet) -> Subquery:
        return Subquery(rows.order_by().values("tenant").annotate(sum=Sum("number")).values("sum"))

    numbers = {name: added_up(rows) for name, rows in counted.items()}
    found = Tenant.objects.filter(pk=client.tenant_id).values_list(*numbers.values()).get()
    return dict(zip(numbers, found, strict=True))


if __name__ == "__main__":
    django.setup()
    port, act, *rest = sys.argv[1:]
    if act == "make":
        print(json.dumps(make(int(port))))  # noqa: T201  for the test that asked
    elif act == COUNT:
        print(json.dumps(count_uses(*rest)))  # noqa: T201
    else:
        carry_out(act, *rest)
