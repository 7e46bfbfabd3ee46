"""Requests of people, one call each."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cvm_platform.common import clock
from tenants.accounts.contracts import Role
from tenants.audit.services import Actor
from tenants.requests import services
from tenants.requests.contracts import Applicant, Channel, Identity, IdentityCheck
from tenants.requests.models import SubjectRequest

OFFICER = Actor("user:1", Role.CLIENT_DPO, "10.0.0.1", 1)
SURE = IdentityCheck(Identity.DOCUMENT, document_number="00 00 000000")
MOSCOW = ZoneInfo("Europe/Moscow")


def moscow(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


def make_request(kind: str, customer_id: int | None = None, **changed: Any) -> SubjectRequest:
    """Received now by letter, from somebody whose document was seen."""
    given: dict[str, Any] = {
        "received_at": clock.now(), "channel": Channel.PAPER, "actor": OFFICER, "identity": SURE,
        "applicant": Applicant(name="Анна Пример", email="anna@example.org", text="Прошу ответить"),
    }  # fmt: skip
    return services.register(kind=kind, customer_id=customer_id, **{**given, **changed})
