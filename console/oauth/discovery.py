"""The documents that a client reads first: metadata (RFC 8414, OpenID Connect Discovery) and keys (RFC 7517)."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse, JsonResponse

from ..http.requests import TenantRequest
from ..models import KeyRing
from . import metadata
from .endpoint import endpoint

ANYONE = "anyone: public documents"
METADATA_CACHE = 3600  # seconds


@endpoint("GET", who=ANYONE)
def authorization_server(request: TenantRequest) -> HttpResponse:
    """`/.well-known/oauth-authorization-server`."""
    return _document(metadata.authorization_server_metadata(request.tenant), METADATA_CACHE)


@endpoint("GET", who=ANYONE)
def openid_configuration(request: TenantRequest) -> HttpResponse:
    """`/.well-known/openid-configuration`."""
    return _document(metadata.openid_configuration(request.tenant), METADATA_CACHE)


@endpoint("GET", who=ANYONE)
def jwks(request: TenantRequest) -> HttpResponse:
    """`/.well-known/jwks.json`: public members only. Kept for less time than a new key waits before it signs."""
    keys = [key.public_jwk for key in KeyRing.of(request.tenant).published()]
    return _document({"keys": keys}, int(settings.JWKS_CACHE.total_seconds()))


def _document(document: Mapping[str, Any], max_age: int) -> HttpResponse:
    answer = JsonResponse(document, json_dumps_params={"indent": 2})
    answer["Cache-Control"] = f"public, max-age={max_age}"
    return answer
