"""Given a customer with an undelivered paid order withdraws PD consent,
When processed,
Then promotion ends at once, the rest is to be destroyed within 30 calendar days, what the delivery
needs stays under CONTRACT, and the answer names that basis.
"""

from datetime import timedelta
from typing import Any

from analytics.events.models import Order
from cvm_platform.common import clock
from tenants.customers.models import Customer
from tenants.erasure.models import ErasureJob
from tenants.privacy.models import AdPermission, ConsentRecord, StopEvent
from tenants.requests import documents, services
from tenants.requests.contracts import Type
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import make_people
from tests.factories.requests import OFFICER, make_request, moscow


def test_withdrawal_with_another_basis(
    acme: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    buyer, other = make_people(1, 2)
    now = moscow("2026-10-30T12:00")
    with clock.at(now):
        Order.objects.create(
            external_id="A-1", customer_id=buyer, ts=now - timedelta(days=1), revenue=150_000
        )
        request = make_request(Type.WITHDRAW_21_5, buyer)
        assert request.due_at == moscow("2026-11-29T23:59:59")
        assert request.effective_at == now
        active = ConsentRecord.objects.filter(status="ACTIVE")
        assert list(active.values_list("customer_id", flat=True)) == [other]
        assert not AdPermission.objects.filter(customer_id=buyer, status="ACTIVE").exists()
        assert f"{StopEvent.objects.get(request_id=request.pk).destroy_by}" == "2026-11-29"
        [basis] = request.remaining
        assert basis["basis"] == "order"  # the contract of sale, article 6(1)(5)
        assert "6" in basis["why"]
        with django_capture_on_commit_callbacks(execute=True):
            services.begin_destruction(
                public_id=request.public_id, reason="Отзыв согласия", actor=OFFICER
            )
            services.ask_file(request=request, kind="answer", actor=OFFICER)
    request.refresh_from_db()
    job = ErasureJob.objects.get(request_id=request.pk)
    assert job.status == ErasureJob.Status.PARTIAL
    assert Customer.objects.get(pk=buyer).status != Customer.Status.ERASED
    assert Order.objects.get().customer_id == buyer
    assert basis["why"] in documents.remaining_rows(request)[0]
