"""Whom a wrong password counts against: axes would know nobody and lock a whole office."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest


def username_of(request: HttpRequest | None, credentials: Mapping[str, Any] | None = None) -> str:
    """The typed address: allauth says `email`, axes `login`, a locked request only the form."""
    said = credentials or {}
    typed = said.get("email") or said.get("login") or said.get("username")
    if not typed and request is not None:
        typed = request.POST.get("login")
    return str(typed or "").strip().lower()
