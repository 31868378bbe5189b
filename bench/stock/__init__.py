"""django-oauth-toolkit as its documentation sets it up, on what `startproject` writes: the yardstick."""
