"""Counts wrong codes of devices, and delays further ones: a code has 34 bits (RFC 8628 §5.1; policy/throttling.py)."""

from ..http import sessions
from ..http.requests import PageRequest
from ..models import Action, Event, User
from ..policy import device_codes, throttling
from ..policy.reasons import Reason
from .sign_in_attempts import Counted, Counter


class CodeAttempt(Counted):
    """A person enters a code. One that names something is not counted."""

    def __init__(self, request: PageRequest) -> None:
        networks = throttling.networks(sessions.client_address(request))
        person = "device code", str(request.tenant.pk), str(request.user.pk)
        counters = [Counter(person, device_codes.WRONG_PER_PERSON, networks[-1].name)]
        counters += [Counter(("device code", where.name), where.in_all, where.name) for where in networks]
        super().__init__(request, counters)

    def failed(self) -> None:
        """Notes the failure, which has been counted."""
        self._note(Reason.USER_CODE_UNKNOWN)

    def _note(self, reason: Reason, *, where: str = "") -> None:
        """In the audit log, without what was typed."""
        Event.refuse(
            self.tenant, Action.AUTHORIZATION_REFUSED, by=sessions.actor(self.request), reason=reason
        )

    def _of(self) -> tuple[User | None, dict[str, str]]:
        return None, {}
