"""The ledger once more, outside the database: one line a person, chained by the tenant's key.

A restored database may be older than its own ledger; this file is not. It belongs on a volume
that is not restored together with the database.
"""

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from tenants.tenancy.keys import tenant_key
from tenants.tenancy.models import Tenant


class LedgerBroken(Exception):
    """A line was changed, taken out or put in; the message says which."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One line: number within the company, whom, why and when."""

    number: int
    customer_id: int
    ground: str
    marked_at: datetime


def folder() -> Path | None:
    """Where the files are; None when this installation keeps none."""
    return Path(settings.ERASURE_LEDGER_DIR) if settings.ERASURE_LEDGER_DIR else None


def path_of(tenant: UUID) -> Path | None:
    home = folder()
    return home / f"{tenant}.jsonl" if home else None


def _link(tenant: Tenant, previous: str, body: str) -> str:
    key = tenant_key(tenant, "erasure-ledger")
    return hmac.new(key, f"{previous}|{body}".encode(), hashlib.sha256).hexdigest()


def _body(mark: Mark) -> str:
    return json.dumps(
        [mark.number, mark.customer_id, mark.ground, mark.marked_at.isoformat()], ensure_ascii=False
    )


def read(tenant: Tenant) -> list[Mark]:
    """All lines of the company, checked.

    Raises:
        LedgerBroken: the chain does not hold at some line.
    """
    path = path_of(tenant.public_id)
    if path is None or not path.exists():
        return []
    marks, previous = [], ""
    for place, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        body, _tab, link = line.rpartition("\t")
        if not hmac.compare_digest(_link(tenant, previous, body), link):
            raise LedgerBroken(f"{path.name}, line {place}: the chain does not hold.")
        number, customer_id, ground, at = json.loads(body)
        marks.append(Mark(number, customer_id, ground, datetime.fromisoformat(at)))
        previous = link
    return marks


def last_number(tenant: UUID) -> int:
    """Of the newest line, without checking the chain; 0 when there is none."""
    path = path_of(tenant)
    if path is None or not path.exists():
        return 0
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(file.tell() - 1_000, 0))
        lines = file.read().splitlines()
    return int(json.loads(lines[-1].rpartition(b"\t")[0])[0]) if lines else 0


def append(tenant: Tenant, marks: Iterable[Mark]) -> int:
    """Adds what the file does not have yet, and waits for the disk. Returns how many."""
    path = path_of(tenant.public_id)
    if path is None:
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        lines = file.read().splitlines()
        last = int(json.loads(lines[-1].rpartition("\t")[0])[0]) if lines else 0
        previous = lines[-1].rpartition("\t")[2] if lines else ""
        fresh: Sequence[Mark] = [mark for mark in marks if mark.number > last]
        for mark in fresh:
            body = _body(mark)
            previous = _link(tenant, previous, body)
            file.write(f"{body}\t{previous}\n")
        file.flush()
        os.fsync(file.fileno())
    return len(fresh)
