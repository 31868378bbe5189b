"""The REST API's addresses below /api/v1/."""

from django.urls import path

from . import connection_configs, connection_requests, openapi, publication, users

CLIENT = "oauth-clients/<str:client_id>"
ANY_CLIENT = "oauth-clients/<path:client_id>"  # also one whose ID is a URL
REQUESTS = "oauth-connection-requests"

RESOURCES = [
    path("users/me", users.me, name="api_users_me"),
    path(f"{CLIENT}/actions/publish", publication.published, name="api_publish"),
    path(f"{CLIENT}/actions/unpublish", publication.unpublished, name="api_unpublish"),
    path(f"{ANY_CLIENT}/connection-configs/me", connection_configs.me, name="api_connection_config"),
    path(REQUESTS, connection_requests.requests, name="api_connection_requests"),
    path(f"{REQUESTS}/<str:request_id>", connection_requests.one, name="api_connection_request"),
    path(f"{REQUESTS}/<str:request_id>/actions/approve", connection_requests.approval, name="api_approve"),
    path(f"{REQUESTS}/<str:request_id>/actions/deny", connection_requests.denial, name="api_deny"),
]

urlpatterns = [
    *RESOURCES,
    path("openapi.json", openapi.described(RESOURCES), name="openapi"),
]
