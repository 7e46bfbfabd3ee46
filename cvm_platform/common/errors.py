"""What can go wrong in words a person and a program can act on."""

from collections.abc import Mapping
from typing import Any


class DomainError(Exception):
    """A refusal with a reason for people and a code for the API.

    Args:
        message: what happened and what to do, in the user's language.
        code: stable machine name, snake_case.
        fields: messages by input field, where the input is to blame.
        params: numbers and names that a program may need.
    """

    code = "refused"
    status = 400

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        fields: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.fields = dict(fields or {})
        self.params = dict(params or {})


class InvalidInput(DomainError):
    code = "invalid_input"
    status = 422


class NotFound(DomainError):
    code = "not_found"
    status = 404


class Conflict(DomainError):
    code = "conflict"
    status = 409


class Forbidden(DomainError):
    code = "forbidden"
    status = 403


class NoTenant(RuntimeError):
    """Tenant data was asked for outside a tenant: a defect of ours, never a user's error."""
