"""`manage.py create_api TENANT IDENTIFIER --name NAME --scope NAME=TEXT …`."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django_scopes import scope

from console.management.operations import (
    OPERATOR,
    Operation,
    check_that_oauth_clients_are_supported,
    tenant_named,
)
from console.models import Api, LimitReached
from console.policy import text
from console.policy.apis import ApiScope
from console.policy.registration_problems import InvalidRegistration, Problem

# Field -> the argument that says it.
ARGUMENTS = {
    "identifier": "IDENTIFIER",
    "name": "--name",
    "description": "--description",
    "scopes": "--scope",
    "lifetime": "--lifetime",
    "algorithm": "--algorithm",
}
MARKS = {
    "sensitive": "the scope deserves a second look: consent pages show it so",
    "admin": "only administrators can grant the scope",
    "by-name": "the scope is not among those that a request without a scope parameter asks for",
}


class Command(Operation):
    help = "Registers an API (resource server): what tokens are for, its scopes, and its credentials for introspection."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the owner tenant")
        parser.add_argument(
            "identifier",
            metavar="IDENTIFIER",
            help="absolute URI, such as https://api.example.com: the aud of its tokens. It cannot be changed",
        )
        parser.add_argument("--name", required=True, help="what people read on consent pages")
        parser.add_argument("--description", default="", metavar="TEXT")
        _repeatable(parser, "scope", "NAME=TEXT", "a scope, and what people read about it")
        _repeatable(parser, "scope-sv", "NAME=TEXT", "the same in Swedish, of a scope named with --scope")
        for mark, what in MARKS.items():
            _repeatable(parser, mark, "NAME", what)
        parser.add_argument("--lifetime", type=int, metavar="SECONDS", help="how long its access tokens live")
        parser.add_argument("--algorithm", choices=list(Api.Algorithm), default=Api.Algorithm.ES256)
        parser.add_argument("--published", action="store_true", help="other tenants can use it too")

    def handle(self, *args: Any, **options: Any) -> None:
        check_that_oauth_clients_are_supported()
        tenant = tenant_named(options["tenant"])
        try:
            with scope(tenant=tenant), transaction.atomic():
                api, secret = Api.register(
                    tenant,
                    by=OPERATOR,
                    identifier=options["identifier"],
                    name=text.name(options["name"]),
                    description=options["description"],
                    scopes=_scopes(options),
                    lifetime=options["lifetime"],
                    algorithm=options["algorithm"],
                )
                if options["published"]:
                    api.publish(by=OPERATOR)
        except InvalidRegistration as invalid:
            field, found = next(iter(invalid.problems.items()))
            raise CommandError(_in_words(field, found[0], options)) from None
        except LimitReached as limit:
            raise CommandError(f"The limit is reached: at most {limit.number} APIs of a tenant.") from None
        result = {
            "identifier": api.identifier,
            "scopes": list(api.qualified_scopes),
            "introspection_client_id": api.introspection_client_id,
            "introspection_client_secret": secret,
        }
        self.report(
            options,
            result,
            f"Registered {api.name} for {tenant.name}.",
            f"Scopes: {', '.join(api.qualified_scopes)}",
            f"To ask about tokens (introspection): client ID {api.introspection_client_id}",
            f"Client secret, shown only now: {secret}",
        )


def _repeatable(parser: CommandParser, option: str, metavar: str, what: str) -> None:
    parser.add_argument(
        f"--{option}", action="append", default=[], metavar=metavar, help=f"{what}; may be repeated"
    )


def _scopes(options: dict[str, Any]) -> list[ApiScope]:
    """The scopes that the arguments name. CommandError for an argument about a scope that none of them names."""
    texts = [_pair("--scope", written) for written in options["scope"]]
    names = {name for name, _ in texts}
    swedish = dict(_pair("--scope-sv", written) for written in options["scope_sv"])
    about = {"--scope-sv": swedish} | {f"--{mark}": options[mark.replace("-", "_")] for mark in MARKS}
    for argument, named in about.items():
        if unknown := [name for name in named if name not in names]:
            raise CommandError(f"{argument} {unknown[0]}: there is no --scope {unknown[0]}=TEXT.")
    return [
        ApiScope(
            name=name,
            text=text.name(words),
            text_sv=text.name(swedish.get(name, "")),
            sensitive=name in options["sensitive"],
            admin=name in options["admin"],
            by_name=name in options["by_name"],
        )
        for name, words in texts
    ]


def _pair(argument: str, written: str) -> tuple[str, str]:
    name, separator, words = written.partition("=")
    if not separator:
        raise CommandError(f"{argument} {written}: write NAME=TEXT.")
    return name, words


def _in_words(field: str, problem: Problem, options: dict[str, Any]) -> str:
    """What is wrong, by the argument that says it."""
    entry = options["scope"][problem.place] if problem.place is not None else ""
    return f"{ARGUMENTS[field]} {entry}".strip() + f": {problem}"
