"""Consents and stops: a stop is stronger than any older consent."""

from datetime import UTC, datetime, timedelta

from django_tenants.utils import tenant_context

from tenants.privacy.contracts import ConsentReport, ConsentRow
from tenants.privacy.models import AdPermission, ConsentRecord, StopEvent, Suppression
from tenants.privacy.services import record_consents, stop_channel
from tenants.tenancy.models import Tenant

GIVEN = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = GIVEN + timedelta(days=30)
HMAC = b"h" * 32
CONSENT = ConsentRow(7, "PD_CONSENT", GIVEN, purpose="PROMO_DIRECT", method="AUTH_SESSION")
PERMISSION = ConsentRow(
    7, "AD_PERMISSION", GIVEN, channel="EMAIL", address_hmac=HMAC, method="DOI_EMAIL",
    evidence={"row": 2},
)  # fmt: skip


def _withdrawn(row: ConsentRow, at: datetime, given: datetime = GIVEN) -> ConsentRow:
    from dataclasses import replace

    return replace(row, given_at=given, withdrawn_at=at)


def test_both_documents_are_written_once(acme: Tenant) -> None:
    report = record_consents(rows=[CONSENT, PERMISSION])
    assert report == ConsentReport(added=2, withdrawn=0, kept=0)
    consent = ConsentRecord.objects.get()
    assert (consent.status, consent.given_at, consent.evidence) == (
        "ACTIVE", GIVEN, {"method": "AUTH_SESSION"},
    )  # fmt: skip
    permission = AdPermission.objects.get()
    assert (permission.identity_proof, permission.verified_at) == ("DOI_EMAIL", GIVEN)
    assert permission.evidence == {"row": 2, "method": "DOI_EMAIL"}
    again = record_consents(rows=[CONSENT, PERMISSION, PERMISSION])
    assert again == ConsentReport(added=0, withdrawn=0, kept=3)
    assert ConsentRecord.objects.count() == AdPermission.objects.count() == 1


def test_an_unknown_proof_is_kept_but_never_sendable(acme: Tenant) -> None:
    row = ConsentRow(7, "AD_PERMISSION", GIVEN, channel="EMAIL", address_hmac=HMAC, method="CSV")
    record_consents(rows=[row])
    permission = AdPermission.objects.get()
    assert (permission.identity_proof, permission.verified_at) == ("NONE", None)


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
        method="DOI_EMAIL",
    )  # fmt: skip
    assert record_consents(rows=[fresh]).added == 1
    assert Suppression.objects.count() == 1  # lifted only by its own act, never by a file


def test_a_consent_given_after_a_withdrawal_stands(acme: Tenant) -> None:
    record_consents(rows=[_withdrawn(CONSENT, LATER)])
    fresh = ConsentRow(7, "PD_CONSENT", LATER + timedelta(days=1), purpose="PROMO_DIRECT")
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
    from dataclasses import replace

    record_consents(rows=[PERMISSION, replace(PERMISSION, customer_id=8)])
    stop_channel(customer_id=8, channel="EMAIL", address_hmac=HMAC, source="LINK")
    assert set(AdPermission.objects.values_list("status", flat=True)) == {"REVOKED"}
