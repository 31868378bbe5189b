"""The addresses of a tenant host."""

from django.urls import include, path

from console.pages import failures, health

urlpatterns = [
    path("healthz", health.process, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("", include("console.oauth.urls")),
    path("api/v1/", include("console.api.urls")),
    path("", include("console.pages.urls")),
]

handler400 = failures.bad_request
handler403 = failures.forbidden
handler404 = failures.not_found
handler500 = failures.server_error
