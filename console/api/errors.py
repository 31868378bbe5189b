"""Qlik's error envelope."""

import secrets

from django.http import JsonResponse


def problem(status: int, code: str, title: str, detail: str = "") -> JsonResponse:
    """`{"errors": [{code, title, detail, status}], "traceId"}` with the HTTP status."""
    error = {"code": code, "title": title, "status": str(status)}
    if detail:
        error["detail"] = detail
    answer = JsonResponse({"errors": [error], "traceId": secrets.token_hex(16)}, status=status)
    answer["Cache-Control"] = "no-store"
    return answer
