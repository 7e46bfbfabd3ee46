"""The JSON Schema of the rule language, put together from the registered leaves.

The committed copy, `schema/segment-1.json`, is what the first leaves give; a test compares them.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # has no stubs here

from campaigns.segments import registry
from campaigns.segments.comparisons import ORDER_OPS, PRESENCE_OPS
from campaigns.segments.contracts import (
    GROUPS,
    MAX_DAYS,
    MAX_NODES,
    MAX_NUMBER,
    SCHEMA_VERSION,
)
from campaigns.segments.registry import Leaf

Schema = dict[str, Any]
FILE = Path(__file__).parent / "schema" / f"segment-{SCHEMA_VERSION}.json"


def _object(required: Schema, optional: Schema | None = None) -> Schema:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": sorted(required),
        "additionalProperties": False,
    }


def _comparison() -> Schema:
    number = {"type": "number", "minimum": -MAX_NUMBER, "maximum": MAX_NUMBER}
    return {
        "description": "Money is in minor units, days are whole days that have passed.",
        "oneOf": [
            _object({"op": {"enum": list(ORDER_OPS)}, "value": number}),
            _object({"op": {"const": "between"}, "low": number, "high": number}),
            _object({"op": {"enum": list(PRESENCE_OPS)}}),
        ],
    }


def _window() -> Schema:
    days = {"type": "integer", "minimum": 0, "maximum": MAX_DAYS}
    date = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
    return {
        "description": "Dates are days in the company's time zone, both included.",
        "oneOf": [
            _object({"kind": {"const": "ever"}}),
            _object({"kind": {"const": "last"}, "days": days}),
            _object({"kind": {"const": "ago"}, "from_days": days, "to_days": days}),
            _object({"kind": {"const": "dates"}, "from": date, "to": date}),
        ],
    }


def _leaf(leaf: Leaf) -> Schema:
    required = {one.name: one.schema() for one in leaf.fields if not one.optional}
    optional = {one.name: one.schema() for one in leaf.fields if one.optional}
    return _object({"leaf": {"const": leaf.name}, **required}, optional)


def build_schema() -> Schema:
    nodes = {"type": "array", "items": {"$ref": "#/$defs/node"}, "maxItems": MAX_NODES}
    leaves = {f"leaf_{leaf.name}": _leaf(leaf) for leaf in registry.leaves()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:cvm:segment:{SCHEMA_VERSION}",
        "title": "Segment rule",
        **_object({
            "schema_version": {"const": SCHEMA_VERSION}, "root": {"$ref": "#/$defs/group"},
        }),
        "$defs": {
            "node": {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in ("group", *leaves)]},
            "group": {"oneOf": [_object({key: nodes}) for key in GROUPS]},
            "comparison": _comparison(),
            "window": _window(),
            **leaves,
        },
    }  # fmt: skip


def schema_text() -> str:
    return json.dumps(build_schema(), indent=2, ensure_ascii=False) + "\n"


@lru_cache(maxsize=1)
def _validator() -> Any:
    return Draft202012Validator(build_schema())


def fits_schema(tree: Any) -> bool:
    """The outer check of what programs send; `validation` then says what is wrong, and where."""
    return bool(_validator().is_valid(tree))
