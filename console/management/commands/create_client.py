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
    read_all_of_stdin,
    tenant_named,
)
from console.models import Client, LimitReached, NeedsTrust, NotPublishable
from console.policy import client_types, public_keys, redirect_uris, scopes
from console.policy.client_types import AuthMethod, ClientType
from console.policy.consent_rules import ConsentMethod

LIMITED = {
    "clients_per_tenant": "OAuth clients of a tenant",
    "redirect_urls": "redirect URLs and as many sign-out URLs",
    "allowed_origins": "allowed origins",
}
# As the metadata names them. The server takes a secret in the header and in the body alike (RFC 6749 §2.3.1).
AUTH_METHODS = {
    "client_secret": AuthMethod.CLIENT_SECRET.value,
    "client_secret_basic": AuthMethod.CLIENT_SECRET.value,
    "client_secret_post": AuthMethod.CLIENT_SECRET.value,
    "private_key_jwt": AuthMethod.PRIVATE_KEY_JWT.value,
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
        parser.add_argument(
            "--confirm-scheme",
            action="append",
            default=[],
            metavar="SCHEME",
            help="for native clients: accept addresses of this scheme, such as cursor, although it has no dot and any "
            "application can claim it; may be repeated",
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
        parser.add_argument(
            "--auth-method",
            action="append",
            default=[],
            choices=list(AUTH_METHODS),
            help="for web clients, how it proves who it is: a secret unless said otherwise; may be repeated",
        )
        parser.add_argument(
            "--public-key-stdin",
            action="store_true",
            help="for private_key_jwt: the public key, a JWK with kid and alg, comes on standard input",
        )
        parser.add_argument("--trusted", action="store_true", help="never ask people for consent")
        parser.add_argument(
            "--published", action="store_true", help="available to every tenant of the region"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        check_that_oauth_clients_are_supported()
        tenant = tenant_named(options["tenant"])
        traits = client_types.traits(options["type"])
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
        lines += [f"Public key: {key['kid']} ({key['alg']})" for key in client.public_keys]
        if client.impersonates:
            lines.append(
                "It can act as any user of the tenant, administrators included, while it is trusted."
            )
        if client.grant_types and not options["trusted"]:
            lines.append(
                "It gets no tokens without a person until its consent method is trusted (--trusted)."
            )
        if traits.allowed_origins and not client.allowed_origins:
            lines.append(
                "No page can read its tokens: the browser keeps the answers (CORS) until it has an --origin, such as "
                f"{redirect_uris.page_origins(client.redirect_uris)[0]}."
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
                "A client that only machines use cannot be published: nobody in another tenant could sign in with it."
            )
        unknown = [scope for scope in options["scope"] if scope not in scopes.SCOPES]
        if unknown:
            raise CommandError(f"Unknown scope: {', '.join(unknown)}.")
        Command._check_addresses(options)
        return {
            "name": name,
            "redirect_uris": list(dict.fromkeys(options["redirect_url"])),
            "post_logout_redirect_uris": list(dict.fromkeys(options["sign_out_url"])),
            "allowed_origins": list(dict.fromkeys(options["origin"])),
            "allowed_scopes": scopes.join(options["scope"]).split(),
            "grant_types": sorted(set(options["grant"])),
            "accepts_no_pkce": options["accept_no_pkce"],
            **_authentication(options, confidential=traits.confidential),
        } | ({"algorithm": options["id_token_alg"]} if options["id_token_alg"] else {})

    @staticmethod
    def _check_addresses(options: dict[str, Any]) -> None:
        """Raises CommandError for an address that may not be registered, and for a scheme that is not confirmed."""
        traits = client_types.traits(options["type"])
        if options["confirm_scheme"] and not traits.private_schemes:
            raise CommandError("Only a native client can have --confirm-scheme.")
        try:
            for url in options["redirect_url"] + options["sign_out_url"]:
                redirect_uris.check_redirect_url(
                    url,
                    private_schemes=traits.private_schemes,
                    confirmed_schemes=[scheme.rstrip(":/") for scheme in options["confirm_scheme"]],
                )
            for origin in options["origin"]:
                redirect_uris.check_origin(origin)
        except redirect_uris.Unproven as unproven:
            raise CommandError(
                f"Any application on a device can claim {unproven.scheme}: (RFC 8252 §8.6). Use a domain name in "
                "reverse, such as com.example.app:/callback, or say that it must be this one: "
                f"--confirm-scheme {unproven.scheme}."
            ) from None
        except redirect_uris.Refused as refused:
            raise CommandError(refused.message) from None


def _authentication(options: dict[str, Any], *, confidential: bool) -> dict[str, list[Any]]:
    """How the client proves who it is, by the rules of the console's form. CommandError with the reason."""
    chosen = {AUTH_METHODS[name] for name in options["auth_method"]}
    if not confidential:
        if chosen or options["public_key_stdin"]:
            raise CommandError("Only a web client can have --auth-method or --public-key-stdin.")
        return {"auth_methods": [], "public_keys": []}
    methods = sorted(chosen or {AuthMethod.CLIENT_SECRET.value})
    if (AuthMethod.PRIVATE_KEY_JWT in methods) != options["public_key_stdin"]:
        raise CommandError("--auth-method private_key_jwt and --public-key-stdin belong together: give both.")
    return {"auth_methods": methods, "public_keys": [_public_key()] if options["public_key_stdin"] else []}


def _public_key() -> dict[str, str]:
    try:
        return public_keys.parse(read_all_of_stdin("public key", public_keys.MAX_LENGTH))
    except public_keys.Refused as refused:
        raise CommandError(refused.message) from None
