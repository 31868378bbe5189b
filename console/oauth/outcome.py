"""What an authorization request comes to: decided in `authorization.py`, drawn by `console/pages/authorization`."""

from dataclasses import dataclass

from ..models import User
from ..policy.consent_rules import Question
from .answers import Shown, Standing
from .authorization_request import AuthorizationRequest, Unanswerable


@dataclass(frozen=True, slots=True)
class Refused:
    """The application cannot be answered: the person reads why. Its event is written."""

    why: Unanswerable


@dataclass(frozen=True, slots=True)
class Answered:
    """The application gets these parameters at its redirect URL: a code, or an error with its event written."""

    asked: AuthorizationRequest
    parameters: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SignIn:
    """The person must sign in, for the first time or again."""

    asked: AuthorizationRequest


@dataclass(frozen=True, slots=True)
class Connect:
    """The tenant must connect the client first: `user` may approve that, or ask those who may."""

    asked: AuthorizationRequest
    user: User
    shown: Shown
    standing: Standing


@dataclass(frozen=True, slots=True)
class AskForConsent:
    """The person must consent. `standing` says what became of the answer that they sent, if they sent one."""

    asked: AuthorizationRequest
    question: Question
    shown: Shown
    standing: Standing


@dataclass(frozen=True, slots=True)
class Again:
    """Something changed in this very moment: the same request is to be judged anew."""


Outcome = Refused | Answered | SignIn | Connect | AskForConsent | Again
