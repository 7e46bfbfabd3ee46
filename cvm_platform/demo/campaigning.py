"""What a marketer of the demo set up: sender, price, letters, segments. Read from data."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from campaigns.channels.models import EmailTemplate, SenderIdentity, Tariff
from campaigns.segments.models import Segment
from campaigns.segments.services import create_segment, refresh_segment

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Plan:
    """A broadcast as it is registered: names of a segment and a template, and the arguments."""

    segment: str
    template: str
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything a broadcast needs, by the short names of the data file."""

    sender: SenderIdentity
    templates: dict[str, EmailTemplate]
    segments: dict[str, Segment]


@dataclass(frozen=True, slots=True)
class Script:
    """What the data file says of one company."""

    data: dict[str, Any]

    @property
    def replay(self) -> Plan:
        return _plan(self.data["replay"])

    @property
    def draft(self) -> Plan:
        return _plan(self.data["draft"])


def read_script(slug: str) -> Script:
    return Script(json.loads((_DATA / "campaigns.json").read_text(encoding="utf-8"))[slug])


def _plan(row: dict[str, Any]) -> Plan:
    settings = {name: value for name, value in row.items() if name not in {"segment", "template"}}
    return Plan(segment=row["segment"], template=row["template"], settings=settings)


def set_up(script: Script, *, valid_from: datetime) -> Setup:
    """Makes all of it in the tenant entered; the price holds from `valid_from` on."""
    sender = SenderIdentity.objects.create(is_default=True, **script.data["sender"])
    Tariff.objects.create(
        channel="EMAIL", price=Decimal(script.data["price"]), valid_from=valid_from
    )
    return Setup(
        sender=sender,
        templates={key: _template(row) for key, row in script.data["templates"].items()},
        segments={
            key: create_segment(name=row["name"], tree=row["tree"])
            for key, row in script.data["segments"].items()
        },
    )


def refresh_segments(setup: Setup) -> dict[str, int]:
    """Counts every segment as of the clock; returns the sizes."""
    sizes: dict[str, int] = {}
    for key, segment in setup.segments.items():
        setup.segments[key] = refresh_segment(segment.pk)
        sizes[key] = setup.segments[key].count or 0
    return sizes


def _template(row: dict[str, str]) -> EmailTemplate:
    return EmailTemplate.objects.create(
        name=row["name"],
        subject=row["subject"],
        preheader=row["preheader"],
        html=(_DATA / "letters" / row["file"]).read_text(encoding="utf-8"),
    )
