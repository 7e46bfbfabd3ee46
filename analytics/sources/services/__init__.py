"""Imports: made from a file, looked at by a person, checked, loaded whole or not at all."""

from analytics.sources.services.preparing import (
    cancel_import,
    configure_import,
    create_import,
    import_file,
    start_import,
)
from analytics.sources.services.running import check_import, reap_imports, run_import

__all__ = [
    "cancel_import",
    "check_import",
    "configure_import",
    "create_import",
    "import_file",
    "reap_imports",
    "run_import",
    "start_import",
]
