"""A client ID that is a URL: the client is described by the document there (Q9, draft-ietf-oauth-client-id-metadata-
document).

The document is read when a person who is signed in comes with the client, and never at the token endpoint: who asks
there need not be anybody. How often it is read is counted per person and per tenant.
"""

from typing import NoReturn

from django.conf import settings
from django.utils import timezone

from ..http import outbound
from ..http.outbound import NotFetched
from ..models import Actor, Connection, FailedAttempts, MetadataDocument, OutsidePolicy, Tenant, client_rules
from ..policy import metadata_documents, strict_json
from ..policy.client_types import Origin
from ..policy.metadata_documents import InvalidDocument
from ..policy.reasons import Reason
from ..policy.registration_problems import InvalidRegistration
from .authorization_request import AuthorizationRequest, SignInFirst, Unanswerable


def see_to(asked: AuthorizationRequest, client_id: str) -> None:
    """Sees to it that the client of the document at `client_id` is known, and is as its document says now.

    Raises Unanswerable with what is in the way, and SignInFirst. A client that is known goes on for a day if its
    document cannot be read again, also while nobody is signed in.
    """
    known, now = MetadataDocument.of(client_id), timezone.now()
    connected = known is not None and _is_in_use(asked.tenant, known)
    if not connected:
        _check_that_it_may_come(asked.tenant, client_id)
    elif not settings.METADATA_DOCUMENTS:
        return  # as it was when the region still read documents
    if known is not None and (known.is_fresh(now) or (known.counts(now) and known.was_tried_just_now(now))):
        return
    if asked.user is None:
        if known is not None and known.counts(now):
            return
        _sign_in_first(asked, known)
    try:
        _count(asked)
        _read(client_id, known)
    except Unanswerable:
        if known is None or not known.counts(now):
            raise


def connects_by_itself(asked: AuthorizationRequest, *, by: Actor) -> bool:
    """Connects a client of a host that the tenant has allowed; False if an administrator must be asked."""
    if asked.client.origin != Origin.DOCUMENT:
        return False
    return OutsidePolicy.of(asked.tenant).connect(asked.client, by=by)


def _is_in_use(tenant: Tenant, known: MetadataDocument) -> bool:
    """Whether the tenant has decided about the client, and not against it."""
    connection = Connection.objects.filter(tenant=tenant, client=known.pk).first()
    if connection is not None and connection.status == Connection.Status.BLOCKED:
        raise Unanswerable(Reason.CONNECTION_BLOCKED, client=known.client)
    return connection is not None and not connection.has_expired


def _check_that_it_may_come(tenant: Tenant, client_id: str) -> None:
    try:
        metadata_documents.check_url(client_id, local_hosts=settings.METADATA_LOCAL_HOSTS)
    except InvalidDocument as invalid:
        raise Unanswerable(Reason.DOCUMENT_URL_INVALID, document=invalid) from None
    if not OutsidePolicy.takes_documents_in(tenant):
        raise Unanswerable(Reason.DOCUMENTS_OFF)


def _sign_in_first(asked: AuthorizationRequest, known: MetadataDocument | None) -> NoReturn:
    if "none" in asked.parameters.get("prompt", "").split():
        raise Unanswerable(Reason.NOT_CONNECTED_SILENT, client=known.client if known else None)
    raise SignInFirst(asked)


def _count(asked: AuthorizationRequest) -> None:
    """A person who follows links must not become somebody who has this server ask others all day."""
    now, tenant, person = timezone.now(), str(asked.tenant.pk), str(asked.user.pk if asked.user else "")
    reads = FailedAttempts.add("metadata documents", tenant, person, now=now)
    if reads > metadata_documents.READS_OF_PERSON:
        raise Unanswerable(Reason.DOCUMENT_READ_TOO_OFTEN)
    if FailedAttempts.add("metadata documents", tenant, now=now) > metadata_documents.READS_OF_TENANT:
        raise Unanswerable(Reason.DOCUMENT_READ_TOO_OFTEN)


def _read(url: str, known: MetadataDocument | None) -> None:
    """Reads the document and keeps what it says. Raises Unanswerable; of a known client the failure is noted."""
    try:
        fetched = outbound.fetch(url)
        before = known.client.registration if known else None
        described = metadata_documents.read(
            url, _decoded(fetched.body), limits=client_rules.limits(), before=before
        )
        fresh_for = metadata_documents.fresh_for(fetched.headers, timezone.now())
        MetadataDocument.keep(url, described, fresh_for=fresh_for)
    except NotFetched as error:
        _note(known, error.failure.value)
        raise Unanswerable(Reason(f"document_{error.failure}")) from None
    except InvalidDocument as invalid:
        _note(known, MetadataDocument.INVALID)
        raise Unanswerable(Reason.DOCUMENT_INVALID, document=invalid) from None
    except InvalidRegistration as invalid:  # two requests have read different documents
        name, problems = next(iter(invalid.problems.items()))
        raise Unanswerable(Reason.DOCUMENT_INVALID, document=InvalidDocument(problems[0], name)) from None


def _decoded(body: bytes) -> object:
    try:
        return strict_json.decode(body)
    except strict_json.InvalidJSON:
        raise InvalidDocument(metadata_documents.NOT_JSON) from None


def _note(known: MetadataDocument | None, failure: str) -> None:
    if known is not None:
        known.failed(failure)
