"""`manage.py create_client TENANT NAME --type web|spa|native …`."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import IntegrityError, transaction
from django_scopes import scope

from console.management.operations import (
    OPERATOR,
    Operation,
    check_that_oauth_clients_are_supported,
    read_all_of_stdin,
    read_line_of_stdin,
    tenant_named,
)
from console.models import ApisNotPublished, Client, ClientSecret, LimitReached, NotPublishable, Tenant
from console.policy import (
    apis,
    brought_credentials,
    client_types,
    public_keys,
    redirect_uris,
    scopes,
    text,
)
from console.policy.client_types import AuthMethod, ClientType, GrantType
from console.policy.consent_rules import ConsentMethod
from console.policy.registration_problems import (
    NEEDS_TRUST,
    ONLY_NATIVE,
    ONLY_WEB,
    TOO_MANY,
    UNCONFIRMED,
    InvalidRegistration,
    Problem,
)

LIMITED = {
    "redirect_uris": "redirect URLs and as many sign-out URLs",
    "post_logout_redirect_uris": "redirect URLs and as many sign-out URLs",
    "allowed_origins": "allowed origins",
}
# As the metadata names them. The server takes a secret in the header and in the body alike (RFC 6749 §2.3.1).
AUTH_METHODS = {
    "client_secret": AuthMethod.CLIENT_SECRET.value,
    "client_secret_basic": AuthMethod.CLIENT_SECRET.value,
    "client_secret_post": AuthMethod.CLIENT_SECRET.value,
    "private_key_jwt": AuthMethod.PRIVATE_KEY_JWT.value,
}
# The device grant has a long name (RFC 8628 §3.4); the short one means the same.
GRANTS = {grant.value: grant.value for grant in sorted(client_types.MACHINE_GRANTS)} | {
    "device_code": GrantType.DEVICE_CODE.value,
    GrantType.DEVICE_CODE.value: GrantType.DEVICE_CODE.value,
}
SWITCHES = {
    "accept-no-pkce": "for web clients whose software cannot send PKCE: accept openid with a nonce instead",
    "client-secret-stdin": "the secret that the client has on another server comes on standard input",
    "public-key-stdin": "for private_key_jwt: the public key, a JWK with kid and alg, comes on standard input",
    "trusted": "never ask people for consent",
    "published": "available to every tenant of the region",
}
# Which argument says what of the registration.
ARGUMENTS = {
    "name": "NAME",
    "redirect_uris": "--redirect-url",
    "post_logout_redirect_uris": "--sign-out-url",
    "allowed_origins": "--origin",
    "allowed_scopes": "--scope",
    "grant_types": "--grant",
    "auth_methods": "--auth-method",
    "public_keys": "--public-key-stdin",
    "algorithm": "--id-token-alg",
    "accepts_no_pkce": "--accept-no-pkce",
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
            _repeatable(parser, option, metavar=what)
        _repeatable(parser, "api", "scopes of an API", metavar="IDENTIFIER=SCOPE[,SCOPE…]")
        _repeatable(
            parser,
            "confirm-scheme",
            "for native clients: accept addresses of this scheme, such as cursor, although it has no dot and any "
            "application can claim it",
            metavar="SCHEME",
        )
        _repeatable(parser, "grant", "for web clients; device_code for native ones", choices=list(GRANTS))
        parser.add_argument(
            "--id-token-alg",
            choices=list(Client.Algorithm),
            help="what signs its ID tokens: RS256 for a web client, ES256 for others unless said otherwise",
        )
        _repeatable(
            parser,
            "auth-method",
            "for web clients, how it proves who it is: a secret unless said otherwise",
            choices=list(AUTH_METHODS),
        )
        parser.add_argument("--client-id", default="", help="the ID that the client has on another server")
        for option, what in SWITCHES.items():
            parser.add_argument(f"--{option}", action="store_true", help=what)

    def handle(self, *args: Any, **options: Any) -> None:
        check_that_oauth_clients_are_supported()
        tenant = tenant_named(options["tenant"])
        client, secret = _register(tenant, options)
        result = {"client_id": client.client_id}
        lines = [f"Registered {client.name} for {tenant.name}.", f"Client ID: {client.client_id}"]
        if options["client_secret_stdin"]:
            lines.append("Client secret: the one that you brought.")
        elif secret:
            result["client_secret"] = secret
            lines.append(f"Client secret, shown only now: {secret}")
        lines += [f"Public key: {key['kid']} ({key['alg']})" for key in client.public_keys]
        if client.impersonates:
            lines.append(
                "It can act as any user of the tenant, administrators included, while it is trusted."
            )
        if client.machine and not options["trusted"]:
            lines.append(
                "It gets no tokens without a person until its consent method is trusted (--trusted)."
            )
        if client_types.traits(client.type).allowed_origins and not client.allowed_origins:
            lines.append(
                "No page can read its tokens: the browser keeps the answers (CORS) until it has an --origin, such as "
                f"{redirect_uris.page_origins(client.redirect_uris)[0]}."
            )
        self.report(options, result, *lines)


def _repeatable(parser: CommandParser, option: str, what: str = "", **more: Any) -> None:
    what = f"{what}; may be repeated" if what else "may be repeated"
    parser.add_argument(f"--{option}", action="append", default=[], help=what, **more)


def _register(tenant: Tenant, options: dict[str, Any]) -> tuple[Client, str]:
    """Registers the client and publishes it if it shall be. CommandError with what may not be."""
    fields = _fields(options)
    brought = _brought(tenant, options, fields)
    try:
        with scope(tenant=tenant), transaction.atomic():
            client, secret = Client.register(
                tenant,
                by=OPERATOR,
                type=options["type"],
                consent_method=ConsentMethod.TRUSTED if options["trusted"] else ConsentMethod.REQUIRED,
                confirmed_schemes=[scheme.rstrip(":/") for scheme in options["confirm_scheme"]],
                **brought,
                **fields,
            )
            if options["published"]:
                client.publish(by=OPERATOR)
    except IntegrityError:  # somebody else has taken one of them in this moment
        raise CommandError("The client ID or the secret is taken. Nothing was registered.") from None
    except InvalidRegistration as invalid:
        name, found = next(iter(invalid.problems.items()))
        raise CommandError(_in_words(name, found[0], fields)) from None
    except LimitReached as limit:
        raise CommandError(
            f"The limit is reached: at most {limit.number} OAuth clients of a tenant."
        ) from None
    except ApisNotPublished as unpublished:
        raise CommandError(
            f"It has scopes of APIs that are not published: {unpublished}. Publish them first (publish_api)."
        ) from None
    except NotPublishable:
        raise CommandError(
            "A client without a redirect URL cannot be published: another tenant connects to it when it sends somebody "
            "to sign in. Give it a --redirect-url, or leave out --published."
        ) from None
    return client, secret


def _brought(tenant: Tenant, options: dict[str, Any], fields: dict[str, Any]) -> dict[str, str]:
    """The client ID and the secret that the client has already; {} if it gets new ones. CommandError with what may
    not be brought."""
    client_id, secret = options["client_id"], ""
    if options["client_secret_stdin"]:
        if AuthMethod.CLIENT_SECRET not in fields["auth_methods"]:
            raise CommandError("--client-secret-stdin: this client does not authenticate with a secret.")
        if options["public_key_stdin"]:
            raise CommandError(
                "Standard input holds one thing: register the key, or the secret, in the console."
            )
        secret = read_line_of_stdin("client secret", brought_credentials.LONGEST_SECRET)
    try:
        if client_id:
            brought_credentials.check_client_id(client_id)
        if secret:
            brought_credentials.check_secret(secret)
    except brought_credentials.NotTaken as reason:
        raise CommandError(str(reason)) from None
    if client_id and Client.with_deleted_anywhere.filter(client_id=client_id).exists():
        raise CommandError(f"The client ID {client_id} is taken in this region.")
    if secret and ClientSecret.is_known(secret):
        raise CommandError(
            "A client of this region has this secret, or had it. Two clients cannot share one."
        )
    return {"brought_id": client_id, "brought_secret": secret}


def _in_words(name: str, problem: Problem, fields: dict[str, Any]) -> str:
    """What is wrong, by the argument that says it."""
    if problem.code == NEEDS_TRUST:
        return (
            "A machine-to-machine client (--grant client_credentials) must be trusted: no user is involved, "
            "so there is nobody to ask. Add --trusted."
        )
    if problem.code == UNCONFIRMED:
        scheme = problem.parameters["scheme"]
        return (
            f"Any application on a device can claim {scheme}: (RFC 8252 §8.6). Use a domain name in "
            "reverse, such as com.example.app:/callback, or say that it must be this one: "
            f"--confirm-scheme {scheme}."
        )
    argument = ARGUMENTS.get(name, name)
    if problem.code == ONLY_WEB:
        return f"Only a web client can have {argument}."
    if problem.code == ONLY_NATIVE:
        return f"Only a native client can have {argument} device_code."
    if problem.code == TOO_MANY and name in LIMITED:
        return f"The limit is reached: at most {problem.parameters['most']} {LIMITED[name]}."
    entry = fields[name][problem.place] if problem.place is not None else ""
    about = f"{argument} {entry}".strip() if isinstance(entry, str) else argument
    return f"{about}: {problem}"


def _fields(options: dict[str, Any]) -> dict[str, Any]:
    """What the arguments say of the client. What of it may be registered is for the client to say."""
    traits = client_types.traits(options["type"])
    if options["confirm_scheme"] and not traits.private_schemes:
        raise CommandError("Only a native client can have --confirm-scheme.")
    chosen = {AUTH_METHODS[name] for name in options["auth_method"]}
    if (AuthMethod.PRIVATE_KEY_JWT in chosen) != options["public_key_stdin"]:
        raise CommandError("--auth-method private_key_jwt and --public-key-stdin belong together: give both.")
    usual = {AuthMethod.CLIENT_SECRET.value} if traits.confidential else set()
    fields = {
        "name": text.name(options["name"]),
        "redirect_uris": list(dict.fromkeys(options["redirect_url"])),
        "post_logout_redirect_uris": list(dict.fromkeys(options["sign_out_url"])),
        "allowed_origins": list(dict.fromkeys(options["origin"])),
        "allowed_scopes": scopes.in_order([*options["scope"], *_scopes_of_apis(options["api"])]),
        "grant_types": sorted({GRANTS[name] for name in options["grant"]}),
        "accepts_no_pkce": options["accept_no_pkce"],
        "auth_methods": sorted(chosen or usual),
        "public_keys": [_public_key()] if options["public_key_stdin"] and traits.confidential else [],
    }
    return fields | ({"algorithm": options["id_token_alg"]} if options["id_token_alg"] else {})


def _scopes_of_apis(written: list[str]) -> list[str]:
    """The qualified names in arguments --api. An identifier can have "=" in it, the name of a scope too: the scopes
    begin after the last one behind which there is a text."""
    names: list[str] = []
    for each in written:
        identifier, separator, listed = each.rpartition("=")
        if not separator or not identifier or not listed:
            raise CommandError(f"--api {each}: write IDENTIFIER=SCOPE[,SCOPE…].")
        names += [apis.qualified(identifier, name) for name in listed.split(",") if name]
    return names


def _public_key() -> dict[str, str]:
    try:
        return public_keys.parse(read_all_of_stdin("public key", public_keys.MAX_LENGTH))
    except public_keys.InvalidKey as refused:
        raise CommandError(refused.message) from None
