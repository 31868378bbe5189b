"""The rule of an authorization request about its scopes and the APIs that they are of (RFC 6749 §3.3, RFC 8707)."""

from ..policy import apis, audiences, scopes
from ..policy.audiences import InvalidTarget, Rules
from ..policy.reasons import Reason
from ..policy.roles import Role
from .authorization_request import AuthorizationRequest
from .errors import OAuthError
from .resource_indicators import of_authorization, rules_for


# RFC 6749 §3.3, OpenID Connect Core §3.1.2.1, Q4: a scope that cannot be granted is left out. The token response says
# which ones were granted. RFC 8707 §2.1: `resource` limits which APIs they can be of.
def scopes_are_within_the_clients(asked: AuthorizationRequest) -> None:
    resources = of_authorization(asked.tenant, asked.parameters)
    rules = rules_for(asked.tenant, asked.client.scopes, resources)
    try:
        audiences.check_resources(resources, asked.client.scopes, rules)
    except InvalidTarget as error:
        raise OAuthError("invalid_target", str(error), reason=error.reason) from None
    requested = _requested(asked)
    if requested is None:
        names = _at(scopes.default(asked.client.scopes, audiences.asked_by_name(rules)), resources)
    else:
        names = _granted(asked, requested, resources)
    granted = _that_count(asked, names, rules)
    if requested is not None and not granted:  # the defaults are no replacement: nobody asked for them
        raise _none_left(requested)
    asked.scopes = audiences.with_resources(granted, resources)


def _requested(asked: AuthorizationRequest) -> list[str] | None:
    """The scopes of the request as they are on the wire; None if it names none."""
    if "scope" not in asked.parameters:
        return None
    try:
        return scopes.parse(asked.parameters["scope"])
    except scopes.InvalidScope as error:
        raise OAuthError("invalid_scope", str(error), reason=error.reason) from None


def _granted(asked: AuthorizationRequest, requested: list[str], resources: list[str]) -> list[str]:
    """What of it can be granted, as it is written inside. The rest of it is `asked.left_out`."""
    offered = scopes.closure(asked.client.registration.allowed_scopes)
    wanted: list[str] = []
    for name in requested:
        found = [one for one in audiences.meant(name, resources, offered) if scopes.gives(offered, one)]
        wanted += found
        if not found:
            asked.left_out.append(name)
    # A scope that the owner offers and this tenant has not approved is left out too (N5).
    return scopes.narrowed(wanted, asked.client.scopes)


def _that_count(asked: AuthorizationRequest, names: list[str], rules: Rules) -> list[str]:
    """Those that count here, for this person. Before anybody has signed in, they may be an administrator."""
    administrator = asked.user is None or asked.user.role == Role.ADMINISTRATOR
    return audiences.counting(names, rules, administrator=administrator)


def _at(names: list[str], resources: list[str]) -> list[str]:
    """Those that are of one of the resources, all of them if the request names none."""
    return [name for name in names if apis.split(name)[0] in resources] if resources else names


def _none_left(requested: list[str]) -> OAuthError:
    names = " ".join(scopes.in_short(requested)).replace("…", "...")
    return OAuthError(
        "invalid_scope",
        f"None of the requested scopes can be given to this client: {names}",
        reason=Reason.NO_SCOPE_LEFT,
    )
