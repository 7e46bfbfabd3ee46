"""Typed reading of the environment: the only place where settings meet `os.environ`."""

import base64
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_SECRET_LENGTH = 50
_KEY_BYTES = 32
# 32 random bytes hold 30 different ones; below 10 nobody drew them
_DIFFERENT = 10
_EXAMPLE = re.compile("change.?me|insecure|example|secret.?key|tests?.?only", re.IGNORECASE)


def text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set the environment variable {name} (see .env.example).")
    return value


def flag(name: str, *, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def number(name: str, default: int) -> int:
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def secret(name: str) -> str:
    """A secret that signs.

    Raises:
        ImproperlyConfigured: unset, shorter than 50 characters, or an example of somebody's.
    """
    value = text(name)
    if len(value) < _SECRET_LENGTH or len(set(value)) < _DIFFERENT or _EXAMPLE.search(value):
        raise ImproperlyConfigured(
            f"{name} must be at least {_SECRET_LENGTH} random characters (see .env.example)."
        )
    return value


def key(name: str) -> str:
    """A key of 32 random bytes in base64.

    Raises:
        ImproperlyConfigured: unset, of another length, or plainly not random.
    """
    value = text(name)
    try:
        found = base64.b64decode(value, validate=True)
    except ValueError:
        found = b""
    if len(found) != _KEY_BYTES or len(set(found)) < _DIFFERENT or _EXAMPLE.search(str(found)):
        raise ImproperlyConfigured(
            f"{name} must be {_KEY_BYTES} random bytes in base64 (see .env.example)."
        )
    return value


def path(name: str, default: Path) -> Path:
    return Path(os.environ.get(name, default))


def mail(url: str) -> dict[str, Any]:
    """Django's e-mail settings from `smtp://user:password@host:port?tls=starttls` or `smtps://`."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"}:
        raise ImproperlyConfigured(f"This is not an SMTP address: {parts.scheme}://…")
    is_ssl = parts.scheme == "smtps"
    return {
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if is_ssl else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": is_ssl,
        "EMAIL_USE_TLS": parse_qs(parts.query).get("tls") == ["starttls"],
    }


def database(url: str, *, pool: dict[str, Any] | None = None) -> dict[str, Any]:
    """A `DATABASES` entry from `postgresql://user:password@host:port/name?host=/socket/folder`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql://")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    options: dict[str, Any] = {key: value for key, value in query.items() if key == "sslmode"}
    if pool is not None:
        options["pool"] = pool
    return {
        "ENGINE": "django_tenants.postgresql_backend",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or query.get("user", "")),
        "PASSWORD": unquote(parts.password or query.get("password", "")),
        "HOST": parts.hostname or query.get("host", ""),
        "PORT": str(parts.port or query.get("port", "")),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
        # a restarted server leaves dead connections in the pool; with this they are replaced
        "CONN_HEALTH_CHECKS": True,
    }
