"""Floor 3a: the authorization server. It speaks the RFCs, on django-oauth-toolkit and oauthlib."""
