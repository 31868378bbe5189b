"""Rows that django-oauth-toolkit needs to exist. None is ever written: access tokens and ID tokens are self-contained,
and the device grant is not offered.
"""

from oauth2_provider.models import AbstractAccessToken, AbstractDeviceGrant, AbstractIDToken


class AccessToken(AbstractAccessToken):
    class Meta(AbstractAccessToken.Meta):
        pass


class IDToken(AbstractIDToken):
    class Meta(AbstractIDToken.Meta):
        pass


class DeviceGrant(AbstractDeviceGrant):
    class Meta(AbstractDeviceGrant.Meta):
        pass
