"""The addresses of the region host, which belongs to no tenant."""

from django.urls import path

from console.pages import failures, health, region

urlpatterns = [
    path("healthz", health.process, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("", region.start, name="home"),
    path("language", region.language, name="language"),
    path("theme", region.theme, name="theme"),
]

handler400 = failures.bad_request
handler403 = failures.forbidden
handler404 = failures.not_found
handler500 = failures.server_error
