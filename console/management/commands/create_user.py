"""`manage.py create_user TENANT EMAIL [--admin] [--name NAME] [--given-name …] [--password-stdin]`."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_email
from django.db import IntegrityError
from django_scopes import scope

from console.mail.one_time_links import one_time_link
from console.management.operations import OPERATOR, Operation, printable, read_stdin, tenant_named
from console.models import Invitation, User
from console.pages.forms.sign_in import MAX_PASSWORD


class Command(Operation):
    help = "Creates a user of a tenant. Without a password prints a one-time link where they choose one."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("tenant", metavar="TENANT", help="alias of the tenant")
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--name", default="")
        parser.add_argument("--given-name", default="", help="for applications that greet people by it")
        parser.add_argument("--family-name", default="")
        parser.add_argument(
            "--email-verified", action="store_true", help="you know that the address is this person's own"
        )
        roles = parser.add_mutually_exclusive_group()
        roles.add_argument("--admin", action="store_true", help="a tenant administrator")
        roles.add_argument("--auditor", action="store_true", help="reads everything, changes nothing")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_named(options["tenant"])
        email = printable("EMAIL", options["email"], 254)
        names = {
            part: printable(f"--{part.replace('_', '-')}", options[part]) if options[part] else ""
            for part in ("name", "given_name", "family_name")
        }
        password = _typable(read_stdin("password")) if options["password_stdin"] else None
        try:
            validate_email(email)
            if password is not None:
                validate_password(password, User(tenant=tenant, email=email, name=names["name"]))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        with scope(tenant=tenant):
            try:
                user = User.invite(
                    tenant,
                    email,
                    by=OPERATOR,
                    **names,
                    email_verified=options["email_verified"],
                    role=_role(options),
                    password=password,
                )
            except IntegrityError:
                raise CommandError(f"{email} is already a user of {tenant.name}.") from None
            for invitation in Invitation.objects.select_related("tenant").filter(email=user.email):
                invitation.withdraw(by=OPERATOR)  # its link has become useless
        result = {"id": str(user.pk), "tenant": tenant.alias, "email": user.email, "role": user.role}
        lines = [f"Created {user.email} in {tenant.name}."]
        if password is None:
            result["link"] = one_time_link(user, default_token_generator.make_token(user))
            lines.append(f"They choose a password here, once, within three days: {result['link']}")
        self.report(options, result, *lines)


def _role(options: dict[str, Any]) -> User.Role:
    if options["admin"]:
        return User.Role.ADMINISTRATOR
    return User.Role.AUDITOR if options["auditor"] else User.Role.USER


def _typable(password: str) -> str:
    """The password, if the sign-in page would take it; CommandError otherwise."""
    if "\0" in password or len(password) > MAX_PASSWORD:
        raise CommandError(f"A password has at most {MAX_PASSWORD} characters, and no NUL among them.")
    return password
