"""Customers and their consents from integrators, in one transaction."""

from dataclasses import dataclass, field

from django.db import transaction

from analytics.profiles.bodies import ConsentBody, CustomerBody, CustomersBody
from cvm_platform.common.errors import InvalidInput
from tenants.audit import watch
from tenants.audit.contracts import Action
from tenants.customers.contracts import CustomerRow, RowProblem
from tenants.customers.sealing import Vault, normalise_email, normalise_phone
from tenants.customers.services import upsert_customers
from tenants.privacy.contracts import AD_PERMISSION, ConsentRow
from tenants.privacy.services import Prover, record_consents
from tenants.tenancy.selectors import current_tenant


@dataclass(frozen=True, slots=True)
class CustomersReport:
    received: int
    created: int
    changed: int
    consents: int
    problems: list[RowProblem] = field(default_factory=list)


def _row(body: CustomerBody) -> CustomerRow:
    return CustomerRow(
        external_id=body.external_id, email=body.email, phone=body.phone,
        first_name=body.first_name, last_name=body.last_name, middle_name=body.middle_name,
        city=body.city, timezone=body.timezone, language=body.language,
        attributes=body.attributes,
    )  # fmt: skip


def _address(vault: Vault, body: CustomerBody, consent: ConsentBody) -> bytes:
    """The address a permission is for; empty when the customer was sent without it."""
    try:
        if consent.channel == "EMAIL" and body.email:
            return vault.email_hmac(normalise_email(body.email))
        if consent.channel == "SMS" and body.phone:
            return vault.phone_hmac(normalise_phone(body.phone))
    except InvalidInput:
        return b""
    return b""


def _consent_rows(
    vault: Vault, prover: Prover, customer_id: int, body: CustomerBody
) -> tuple[list[ConsentRow], int]:
    """Rows to record, and how many permissions came without their address."""
    rows, homeless = [], 0
    for consent in body.consents:
        address = _address(vault, body, consent)
        if consent.document == AD_PERMISSION and not address:
            homeless += 1
            continue
        rows.append(
            ConsentRow(
                customer_id=customer_id, document=consent.document, given_at=consent.given_at,
                purpose=consent.purpose, channel=consent.channel, address_hmac=address,
                withdrawn_at=consent.withdrawn_at, source=prover.source,
                method=prover.method(
                    consent.document, consent.channel, consent.given_at, consent.method
                ),
                details={**consent.evidence},
                proof=prover.proof(
                    consent.document, consent.given_at, customer_id=customer_id,
                    text=consent.text, purpose=consent.purpose, evidence=consent.evidence,
                ),
            )
        )  # fmt: skip
    return rows, homeless


def _fields_of(body: CustomersBody) -> set[str]:
    """Names of what the request brings, for the processing log."""
    return {
        name
        for customer in body.customers
        for name in customer.__struct_fields__
        if getattr(customer, name)
    }


def take_customers(body: CustomersBody) -> CustomersReport:
    """Adds or changes customers; a bad row is reported by its index and the others are taken."""
    vault, prover = Vault(current_tenant()), Prover(body.source)
    with transaction.atomic():
        report = upsert_customers(rows=[_row(one) for one in body.customers], source=body.source)
        consents: list[ConsentRow] = []
        problems = list(report.problems)
        for index, customer_id in enumerate(report.customer_ids):
            if customer_id is None:
                continue
            rows, homeless = _consent_rows(vault, prover, customer_id, body.customers[index])
            consents += rows
            if homeless:
                problems.append(
                    RowProblem(index, "permission_without_address",
                               "A permission needs the address it is for.")
                )  # fmt: skip
        taken = record_consents(rows=consents)
    watch.describe(
        Action.UPDATE, subject_ids=[pk for pk in report.customer_ids if pk is not None],
        categories=_fields_of(body), reason=body.source,
    )  # fmt: skip
    return CustomersReport(
        len(body.customers), report.created, report.changed, taken.added + taken.withdrawn,
        problems,
    )  # fmt: skip
