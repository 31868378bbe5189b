"""The errors of the REST API, in Qlik's envelope (Q6)."""

from collections.abc import Sequence
from http import HTTPStatus

from django.http import HttpResponse

from ..http.programs import problems
from .faults import Fault


class ApiError(Exception):
    """The call is not carried out. `detail` is what is wrong with it, `challenge` the value of WWW-Authenticate."""

    def __init__(self, status: int, detail: str | Sequence[Fault] = "", *, challenge: str = "") -> None:
        self.faults = [Fault(detail)] if isinstance(detail, str) else list(detail)
        super().__init__(self.faults[0].detail)
        self.status, self.challenge = status, challenge

    @property
    def answer(self) -> HttpResponse:
        """The answer in Qlik's envelope: an error for each fault."""
        phrase = HTTPStatus(self.status).phrase
        answer = problems(
            self.status,
            [(f"HTTP-{self.status}", phrase, fault.detail, fault.source) for fault in self.faults],
        )
        if self.challenge:
            answer["WWW-Authenticate"] = self.challenge
        return answer


def not_found() -> ApiError:
    """Not found: the same answer for unknown, deleted and another tenant's (TN-01)."""
    return ApiError(404)
