"""What the frame around every page shows."""

from typing import Any

from django.http import HttpRequest


def shell_context(request: HttpRequest) -> dict[str, Any]:
    return {"shell_tenant": getattr(request, "tenant", None)}
