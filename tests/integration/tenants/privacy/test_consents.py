"""Consents and stops: a stop is stronger than any older consent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django_tenants.utils import tenant_context

from tenants.audit.services import seal_all
from tenants.audit.verifying import verify_chains
from tenants.privacy.contracts import ConsentReport, ConsentRow, Proof
from tenants.privacy.models import (
    AdPermission,
    ConsentEvent,
    ConsentRecord,
    StopEvent,
    Suppression,
)
from tenants.privacy.services import record_consents, stop_channel
from tenants.tenancy.models import Tenant

GIVEN = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = GIVEN + timedelta(days=30)
HMAC = b"h" * 32
PROOF = Proof(evidence_id=1, text_id=2, brands=("Acme",))
CONSENT = ConsentRow(
    7, "PD_CONSENT", GIVEN, purpose="PROMO_DIRECT", method="AUTH_SESSION", proof=PROOF
)
PERMISSION = ConsentRow(
    7, "AD_PERMISSION", GIVEN, channel="EMAIL", address_hmac=HMAC, method="DOI_EMAIL",
    details={"row": 2}, proof=PROOF,
)  # fmt: skip


def _withdrawn(row: ConsentRow, at: datetime, given: datetime = GIVEN) -> ConsentRow:
    return replace(row, given_at=given, withdrawn_at=at)


def test_both_documents_are_written_once(acme: Tenant) -> None:
    report = record_consents(rows=[CONSENT, PERMISSION])
    assert report == ConsentReport(added=2, withdrawn=0, kept=0)
    consent = ConsentRecord.objects.get()
    assert (consent.status, consent.given_at, consent.details, consent.evidence_id) == (
        "ACTIVE", GIVEN, {"method": "AUTH_SESSION", "source": "import"}, 1,
    )  # fmt: skip
    permission = AdPermission.objects.get()
    assert (permission.identity_proof, permission.verified_at) == ("DOI_EMAIL", GIVEN)
    assert permission.details == {"row": 2, "method": "DOI_EMAIL", "source": "import"}
    assert (permission.brands, permission.text_id, permission.doubt) == (["Acme"], 2, "")
    again = record_consents(rows=[CONSENT, PERMISSION, PERMISSION])
    assert again == ConsentReport(added=0, withdrawn=0, kept=3)
    assert ConsentRecord.objects.count() == AdPermission.objects.count() == 1


def test_an_unknown_proof_is_kept_but_never_sendable(acme: Tenant) -> None:
    report = record_consents(rows=[replace(PERMISSION, method="CSV")])
    assert report == ConsentReport(added=1, withdrawn=0, kept=0, unproved=1)
    permission = AdPermission.objects.get()
    assert (permission.identity_proof, permission.verified_at) == ("NONE", None)
    assert (permission.status, permission.doubt) == ("PENDING", "unverified")


def test_a_letter_proves_no_telephone(acme: Tenant) -> None:
    record_consents(rows=[replace(PERMISSION, channel="SMS")])  # confirmed by a link in a letter
    assert AdPermission.objects.get().status == "PENDING"


def test_what_nobody_stands_behind_is_kept_and_permits_nothing(acme: Tenant) -> None:
    rows = [replace(CONSENT, proof=None), replace(PERMISSION, proof=None)]
    assert record_consents(rows=rows).unproved == 2
    consent, permission = ConsentRecord.objects.get(), AdPermission.objects.get()
    assert {consent.status, permission.status} == {"INVALIDATED"}
    assert {consent.doubt, permission.doubt} == {"no_evidence"}
    assert record_consents(rows=rows) == ConsentReport(added=0, withdrawn=0, kept=2)
    assert record_consents(rows=[CONSENT, PERMISSION]).added == 2  # proved at last
    assert ConsentRecord.objects.get(status="ACTIVE").evidence_id == 1


def test_every_change_stands_in_the_chain(acme: Tenant) -> None:
    record_consents(rows=[CONSENT, PERMISSION])
    record_consents(rows=[_withdrawn(CONSENT, LATER), _withdrawn(PERMISSION, LATER)])
    kinds = ConsentEvent.objects.order_by("id").values_list("document", "kind")
    assert list(kinds) == [
        ("PD_CONSENT", "GIVEN"), ("AD_PERMISSION", "GIVEN"),
        ("PD_CONSENT", "WITHDRAWN"), ("AD_PERMISSION", "WITHDRAWN"),
    ]  # fmt: skip
    seal_all()
    assert verify_chains() == []
    ConsentEvent.objects.filter(kind="WITHDRAWN", document="PD_CONSENT").update(kind="GIVEN")
    StopEvent.objects.update(source="LINK")
    assert {finding.stream for finding in verify_chains()} == {"consents", "stops"}


def test_a_withdrawal_ends_the_permission_and_stops_the_address(acme: Tenant) -> None:
    record_consents(rows=[CONSENT, PERMISSION])
    rows = [_withdrawn(CONSENT, LATER), _withdrawn(PERMISSION, LATER)]
    assert record_consents(rows=rows) == ConsentReport(added=0, withdrawn=2, kept=0)
    assert ConsentRecord.objects.get().status == "WITHDRAWN"
    permission = AdPermission.objects.get()
    assert (permission.status, permission.revoked_at) == ("REVOKED", LATER)
    stop = Suppression.objects.get()
    assert (bytes(stop.address_hmac), stop.reason, stop.since) == (HMAC, "unsubscribe", LATER)
    assert StopEvent.objects.count() == 1
    assert record_consents(rows=rows) == ConsentReport(added=0, withdrawn=0, kept=2)
    assert StopEvent.objects.count() == 1


def test_given_and_withdrawn_in_one_file_ends_withdrawn(acme: Tenant) -> None:
    report = record_consents(rows=[_withdrawn(PERMISSION, LATER), PERMISSION])
    assert report.withdrawn == 1
    assert AdPermission.objects.get().status == "REVOKED"
    assert Suppression.objects.count() == 1


def test_an_older_consent_does_not_undo_a_stop_and_a_newer_one_does_not_lift_it(
    acme: Tenant,
) -> None:
    stop_channel(customer_id=7, channel="EMAIL", address_hmac=HMAC, source="ONE_CLICK")
    assert record_consents(rows=[PERMISSION]).kept == 1
    assert AdPermission.objects.count() == 0
    fresh = ConsentRow(
        7, "AD_PERMISSION", datetime(2100, 1, 1, tzinfo=UTC), channel="EMAIL", address_hmac=HMAC,
        method="DOI_EMAIL", proof=PROOF,
    )  # fmt: skip
    assert record_consents(rows=[fresh]).added == 1
    assert Suppression.objects.count() == 1  # lifted only by its own act, never by a file


def test_a_consent_given_after_a_withdrawal_stands(acme: Tenant) -> None:
    record_consents(rows=[_withdrawn(CONSENT, LATER)])
    fresh = replace(CONSENT, given_at=LATER + timedelta(days=1))
    assert record_consents(rows=[fresh]).added == 1
    assert record_consents(rows=[_withdrawn(CONSENT, LATER)]).kept == 1
    assert ConsentRecord.objects.filter(status="ACTIVE").count() == 1


def test_saying_stop_twice_is_one_stop(acme: Tenant, beta: Tenant) -> None:
    record_consents(rows=[PERMISSION])
    said = [
        stop_channel(customer_id=7, channel="EMAIL", address_hmac=HMAC, source="ONE_CLICK")
        for _time in range(2)
    ]
    assert said == [True, False]
    permission = AdPermission.objects.get()
    assert (permission.status, permission.revoke_source) == ("REVOKED", "ONE_CLICK")
    event = StopEvent.objects.get()
    assert (event.kind, event.channel, event.source) == (
        "CHANNEL_UNSUBSCRIBE",
        "EMAIL",
        "ONE_CLICK",
    )
    complaint = stop_channel(
        customer_id=7, channel="EMAIL", address_hmac=HMAC, source="FBL", kind="SPAM_COMPLAINT"
    )
    assert complaint is True
    assert set(Suppression.objects.values_list("reason", flat=True)) == {
        "unsubscribe", "complaint",
    }  # fmt: skip
    with tenant_context(beta):
        assert Suppression.objects.count() == 0


def test_one_address_of_two_customers_is_stopped_for_both(acme: Tenant) -> None:
    record_consents(rows=[PERMISSION, replace(PERMISSION, customer_id=8)])
    stop_channel(customer_id=8, channel="EMAIL", address_hmac=HMAC, source="LINK")
    assert set(AdPermission.objects.values_list("status", flat=True)) == {"REVOKED"}
