"""The connection as django-tenants extends it: it knows which tenant it serves."""

from typing import Any

from django.db import connection as _connection

# the package adds tenant, schema_name, set_tenant() and set_schema_to_public(), untyped
connection: Any = _connection
