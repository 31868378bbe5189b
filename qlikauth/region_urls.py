"""The addresses of the region host, which belongs to no tenant."""

from django.urls import path

from console.oauth.urls import region_urlpatterns
from console.pages import failures, health, region
from console.pages.authorization.region import authorize

urlpatterns = [
    path("healthz", health.process, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("oauth/authorize", authorize, name="authorize"),
    *region_urlpatterns,
    path("", region.start, name="home"),
    path("language", region.language, name="language"),
    path("theme", region.theme, name="theme"),
]

handler400 = failures.bad_request
handler403 = failures.forbidden
handler404 = failures.not_found
handler500 = failures.server_error
