"""The one door to the trail of changes and to the log of what is done with personal data."""

from tenants.audit.contracts import SYSTEM, Actor, ProcessingRow
from tenants.audit.services.journal import log_processing, log_request
from tenants.audit.services.sealing import seal_all, seal_stream
from tenants.audit.services.trail import record, record_account_change

__all__ = [
    "SYSTEM",
    "Actor",
    "ProcessingRow",
    "log_processing",
    "log_request",
    "record",
    "record_account_change",
    "seal_all",
    "seal_stream",
]
