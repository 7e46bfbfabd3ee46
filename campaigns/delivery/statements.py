"""Statements with named parameters, in the tenant of the connection."""

from collections.abc import Mapping
from typing import Any

from cvm_platform.common.schema import connection


def rows_of(statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())


def execute(statement: str, params: Mapping[str, Any]) -> int:
    """Number of rows touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)
