"""`manage.py create_client TENANT NAME --type web|spa|native …`."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django_scopes import scope

from console.management.operations import (
    OPERATOR,
    Operation,
    check_that_oauth_clients_are_supported,
    printable,
    tenant_named,
)
from console.models import Client, LimitReached, NeedsTrust, NotPublishable
from console.policy import client_types, redirect_uris, scopes
from console.policy.client_types import AuthMethod, ClientType
from console.policy.consent_rules import ConsentMethod

LIMITED = {
    "clients_per_tenant": "OAuth clients of a tenant",
    "redirect_urls": "redirect URLs and as many sign-out URLs",
    "allowed_origins": "allowed origins",
}


class Command(Operation):
    help = "Registers an OAuth client and prints its ID and, once, its secret."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the owner tenant")
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--type", required=True, choices=[kind.value for kind in ClientType])
        for option, what in (
            ("redirect-url", "URL"),
            ("sign-out-url", "URL"),
            ("origin", "ORIGIN"),
            ("scope", "SCOPE"),
        ):
            parser.add_argument(
                f"--{option}", action="append", default=[], metavar=what, help="may be repeated"
            )
        grants = sorted(client_types.MACHINE_GRANTS)
        parser.add_argument(
            "--grant", action="append", default=[], choices=grants, help="for web clients; may be repeated"
        )
        parser.add_argument(
            "--id-token-alg",
            choices=list(Client.Algorithm),
            help="what signs its ID tokens: RS256 for a web client, ES256 for others unless said otherwise",
        )
        parser.add_argument(
            "--accept-no-pkce",
            action="store_true",
            help="for web clients whose software cannot send PKCE: accept openid with a nonce instead",
        )
        parser.add_argument("--trusted", action="store_true", help="never ask people for consent")
        parser.add_argument(
            "--published", action="store_true", help="available to every tenant of the region"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        check_that_oauth_clients_are_supported()
        tenant = tenant_named(options["tenant"])
        fields = self._fields(options)
        with scope(tenant=tenant), transaction.atomic():
            try:
                client, secret = Client.register(
                    tenant,
                    by=OPERATOR,
                    type=options["type"],
                    consent_method=ConsentMethod.TRUSTED if options["trusted"] else ConsentMethod.REQUIRED,
                    **fields,
                )
                if options["published"]:
                    client.publish(by=OPERATOR)
            except LimitReached as limit:
                what = LIMITED[limit.limit]
                raise CommandError(f"The limit is reached: at most {limit.number} {what}.") from None
            except NeedsTrust:
                raise CommandError(
                    "A machine-to-machine client (--grant client_credentials) must be trusted: no user is involved, "
                    "so there is nobody to ask. Add --trusted."
                ) from None
            except NotPublishable:
                raise CommandError(
                    "A client that only machines use cannot be published: nobody could sign in with it. "
                    "Give it a --redirect-url, or leave out --published."
                ) from None
        result = {"client_id": client.client_id}
        lines = [f"Registered {client.name} for {tenant.name}.", f"Client ID: {client.client_id}"]
        if secret:
            result["client_secret"] = secret
            lines.append(f"Client secret, shown only now: {secret}")
        if client.impersonates:
            lines.append(
                "It can act as any user of the tenant, administrators included, while it is trusted."
            )
        if client.grant_types and not options["trusted"]:
            lines.append(
                "It gets no tokens without a person until its consent method is trusted (--trusted)."
            )
        self.report(options, result, *lines)

    @staticmethod
    def _fields(options: dict[str, Any]) -> dict[str, Any]:
        """The client's fields, checked like the console's form checks them."""
        traits = client_types.traits(options["type"])
        name = printable("NAME", options["name"], 512)
        if options["grant"] and not traits.machine_grants:
            raise CommandError("Only a web client can have --grant.")
        if options["accept_no_pkce"] and not traits.confidential:
            raise CommandError("Only a web client can have --accept-no-pkce.")
        if options["origin"] and not client_types.shows_allowed_origins(
            options["type"], set(options["grant"])
        ):
            raise CommandError("This type of client has no allowed origins.")
        if (
            client_types.needs_redirect_url(options["type"], set(options["grant"]))
            and not options["redirect_url"]
        ):
            raise CommandError("Give at least one --redirect-url.")
        if options["published"] and options["grant"] and not options["redirect_url"]:
            raise CommandError(
                "A client that only machines use cannot be published: nobody of another tenant could sign in with it."
            )
        unknown = [scope for scope in options["scope"] if scope not in scopes.SCOPES]
        if unknown:
            raise CommandError(f"Unknown scope: {', '.join(unknown)}.")
        try:
            for url in options["redirect_url"] + options["sign_out_url"]:
                redirect_uris.check_redirect_url(url, private_schemes=traits.private_schemes)
            for origin in options["origin"]:
                redirect_uris.check_origin(origin)
        except redirect_uris.Refused as refused:
            raise CommandError(refused.message) from None
        return {
            "name": name,
            "redirect_uris": list(dict.fromkeys(options["redirect_url"])),
            "post_logout_redirect_uris": list(dict.fromkeys(options["sign_out_url"])),
            "allowed_origins": list(dict.fromkeys(options["origin"])),
            "allowed_scopes": scopes.join(options["scope"]).split(),
            "grant_types": sorted(set(options["grant"])),
            "accepts_no_pkce": options["accept_no_pkce"],
            "auth_methods": [AuthMethod.CLIENT_SECRET.value] if traits.confidential else [],
        } | ({"algorithm": options["id_token_alg"]} if options["id_token_alg"] else {})
