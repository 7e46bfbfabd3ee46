"""What every company starts with: its row as operator and the usual purposes."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings

_FILE = Path(__file__).parent / "data" / "purposes.json"


def purpose_rows() -> list[dict[str, Any]]:
    """Values of `Purpose`, in the order of the specification; texts are the company's to edit."""
    data = json.loads(_FILE.read_text(encoding="utf-8"))
    return [
        {
            "is_promotion": False, "balancing_note": "", "actions": data["actions"],
            "destruction_procedure": data["destruction_procedure"], "position": position, **row,
        }
        for position, row in enumerate(data["purposes"])
    ]  # fmt: skip


def plant(operator_model: Any, purpose_model: Any, *, legal_name: str, address: str) -> None:
    """Into the current schema; what is there already stays as it is."""
    operator_model.objects.get_or_create(
        id=1, defaults={"legal_name": legal_name, "address": address}
    )
    known = set(purpose_model.objects.values_list("code", flat=True))
    purpose_model.objects.bulk_create(
        purpose_model(**row) for row in purpose_rows() if row["code"] not in known
    )


# Every company's letters leave through the platform's mail server: it is a recipient like others,
# and the officer approves it like others.
MAIL = "mail"


def plant_recipients(recipient_model: Any) -> None:
    recipient_model.objects.get_or_create(
        code=MAIL,
        defaults={
            "name": "Почтовый сервер платформы", "legal_entity": settings.MAIL_SERVER_OWNER,
            "country": settings.MAIL_SERVER_COUNTRY,
            "hosting_country": settings.MAIL_SERVER_COUNTRY, "pd_fields": ["NAME", "EMAIL"],
            "purpose": "PROMO_DIRECT",
        },
    )  # fmt: skip
