"""The addresses of the console and the account pages, on a tenant host."""

from django.urls import path

from . import account, audit_log, clients, configuration, connections, preferences, secrets, sign_in, try_it

urlpatterns = [
    path("", sign_in.home, name="home"),
    path("login", sign_in.sign_in, name="login"),
    path("logout", sign_in.sign_out, name="logout"),
    path("welcome/<uuid:user_id>/<str:token>", sign_in.welcome, name="welcome"),
    path("console", clients.console, name="console"),
    path("console/oauth", clients.listing, name="clients"),
    path("console/oauth/new", clients.create, name="client_new"),
    path("console/oauth/delete", clients.delete, name="clients_delete"),
    path("console/oauth/check", clients.check_address, name="check_address"),
    path("console/oauth/configuration", configuration.configuration, name="configuration"),
    path("console/oauth/<str:client_id>/edit", clients.edit, name="client_edit"),
    path("console/oauth/<str:client_id>/disable", clients.disable, name="client_disable"),
    path("console/oauth/<str:client_id>/enable", clients.enable, name="client_enable"),
    path("console/oauth/<str:client_id>/consent-method", connections.consent_method, name="consent_method"),
    path("console/oauth/<str:client_id>/secrets", secrets.manage, name="secrets"),
    path(
        "console/oauth/<str:client_id>/secrets/<uuid:secret_id>/remove", secrets.remove, name="secret_remove"
    ),
    path("console/oauth/<str:client_id>/try", try_it.try_it, name="try_it"),
    path("console/events", audit_log.events, name="events"),
    path("console/events/export", audit_log.export, name="events_export"),
    path("account/applications", account.applications, name="account_applications"),
    path("account/applications/<int:consent_id>/withdraw", account.withdraw, name="consent_withdraw"),
    path("language", preferences.language, name="language"),
    path("theme", preferences.theme, name="theme"),
]
