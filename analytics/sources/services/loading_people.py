"""A file of customers with contacts and consents: some thousands of rows at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from analytics.sources.contracts import DEFAULT_SOURCE, Layout
from analytics.sources.models import ImportJob
from analytics.sources.reading.consents import ConsentDraft, drafts_of
from analytics.sources.reading.inspecting import chunks
from analytics.sources.reading.rejects import Rejects
from analytics.sources.reading.text import open_quote
from analytics.sources.reading.values import Bad, Remembered, code_of, moments
from analytics.sources.services.pulse import Pulse
from analytics.sources.services.refusals import no_rows
from cvm_platform.common import clock
from tenants.customers.contracts import CustomerRow
from tenants.customers.sealing import Vault, normalise_email, normalise_phone
from tenants.customers.services import upsert_customers
from tenants.privacy.contracts import ConsentRow
from tenants.privacy.services import Prover, record_consents
from tenants.tenancy.selectors import current_tenant

CHUNK = 4000
Row = list[str]


@dataclass(slots=True)
class _Counts:
    rows: int = 0
    created: int = 0
    changed: int = 0
    same: int = 0
    consents: int = 0
    withdrawn: int = 0
    kept_consents: int = 0
    unproved: int = 0


@dataclass(slots=True)
class _Entry:
    number: int
    row: Row
    customer: CustomerRow
    drafts: list[ConsentDraft] = field(default_factory=list)


class _People:
    def __init__(self, job: ImportJob, rejects: Rejects) -> None:
        self.layout = Layout.of(job.settings)
        self.mapping: Mapping[str, int] = job.settings["mapping"]
        self.source = str(job.settings.get("source", DEFAULT_SOURCE))
        self.rejects = rejects
        self.counts = _Counts()
        self._job = job.public_id
        self._prover = Prover(self.source, job.public_id, job.file_sha256)
        self._vault = Vault(current_tenant())
        self._dates: Remembered = moments(
            ZoneInfo(job.settings["zone"]), job.settings.get("date_order", "dmy"), clock.now(),
            required=False,
        )  # fmt: skip

    def take(self, chunk: Sequence[Row], first: int) -> None:
        entries = [
            entry
            for number, row in enumerate(chunk, first)
            if (entry := self._entry(row, number)) is not None
        ]
        report = upsert_customers(rows=[entry.customer for entry in entries], source=self.source)
        for problem in report.problems:
            entry = entries[problem.index]
            self.rejects.add(entry.number, problem.code, entry.row, problem.message)
        self.counts.created += report.created
        self.counts.changed += report.changed
        taken = {customer_id for customer_id in report.customer_ids if customer_id is not None}
        self.counts.same += len(taken) - report.created - report.changed
        consents = [
            self._consent(draft, customer_id, entry.number)
            for entry, customer_id in zip(entries, report.customer_ids, strict=True)
            if customer_id is not None
            for draft in entry.drafts
        ]
        recorded = record_consents(rows=consents)
        self.counts.consents += recorded.added
        self.counts.withdrawn += recorded.withdrawn
        self.counts.kept_consents += recorded.kept
        self.counts.unproved += recorded.unproved

    def _entry(self, row: Row, number: int) -> _Entry | None:
        if not any(cell.strip() for cell in row):
            return None
        self.counts.rows += 1
        width = len(self.layout.columns)
        if (len(row) != width and any(cell.strip() for cell in row[width:])) or len(row) < width:
            problem = open_quote(row, number)
            if problem:
                raise problem
            self.rejects.add(number, "columns", row)
            return None
        values = {key: row[index].strip() for key, index in self.mapping.items()}
        drafts = Bad("bad_text") if "\x00" in "".join(row) else drafts_of(values, self._dates)
        if isinstance(drafts, Bad):
            self.rejects.add(number, str(drafts), row)
            return None
        return _Entry(number, row, self._customer(values), drafts)

    def _customer(self, values: Mapping[str, str]) -> CustomerRow:
        country = values.get("country", "")
        return CustomerRow(
            external_id=code_of(values.get("customer", ""))[:200],
            email=values.get("email", ""),
            phone=values.get("phone", ""),
            first_name=values.get("first_name", ""),
            last_name=values.get("last_name", ""),
            middle_name=values.get("middle_name", ""),
            city=values.get("city", ""),
            timezone=values.get("timezone", ""),
            attributes={"country": country} if country else {},
        )

    def _consent(self, draft: ConsentDraft, customer_id: int, number: int) -> ConsentRow:
        hmac = b""
        if draft.address:
            hmac = (
                self._vault.email_hmac(normalise_email(draft.address))
                if draft.channel == "EMAIL"
                else self._vault.phone_hmac(normalise_phone(draft.address))
            )
        return ConsentRow(
            customer_id=customer_id, document=draft.document, given_at=draft.given_at,
            purpose=draft.purpose, channel=draft.channel, address_hmac=hmac,
            withdrawn_at=draft.withdrawn_at, source=self.source, batch=self._job,
            method=self._prover.method(
                draft.document, draft.channel, draft.given_at, draft.method
            ),
            details={"row": number}, proof=self._prover.proof(draft.document, draft.given_at),
        )  # fmt: skip


def load_people(
    job: ImportJob, handle: BinaryIO, rejects: Rejects, pulse: Pulse, *, is_check: bool
) -> dict[str, Any]:
    """Writes all rows; the caller rolls back when this was only a check. Returns the counts.

    Raises:
        FileProblem: the file is broken, or not one row of it can be loaded.
        Cancelled: somebody asked for it.
    """
    people = _People(job, rejects)
    for chunk in chunks(handle, people.layout, CHUNK):
        fresh = chunk.from_row(2)
        rows = fresh.as_rows()
        for start in range(0, len(rows), CHUNK):
            people.take(rows[start : start + CHUNK], fresh.first + start)
            pulse.rows = fresh.first + start + CHUNK - 2
            pulse.rejected, pulse.bytes = len(rejects), handle.tell()
            pulse.check()
    counts = people.counts
    if counts.rows == len(rejects):
        raise no_rows(rejects)
    return {
        "rows": counts.rows, "lines": counts.rows - len(rejects), "added": counts.created,
        "changed": counts.changed, "same": counts.same, "consents": counts.consents,
        "withdrawn": counts.withdrawn, "kept_consents": counts.kept_consents,
        "unproved": counts.unproved,
    }  # fmt: skip
