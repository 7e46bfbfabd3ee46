"""The real shop through the product's own imports, its history cut where our campaign lies."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from analytics.sources.models import ImportJob
from analytics.sources.services import import_file
from cvm_platform.demo import retail
from cvm_platform.demo.campaigning import read_script
from cvm_platform.demo.consents import ensure_declaration
from cvm_platform.demo.progress import Note, Progress
from cvm_platform.demo.retail_contacts import Buyer, buyers, write_contacts
from cvm_platform.demo.story import Story
from tenants.tenancy.models import Tenant

SLUG = "retail"
SEND_HOUR = 10  # of the shop's clock: at midnight, where the files would be cut, nobody writes
_CONSENT_COLUMNS = {
    "customer": "CustomerID",
    "document": "Document",
    "purpose": "Purpose",
    "channel": "Channel",
    "address": "Address",
    "given_at": "GivenAt",
    "withdrawn_at": "RevokedAt",
    "method": "Method",
}


@dataclass
class RetailLoad:
    """One load in the tenant entered by the caller; files are written to `folder`."""

    tenant: Tenant
    folder: Path
    today: date
    progress: Progress

    @property
    def cut(self) -> datetime:
        """Shop clock, without a zone: as the file has it."""
        return retail.default_cut(self.today) + timedelta(hours=SEND_HOUR)

    @property
    def campaign_at(self) -> datetime:
        return self.cut.replace(tzinfo=ZoneInfo(retail.TIME_ZONE))

    def run(self, sink_url: str) -> None:
        """Orders up to the cut, the campaign there, then the later orders as its outcome."""
        stage = self.progress.stage
        with stage("files") as note:
            split = retail.split_retail(
                history=self.folder / "online-retail-history.csv",
                outcome=self.folder / "online-retail-outcome.csv",
                today=self.today,
                cut=self.cut,
            )
            note.text = f"{split.history.rows:,} + {split.outcome.rows:,} rows"
        with stage("orders") as note:
            _import_orders(split.history.path, note)
        with stage("contacts and consents") as note:
            known = buyers(shift=split.shift, until=self.cut)
            self._contacts(known, self.cut, "history", note)
        story = Story(self.tenant, read_script(SLUG), self.campaign_at, self.progress)
        story.prepare()
        story.send(sink_url)
        with stage("orders after the campaign") as note:
            _import_orders(split.outcome.path, note)
        with stage("newcomers' contacts") as note:
            numbers = {person.number for person in known}
            end = (split.outcome.last_at or self.cut) + timedelta(days=1)
            fresh = [person for person in buyers(shift=split.shift) if person.number not in numbers]
            self._contacts(fresh, end, "newcomers", note)
        story.finish()

    def _contacts(self, people: list[Buyer], until: datetime, name: str, note: Note) -> None:
        if not people:
            return
        contacts = self.folder / f"customers-{name}.csv"
        consents = self.folder / f"consents-{name}.csv"
        ensure_declaration(self.tenant, "import")
        written = write_contacts(people, contacts=contacts, consents=consents, until=until)
        _imported(import_file(path=contacts, kind="customers"))
        _imported(
            import_file(path=consents, kind="customers", options={"mapping": _CONSENT_COLUMNS})
        )
        note.text = f"{written.contacts:,} customers, {written.consents:,} documents"


def _import_orders(path: Path, note: Note) -> None:
    job = _imported(import_file(path=path, kind="orders"))
    note.text = f"{job.rows_loaded:,} rows loaded, {job.rows_rejected:,} refused with reasons"


def _imported(job: ImportJob) -> ImportJob:
    """Raises RuntimeError where the import did not end well."""
    if job.status != ImportJob.Status.DONE:
        raise RuntimeError(f"{job.file_name}: {job.status} {job.error}")
    return job
