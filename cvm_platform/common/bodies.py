"""Bodies of bulk requests: typed with msgspec, a hundred times faster than field by field.

One definition gives the decoder, the error's pointer and the OpenAPI schema.
"""

import re
from typing import Any, TypeVar

import msgspec
from django.utils.translation import gettext as _

from cvm_platform.common.errors import InvalidInput

Body = TypeVar("Body", bound=msgspec.Struct)
# JSON can say it and PostgreSQL has no place for it; an escaped backslash before it is no escape
_ZERO = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def _pointer(text: str) -> tuple[str, str]:
    """Msgspec says "… - at `$.events[3].ts`"; problem details say /events/3/ts."""
    detail, _at, place = text.partition(" - at `$")
    pointer = place.rstrip("`").replace("[", "/").replace("]", "").replace(".", "/")
    return detail, pointer.lstrip("/")


def decode(body: bytes, kind: type[Body]) -> Body:
    """The typed body.

    Raises:
        InvalidInput: not JSON, or a field is missing or of another type; the field is named.
    """
    try:
        decoded = msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        detail, pointer = _pointer(str(error))
        raise InvalidInput(
            _("The request has invalid fields."), fields={pointer or "body": detail}
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(
            _("The body is not valid JSON."), code="invalid_json", fields={"body": str(error)}
        ) from error
    if b"\\u0000" in body and _ZERO.search(body):
        raise InvalidInput(
            _("The request has invalid fields."), fields={"body": r"\u0000 cannot be kept"}
        )
    return decoded


def _inlined(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, dict):
        if "$ref" in node:
            return _inlined(definitions[node["$ref"].rsplit("/", 1)[-1]], definitions)
        return {key: _inlined(value, definitions) for key, value in node.items()}
    if isinstance(node, list):
        return [_inlined(value, definitions) for value in node]
    return node


def schema_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """JSON Schema of a body, references inlined, for `extend_schema(request=…)`."""
    schema = msgspec.json.schema(kind)
    definitions = schema.pop("$defs", {})
    inlined: dict[str, Any] = _inlined(schema, definitions)
    return inlined


def request_of(kind: type[msgspec.Struct]) -> dict[str, Any]:
    return {"application/json": schema_of(kind)}
