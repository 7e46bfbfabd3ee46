"""Leak clocks.

Given a partner reports a leaked file at Sat 14.11.2026 22:10 MSK, Then 24 h ends Sun 15.11.2026
22:10 and 72 h ends Tue 17.11.2026 22:10; the operator is notified by 02:10; a child incident
exists per tenant; the draft contains cause, harm, measures, contact person, counts of subjects
**and** identifiers.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from cvm_platform.common import clock
from tenants.accounts.contracts import Role
from tenants.approvals.models import Task
from tenants.audit.services import Actor
from tenants.registers import services
from tenants.registers.models import LeakIncident
from tenants.registers.notices import primary_notice, primary_rows
from tenants.registers.services.incident_work import ADDITIONAL, CALL, PRIMARY
from tenants.tenancy.models import Tenant

MOSCOW = ZoneInfo("Europe/Moscow")
REPORTED = datetime(2026, 11, 14, 22, 10, tzinfo=MOSCOW)
REPORTER = Actor("user:7", Role.AGENCY_OPERATOR, None, 7)
KNOWN: dict[str, Any] = {
    "causes": "Файл выгрузки остался в открытом хранилище партнёра",
    "harm": "Навязчивые звонки и письма мошенников",
    "measures": "Хранилище закрыто, ссылки отозваны",
    "affected_subjects": 1250, "affected_identifiers": 3400,
    "pd_categories": ["EMAIL", "PHONE"],
}  # fmt: skip


def draft(row: LeakIncident) -> str:
    """The lines that the document is printed from."""
    return "\n".join(
        f"{name}: {value}" for _part, rows in primary_rows(row) for name, value in rows
    )


@pytest.fixture
def parts(
    acme: Tenant, beta: Tenant, django_capture_on_commit_callbacks: Any
) -> dict[str, LeakIncident]:
    with clock.at(REPORTED), django_capture_on_commit_callbacks(execute=True):
        return services.open_incidents(
            actor=REPORTER, tenants=[acme, beta], detected_by="partner",
            text="Партнёр нашёл файл с адресами", **KNOWN,
        )  # fmt: skip


def test_a_part_exists_in_every_company_with_the_clocks_of_the_law(
    acme: Tenant, beta: Tenant, parts: dict[str, LeakIncident]
) -> None:
    assert set(parts) == {"acme", "beta"}
    groups = set()
    for tenant in (acme, beta):
        with tenant_context(tenant):
            row = LeakIncident.objects.get()
            groups.add(row.group)
            assert row.status == LeakIncident.Status.SUSPECTED
            assert row.primary_due == datetime(2026, 11, 15, 22, 10, tzinfo=MOSCOW)
            assert row.additional_due == datetime(2026, 11, 17, 22, 10, tzinfo=MOSCOW)
            assert row.operator_due == datetime(2026, 11, 15, 2, 10, tzinfo=MOSCOW)
            dues = dict(Task.objects.filter(status="open").values_list("kind", "due_at"))
            assert dues[CALL] == row.operator_due
            assert dues[PRIMARY] == row.primary_due
            assert dues[ADDITIONAL] == row.additional_due
    assert len(groups) == 1
    assert None not in groups


def test_the_operator_is_told_in_time(
    acme: Tenant, beta: Tenant, parts: dict[str, LeakIncident]
) -> None:
    for tenant in (acme, beta):
        with tenant_context(tenant):
            row = LeakIncident.objects.get()
            assert row.operator_notified_at is not None
            assert row.operator_notified_at <= datetime(2026, 11, 15, 2, 10, tzinfo=MOSCOW)
            # a mail that was sent is not a mail that was read: the call stays open
            assert Task.objects.filter(kind=CALL, status="open").exists()
    hosts = {line for letter in mail.outbox for line in letter.body.split() if "://" in line}
    assert any("acme.cvm.localhost" in each for each in hosts)
    assert any("beta.cvm.localhost" in each for each in hosts)
    # neither company learns about the other
    for letter in mail.outbox:
        assert not ("acme.cvm" in letter.body and "beta.cvm" in letter.body)


def test_the_draft_says_what_is_known(parts: dict[str, LeakIncident]) -> None:
    row = LeakIncident.objects.get()
    text = draft(row)
    for wanted in (KNOWN["causes"], KNOWN["harm"], KNOWN["measures"], "1250", "3400",
                   "Ответственный за персональные данные", "+7 900 000-00-02",
                   "14.11.2026 22:10", "Acme"):  # fmt: skip
        assert wanted in text, wanted
    assert primary_notice(row).content().startswith(b"%PDF-")


def test_missing_facts_do_not_stop_the_notice(acme: Tenant) -> None:
    row = services.open_incident(actor=REPORTER)
    text = draft(row)
    assert "уточняется" in text
    officer = Actor("user:8", Role.CLIENT_DPO, None, 8)
    services.note_primary(actor=officer, public_id=row.public_id, number="123")
    row.refresh_from_db()
    assert row.status == LeakIncident.Status.PRIMARY_SENT
    assert not Task.objects.filter(kind=PRIMARY, status="open").exists()
