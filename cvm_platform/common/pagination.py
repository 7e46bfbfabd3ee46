"""Cursor pagination: stable while rows are added, cheap on a million rows."""

from typing import Any

from rest_framework import pagination


class CursorPagination(pagination.CursorPagination):
    page_size = 100
    page_size_query_param = "limit"
    max_page_size = 1000
    ordering: Any = "-pk"
