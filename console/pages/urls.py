"""The addresses of the console and the account pages, on a tenant host."""

from django.urls import path

from . import (
    account,
    audit_log,
    client_creation,
    client_endings,
    client_menus,
    clients,
    configuration,
    connection_acts,
    connection_versions,
    connections,
    consent_methods,
    deleted_clients,
    forgot_password,
    grants,
    member_acts,
    members,
    own_account,
    preferences,
    publication,
    receipts,
    requests,
    secrets,
    sign_in,
    try_it,
)
from .authorization.authorize import authorize
from .authorization.sign_out import logout

urlpatterns = [
    path("oauth/authorize", authorize, name="authorize"),
    path("oauth/logout", logout, name="oauth_logout"),
    path("", sign_in.home, name="home"),
    path("login", sign_in.sign_in, name="login"),
    path("forgot-password", forgot_password.forgot_password, name="forgot_password"),
    path("logout", sign_in.sign_out, name="logout"),
    path("welcome/<uuid:user_id>", sign_in.welcome, name="welcome"),
    path("console", clients.console, name="console"),
    path("console/oauth", clients.listing, name="clients"),
    path("console/oauth/new", client_creation.create, name="client_new"),
    path("console/oauth/delete", client_endings.delete, name="clients_delete"),
    path("console/oauth/deleted", deleted_clients.deleted, name="clients_deleted"),
    path("console/oauth/check", clients.check_address, name="check_address"),
    path("console/oauth/configuration", configuration.configuration, name="configuration"),
    path("console/oauth/<str:client_id>/menu", client_menus.of_client, name="client_menu"),
    path("console/oauth/<str:client_id>/edit", clients.edit, name="client_edit"),
    path("console/oauth/<str:client_id>/disable", client_endings.disable, name="client_disable"),
    path("console/oauth/<str:client_id>/enable", client_endings.enable, name="client_enable"),
    path("console/oauth/<str:client_id>/restore", deleted_clients.restore, name="client_restore"),
    path("console/oauth/<str:client_id>/publish", publication.publish, name="client_publish"),
    path("console/oauth/<str:client_id>/unpublish", publication.unpublish, name="client_unpublish"),
    path("console/oauth/<str:client_id>/tenants", publication.connected_tenants, name="connected_tenants"),
    path(
        "console/oauth/<str:client_id>/consent-method", consent_methods.consent_method, name="consent_method"
    ),
    path("console/oauth/<str:client_id>/secrets", secrets.manage, name="secrets"),
    path(
        "console/oauth/<str:client_id>/secrets/<uuid:secret_id>/remove", secrets.remove, name="secret_remove"
    ),
    path("console/oauth/<str:client_id>/try", try_it.try_it, name="try_it"),
    path("console/oauth/<str:client_id>/grants", grants.of_client, name="client_grants"),
    path("console/oauth/connections/<int:connection_id>", connections.details, name="connection"),
    path(
        "console/oauth/connections/<int:connection_id>/menu",
        client_menus.of_connection,
        name="connection_menu",
    ),
    path(
        "console/oauth/connections/<int:connection_id>/version",
        connection_versions.version,
        name="connection_version",
    ),
    path(
        "console/oauth/connections/<int:connection_id>/scopes",
        connection_acts.change_scopes,
        name="connection_scopes",
    ),
    path(
        "console/oauth/connections/<int:connection_id>/block", connection_acts.block, name="connection_block"
    ),
    path(
        "console/oauth/connections/<int:connection_id>/unblock",
        connection_acts.unblock,
        name="connection_unblock",
    ),
    path(
        "console/oauth/connections/<int:connection_id>/remove",
        connection_acts.remove,
        name="connection_remove",
    ),
    path(
        "console/oauth/connections/<int:connection_id>/consent-method",
        consent_methods.connection_consent_method,
        name="connection_consent_method",
    ),
    path(
        "console/oauth/connections/<int:connection_id>/grants", grants.of_connection, name="connection_grants"
    ),
    path("console/requests", requests.listing, name="connection_requests"),
    path("console/requests/<int:request_id>/approve", requests.approve, name="connection_request_approve"),
    path("console/requests/<int:request_id>/deny", requests.deny, name="connection_request_deny"),
    path("console/people", members.listing, name="members"),
    path("console/people/<uuid:user_id>", members.member, name="member"),
    path("console/people/<uuid:user_id>/role", member_acts.role, name="member_role"),
    path("console/people/<uuid:user_id>/disable", member_acts.disable, name="member_disable"),
    path("console/people/<uuid:user_id>/enable", member_acts.enable, name="member_enable"),
    path("console/people/<uuid:user_id>/end-sessions", member_acts.end_sessions, name="member_sessions_end"),
    path("console/people/<uuid:user_id>/link", member_acts.link, name="member_link"),
    path(
        "console/people/<uuid:user_id>/grants/<str:client_id>/withdraw",
        grants.withdraw,
        name="grant_withdraw",
    ),
    path("console/events", audit_log.events, name="events"),
    path("console/events/clients", audit_log.clients, name="event_clients"),
    path("console/events/people", audit_log.people, name="event_people"),
    path("console/events/export", audit_log.export, name="events_export"),
    path("receipts", receipts.progress, name="receipt"),
    path("account", own_account.overview, name="account"),
    path("account/sessions/end-others", own_account.end_other_sessions, name="own_sessions_end"),
    path("account/sessions/<uuid:session_id>/end", own_account.end_session, name="own_session_end"),
    path("account/applications", account.applications, name="account_applications"),
    path("account/applications/<int:consent_id>/withdraw", account.withdraw, name="consent_withdraw"),
    path("account/applications/<str:client_id>/end", account.end_sessions, name="account_sessions_end"),
    path("account/requests", requests.own, name="connection_requests_own"),
    path("language", preferences.language, name="language"),
    path("theme", preferences.theme, name="theme"),
    path("account/time-zone", preferences.time_zone, name="time_zone"),
]
