"""pgAdmin's config_local.py: signing in with OAuth as its documentation shows, as a public client or with a secret."""

import os

ISSUER, FOLDER = os.environ["ISSUER"], os.environ["FOLDER"]
SIGN_OUT = f"{ISSUER}/oauth/logout?post_logout_redirect_uri={{redirect_uri}}&id_token_hint={{id_token}}"

SERVER_MODE = True
DATA_DIR = FOLDER
LOG_FILE = f"{FOLDER}/pgadmin4.log"
DEFAULT_SERVER = "127.0.0.1"
DEFAULT_SERVER_PORT = int(os.environ["PORT"])
UPGRADE_CHECK_ENABLED = False
MASTER_PASSWORD_REQUIRED = False

AUTHENTICATION_SOURCES = ["oauth2", "internal"]
OAUTH2_AUTO_CREATE_USER = True
OAUTH2_CONFIG = [
    {
        "OAUTH2_NAME": "public",
        "OAUTH2_DISPLAY_NAME": "Public",
        "OAUTH2_CLIENT_ID": os.environ["PUBLIC_CLIENT_ID"],
        "OAUTH2_CLIENT_SECRET": None,
        "OAUTH2_SERVER_METADATA_URL": f"{ISSUER}/.well-known/openid-configuration",
        "OAUTH2_SCOPE": "openid email profile",
        "OAUTH2_CHALLENGE_METHOD": "S256",
        "OAUTH2_RESPONSE_TYPE": "code",
        "OAUTH2_LOGOUT_URL": SIGN_OUT,
    },
    {
        "OAUTH2_NAME": "confidential",
        "OAUTH2_DISPLAY_NAME": "Confidential",
        "OAUTH2_CLIENT_ID": os.environ["CLIENT_ID"],
        "OAUTH2_CLIENT_SECRET": os.environ["CLIENT_SECRET"],
        "OAUTH2_TOKEN_URL": f"{ISSUER}/oauth/token",
        "OAUTH2_AUTHORIZATION_URL": f"{ISSUER}/oauth/authorize",
        "OAUTH2_SERVER_METADATA_URL": f"{ISSUER}/.well-known/openid-configuration",
        "OAUTH2_API_BASE_URL": f"{ISSUER}/oauth/",
        "OAUTH2_USERINFO_ENDPOINT": "userinfo",
        "OAUTH2_SCOPE": "openid email profile",
        "OAUTH2_CHALLENGE_METHOD": "S256",
        "OAUTH2_RESPONSE_TYPE": "code",
        "OAUTH2_LOGOUT_URL": SIGN_OUT,
    },
]
