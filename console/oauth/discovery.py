"""The documents that a client reads first: metadata (RFC 8414, OpenID Connect Discovery) and keys (RFC 7517)."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

from ..http.requests import TenantRequest
from ..models import KeyRing
from . import metadata
from .endpoint import endpoint

ANYONE = "anyone: public documents"
METADATA_CACHE = 3600  # seconds


@endpoint("GET", who=ANYONE)
def authorization_server(request: TenantRequest) -> HttpResponse:
    """`/.well-known/oauth-authorization-server`."""
    return document(request, metadata.authorization_server_metadata(request.tenant), METADATA_CACHE)


@endpoint("GET", who=ANYONE)
def openid_configuration(request: TenantRequest) -> HttpResponse:
    """`/.well-known/openid-configuration`."""
    return document(request, metadata.openid_configuration(request.tenant), METADATA_CACHE)


@endpoint("GET", who=ANYONE)
def jwks(request: TenantRequest) -> HttpResponse:
    """`/.well-known/jwks.json`: public members only. Kept for less time than a new key waits before it signs."""
    keys = [key.public_jwk for key in KeyRing.of(request.tenant).published()]
    return document(request, {"keys": keys}, int(settings.JWKS_CACHE.total_seconds()))


def document(request: HttpRequest, content: Mapping[str, Any], max_age: int) -> HttpResponse:
    """The document, or 304 for a reader that has it as it is (RFC 9110 §13.1.2)."""
    text = json.dumps(content, indent=2).encode()
    etag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    answer = HttpResponse(text, content_type="application/json")
    answer["ETag"] = etag
    answer["Cache-Control"] = f"public, max-age={max_age}"
    return get_conditional_response(request, etag=etag, response=answer) or answer
