"""The first steps in a tenant: create a client, try it, invite a colleague. What is there says which are done."""

from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.translation import gettext as _

from ..http.tenancy import current_tenant
from ..models import Client, Invitation, User, UseTotal
from ..policy.uses import Total

LOOKED_AT = 25  # of the newest clients, whether one has been used


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `href` leads to where it is done, "" while that is nowhere; `opens`: the page can be a dialog."""

    title: str
    text: str
    action: str
    href: str
    done: bool
    opens: bool = True
    is_next: bool = False


def steps() -> list[Step]:
    """The steps of the active tenant, in order; none of them once all are done."""
    newest = list(Client.objects.filter(tenant=current_tenant()).order_by("-created_at")[:LOOKED_AT])
    found = [
        Step(
            _("Create a client"),
            _("Register the application that people will sign in to, or that will call APIs."),
            _("Create client"),
            reverse("client_new"),
            bool(newest),
        ),
        Step(
            _("Try it"),
            _("Run a real sign-in with the client, and see what your application will get."),
            _("Try it"),
            reverse("try_it", args=[newest[0].client_id]) if newest else "",
            _is_used(newest),
            opens=False,
        ),
        Step(
            _("Invite a colleague"),
            _("A second administrator can help when you are away."),
            _("Invite people"),
            reverse("invite"),
            _has_colleagues(),
        ),
    ]
    ahead = next((step for step in found if not step.done), None)
    return [replace(step, is_next=step is ahead) for step in found] if ahead else []


def _is_used(newest: list[Client]) -> bool:
    """Whether any client was used: a new one says so at once, the numbers of an older one are there for long."""
    if any(client.last_used_at for client in newest):
        return True
    return bool(UseTotal.objects.exclude(what=Total.REFUSAL.value).exists())


def _has_colleagues() -> bool:
    """Whether somebody else has an account, or was invited."""
    return len(User.objects.values("pk")[:2]) > 1 or bool(Invitation.objects.exists())
