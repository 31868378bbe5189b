"""Measurements: what a request costs, next to stock django-oauth-toolkit, and which application server to use."""
