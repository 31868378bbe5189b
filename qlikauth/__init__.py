"""Wiring: settings, the URL map and the WSGI entry point. The application itself is `console`."""
