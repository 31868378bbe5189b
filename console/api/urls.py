"""The REST API's addresses below /api/v1/."""

from django.urls import path

from . import users

urlpatterns = [path("users/me", users.me, name="api_users_me")]
