"""Whether a client can be used, and by which tenants: disabled and enabled, published and unpublished (S5, S6).

What an act of the owner touches beyond the client's own row is done in batches (unfinished_act.py).
"""

from typing import Any

from django.db import models, transaction
from django.utils import timezone

from .action import Action
from .actor import Actor
from .api import Api
from .event import Event
from .receipt import Receipt
from .registered_client import RegisteredClient
from .unfinished_act import UnfinishedAct


class NotPublishable(Exception):
    """A client without a redirect URL cannot be published: another tenant meets it when it sends people there."""


class ApisNotPublished(NotPublishable):
    """The client has scopes of APIs that other tenants do not have. `identifiers` are those APIs."""

    def __init__(self, identifiers: tuple[str, ...]) -> None:
        super().__init__(", ".join(identifiers))
        self.identifiers = identifiers


class AvailableClient(RegisteredClient):
    """The verbs that switch a client on and off, here and for other tenants."""

    class Meta(RegisteredClient.Meta):
        abstract = True

    def disable(self, *, by: Actor) -> Receipt | None:
        """Stops the client everywhere at once: no new tokens, and those already given are dead (reversible).

        Returns the receipt; None if it was disabled already.
        """
        with transaction.atomic():
            enabled = type(self).objects.filter(pk=self.pk, disabled_at=None)
            if not enabled.update(disabled_at=timezone.now(), generation=models.F("generation") + 1):
                return None
            self.refresh_from_db(fields=["disabled_at", "generation"])
            receipt = self._end_everywhere("client disabled", {"disabled": True}, by=by)
            Event.record(self.told_in, Action.CLIENT_DISABLED, by=by, target=self, details=receipt.details)
        return receipt

    def enable(self, *, by: Actor) -> bool:
        """Lets a disabled client work again; False if it is not disabled, or deleted. Tokens that ended stay dead."""
        with transaction.atomic():
            if not type(self).objects.filter(pk=self.pk).exclude(disabled_at=None).update(disabled_at=None):
                return False
            self.disabled_at = None
            Event.record(self.told_in, Action.CLIENT_ENABLED, by=by, target=self)
            self._tell_connected({"disabled": False}, by=by)
        return True

    def publish(self, *, by: Actor) -> bool:
        """Makes the client available to every tenant of the region under the same client ID (S6).

        False if it is published already, or deleted.
        Raises NotPublishable for a client without a redirect URL, which only machines or devices use; and
        ApisNotPublished for one with scopes of an API that is not published.
        """
        if not self.redirect_uris:
            raise NotPublishable
        with transaction.atomic():
            if not_published := self.apis_not_published():
                raise ApisNotPublished(not_published)
            now = timezone.now()
            published = type(self).objects.filter(pk=self.pk, published_at=None)
            if not published.update(published_at=now, stays_connected=False):
                return False
            self.published_at, self.stays_connected = now, False
            Event.record(self.tenant, Action.CLIENT_PUBLISHED, by=by, target=self)
            self._tell_connected({"unpublished": False}, by=by)
        return True

    def apis_not_published(self) -> tuple[str, ...]:
        """The APIs of this tenant that the client has scopes of and other tenants do not have, by identifier."""
        found = Api.of_scopes(self.tenant, self.allowed_scopes)
        return tuple(identifier for identifier, api in found.items() if not api.is_published)

    def unpublish(self, *, by: Actor, connected_stay: bool) -> Receipt | None:
        """No tenant can connect any more. Those that are connected stay, or end at once (returns the receipt).

        Those that were allowed to stay can be ended later by the same verb; those that were ended stay ended.
        """
        receipt = None
        with transaction.atomic():
            shared = type(self).objects.filter(pk=self.pk).exclude(published_at=None, stays_connected=False)
            if connected_stay:
                shared = shared.exclude(published_at=None)
            cut_off = 0 if connected_stay else 1
            if shared.update(
                published_at=None,
                stays_connected=connected_stay,
                shared_generation=models.F("shared_generation") + cut_off,
            ):
                self.refresh_from_db(fields=["published_at", "stays_connected", "shared_generation"])
                told = {"unpublished": True, "connected_stay": connected_stay}
                if connected_stay:
                    self._tell_connected(told, by=by)
                else:
                    receipt = self._end_elsewhere("client unpublished", told, by=by)
                details = {"connected_stay": connected_stay} | (receipt.details if receipt else {})
                Event.record(self.tenant, Action.CLIENT_UNPUBLISHED, by=by, target=self, details=details)
        return receipt

    def _end_everywhere(self, reason: str, told: dict[str, Any], *, by: Actor) -> Receipt:
        """Ends what the client holds in every tenant, after its generation has changed, and tells the other tenants."""
        receipt = UnfinishedAct.carry_out(
            UnfinishedAct(
                tenant=self.tenant,
                client=self,
                ends=UnfinishedAct.Ends.EVERYWHERE,
                reason=reason,
                tells=told,
            ),
            by=by,
        )
        return receipt.and_machines(self.machine, self.last_used_at, self.longest_for_apis)

    def _end_elsewhere(self, reason: str, told: dict[str, Any], *, by: Actor) -> Receipt:
        """Ends what the client holds in the tenants that do not own it, and tells them."""
        return UnfinishedAct.carry_out(
            UnfinishedAct(
                tenant=self.tenant, client=self, ends=UnfinishedAct.Ends.ELSEWHERE, reason=reason, tells=told
            ),
            by=by,
        )

    def _tell_connected(self, told: dict[str, Any], *, by: Actor) -> None:
        """Writes the other tenants' side of an act of the owner: what changed for them, never who did it."""
        UnfinishedAct.carry_out(UnfinishedAct(tenant=self.tenant, client=self, tells=told), by=by)
