"""The parameter `resource`: which API a token is for (RFC 8707)."""

from collections.abc import Iterable, Sequence

from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors as oauthlib_errors

from ..http.tenancy import current_tenant
from ..models import Api, Tenant, User
from ..policy import api_rules, apis, audiences, scopes
from ..policy.apis import CATALOGUE
from ..policy.audiences import InvalidTarget, Rules
from ..policy.reasons import Reason
from ..policy.roles import Role
from .errors import OAuthError
from .issuance import Issuance, issuance
from .parameters import Parameters

MOST = 20  # of one authorization request
MALFORMED = "resource must be an absolute URI without a fragment."
NOTHING_LEFT = "Nothing of what was granted can be given any more."
BEYOND = "A requested scope was not granted."
ONE_ONLY = "A token is for one resource: send the parameter resource once."


class InvalidTargetError(oauthlib_errors.OAuth2Error):
    """`invalid_target` (RFC 8707 §2), in oauthlib's terms."""

    error = "invalid_target"


ERRORS: dict[str, type[oauthlib_errors.OAuth2Error]] = {
    "invalid_target": InvalidTargetError,
    "invalid_grant": oauthlib_errors.InvalidGrantError,
    "invalid_scope": oauthlib_errors.InvalidScopeError,
}


def of_authorization(tenant: Tenant, parameters: Parameters) -> list[str]:
    """The APIs that an authorization request names, by identifier; CATALOGUE for the tenant's issuer.

    Raises OAuthError("invalid_target") for what cannot be one.
    """
    sent = parameters.resources
    if len(sent) > MOST or not all(map(_is_well_formed, sent)):
        raise OAuthError("invalid_target", MALFORMED, reason=Reason.RESOURCE_MALFORMED)
    return [_identifier(tenant, resource) for resource in sent]


def of_token_request(tenant: Tenant, parameters: Parameters) -> str | None:
    """The API that a token request names; CATALOGUE for the issuer it is sent to, None if it names none.

    One token is for one API. Raises OAuthError("invalid_target") for more of them, and for what cannot be one.
    """
    sent = parameters.resources
    if not sent:
        return None
    if len(sent) > 1:
        raise OAuthError("invalid_target", ONE_ONLY, reason=Reason.RESOURCE_SENT_TWICE)
    if sent[0] == tenant.issuer:
        return CATALOGUE
    if not _is_well_formed(sent[0]):
        raise OAuthError("invalid_target", MALFORMED, reason=Reason.RESOURCE_MALFORMED)
    return sent[0]


def _is_well_formed(resource: str) -> bool:
    """Whether it can name an API. An issuer can always: over http it is on localhost."""
    return api_rules.is_identifier(resource)


def _identifier(tenant: Tenant, resource: str) -> str:
    return CATALOGUE if resource == tenant.issuer else resource


def rules_for(tenant: Tenant, names: Iterable[str], resources: Iterable[str] = ()) -> Rules:
    """How tokens are issued for the APIs that these scopes are of, as far as the tenant has them.

    Without scopes of APIs, which is usual, the database is not asked. One with the tenant's issuer for an identifier
    is left out: its tokens could not be told from those for the tenant itself. `resources` are those that a client
    asks for that may have scopes of any API.
    """
    held = tuple(names)
    wanted = apis.identifiers(held)
    if scopes.ANY_API in held:
        wanted = tuple(dict.fromkeys([*wanted, *(one for one in resources if one != CATALOGUE)]))
    if not wanted:
        return {}
    found = Api.all_rules_of(tenant.pk, wanted)
    return {api.identifier: api for api in found if api.identifier != tenant.issuer}


def ask_for_machine(request: Request) -> None:
    """Sets what a machine that acts as a person asks for, written as it is inside, and which API it means.

    As strict as for a machine in its own name. Raises InvalidTargetError or InvalidScopeError.
    """
    state, held = issuance(request), request.client.scopes
    rules = rules_for(current_tenant(), held)
    resource = state.resource
    if resource and resource not in rules:
        resource = _if_alias(current_tenant(), resource)
    try:
        decided = audiences.of_machine(tuple(state.asked_scopes), resource, held, tuple(rules.values()))
    except InvalidTarget as error:
        state.refusal = error.reason
        raise InvalidTargetError(description=str(error), request=request) from None
    if decided is None:
        raise oauthlib_errors.InvalidScopeError(request=request)
    state.resource, request.scopes = decided.identifier, list(decided.carried)
    state.asked_scopes = []


def aim(request: Request) -> None:
    """Decides for which API the token of oauthlib's `request` is, and which scopes it carries: the last of all checks.

    Until here `request.scopes` are what was granted; then they are those of the token, as they are on the wire.
    Raises oauthlib's error for what `decide` refuses.
    """
    state = issuance(request)
    try:
        request.scopes = decide(current_tenant(), request.user, request.scopes, state)
    except OAuthError as error:
        state.refusal = error.reason
        raise ERRORS[error.error](description=error.description, request=request) from None


def decide(tenant: Tenant, user: User, names: Sequence[str], state: Issuance) -> list[str]:
    """Decides for which API a token of a person is that was granted `names`. Sets `state.api` and `state.granted`.

    Returns the scopes of the token as they are on the wire. Raises OAuthError: "invalid_target" for a resource that
    nothing was granted of, "invalid_grant" if nothing of what was granted counts any more, and "invalid_scope" for a
    refresh with scopes beyond those granted (RFC 6749 §6).
    """
    rules = rules_for(tenant, names)
    granted = audiences.counting(names, rules, administrator=user.role == Role.ADMINISTRATOR)
    if names and not granted:
        raise OAuthError("invalid_grant", NOTHING_LEFT, reason=Reason.CODE_LEFT_WITHOUT_SCOPES)
    resource = state.resource
    if resource not in {None, CATALOGUE} and resource not in apis.identifiers(tuple(granted)):
        resource = _if_alias(tenant, resource)
    try:
        identifier = audiences.chosen(_those_asked_for(granted, state.asked_scopes, resource), resource)
    except InvalidTarget as error:
        raise OAuthError("invalid_target", str(error), reason=error.reason) from None
    carried = apis.of_api(granted, identifier)
    if state.asked_scopes:
        asked = audiences.inside(state.asked_scopes, identifier)
        if not scopes.within(asked, granted):
            raise OAuthError("invalid_scope", BEYOND, reason=Reason.SCOPE_NOT_ALLOWED)
        carried = apis.of_api(asked, identifier)
    state.api, state.granted = rules.get(identifier), carried
    return apis.bare(carried)


def _those_asked_for(granted: list[str], asked: list[str], resource: str | None) -> list[str]:
    """What a choice without `resource` goes by: a refresh that names scopes of one API is for that one."""
    named = [name for name in asked if scopes.OF_API in name] if resource is None else []
    return named or granted


def _if_alias(tenant: Tenant, resource: str | None) -> str | None:
    """CATALOGUE for the tenant's issuer at another of its hosts."""
    return CATALOGUE if resource and tenant.issued_as(resource) else resource
