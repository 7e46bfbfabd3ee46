"""Errors of the API as problem details (RFC 9457)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from cvm_platform.common.errors import DomainError

MEDIA_TYPE = "application/problem+json"


def problem(
    status: int, code: str, title: str, *, errors: list[dict[str, Any]] | None = None, **extra: Any
) -> Response:
    body: dict[str, Any] = {"type": f"urn:cvm:problem:{code}", "title": title, "status": status}
    body["code"] = code
    if errors:
        body["errors"] = errors
    body.update(extra)
    return Response(body, status=status, content_type=MEDIA_TYPE)


def _flatten(detail: Any, path: str = "") -> list[dict[str, Any]]:
    if isinstance(detail, dict):
        return [row for key, value in detail.items() for row in _flatten(value, f"{path}/{key}")]
    if isinstance(detail, list):
        rows: list[dict[str, Any]] = []
        for index, value in enumerate(detail):
            nested = isinstance(value, dict | list)
            rows += _flatten(value, f"{path}/{index}" if nested else path)
        return rows
    code = getattr(detail, "code", "invalid")
    return [{"pointer": path or "/", "code": str(code), "detail": str(detail)}]


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal in one shape, an unknown error stays a 500."""
    set_rollback()
    if isinstance(error, DomainError):
        errors = [
            {"pointer": f"/{name}", "code": error.code, "detail": text}
            for name, text in error.fields.items()
        ]
        return problem(error.status, error.code, error.message, errors=errors, **error.params)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    if isinstance(error, exceptions.ValidationError):
        answer = problem(
            422, "invalid_input", "The request has invalid fields.", errors=_flatten(error.detail)
        )
    else:
        code = str(getattr(error.detail, "code", error.default_code))
        answer = problem(error.status_code, code, str(error.detail))
    wait = getattr(error, "wait", None)
    if wait:
        answer.headers["Retry-After"] = str(int(wait) + 1)
    header = getattr(error, "auth_header", None)
    if header:
        answer.headers["WWW-Authenticate"] = header
    return answer
