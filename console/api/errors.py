"""What the REST API refuses, and how it says so: Qlik's envelope (facts of Q6)."""

from http import HTTPStatus

from django.http import HttpResponse

from ..programs import problem


class Refused(Exception):
    """The call is not carried out. `detail` is a sentence for the integrator, `challenge` a WWW-Authenticate header."""

    def __init__(self, status: int, detail: str = "", *, challenge: str = "") -> None:
        super().__init__(detail)
        self.status, self.detail, self.challenge = status, detail, challenge

    @property
    def answer(self) -> HttpResponse:
        """The answer in Qlik's envelope."""
        phrase = HTTPStatus(self.status).phrase
        answer = problem(self.status, f"HTTP-{self.status}", phrase, self.detail)
        if self.challenge:
            answer["WWW-Authenticate"] = self.challenge
        return answer


def not_found() -> Refused:
    """Unknown, deleted or another tenant's: the answer is the same (TN-01)."""
    return Refused(404)
