"""Given a written demand under art. 15(2),
When staff register it,
Then all advertising channels, scoring and segments exclude the person at once, recipients outside
are to be told within a working day, and service messages about an open order still go.
"""

import pytest

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict
from tenants.customers.models import Customer
from tenants.privacy.models import AdPermission, ConsentRecord, StopEvent
from tenants.requests import registry, services
from tenants.requests.contracts import Type
from tenants.requests.models import RecipientNotice
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import make_people
from tests.factories.requests import OFFICER, make_request, moscow


def test_promotion_stop(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, other = make_people(1, 2)
    monkeypatch.setattr(registry, "_recipients", {})
    registry.add_recipients("partner", lambda _customer: [("ads", "Рекламный кабинет")])
    with clock.at(moscow("2026-10-30T12:00")):
        request = make_request(Type.STOP_PROMO_15_2, wanted)
        stopped = StopEvent.objects.get(request_id=request.pk)
        assert stopped.effective_at == request.effective_at == clock.now()
    live = AdPermission.objects.filter(status="ACTIVE").values_list("customer_id", flat=True)
    consents = ConsentRecord.objects.filter(status="ACTIVE").values_list("customer_id", flat=True)
    assert (set(live), set(consents)) == ({other}, {other})
    # data of the contract are untouched: letters about an order still reach him
    assert Customer.objects.get(pk=wanted).status == Customer.Status.ACTIVE
    notice = RecipientNotice.objects.get()
    assert notice.due_at == moscow("2026-11-02T23:59:59")
    done = {"decision": "SATISFIED", "text": "Реклама прекращена", "form": "PAPER"}
    with pytest.raises(Conflict) as early:
        services.answer(public_id=request.public_id, actor=OFFICER, **done)
    assert early.value.code == "recipients"
    services.mark_notified(notice_id=notice.pk, proof="письмо 12", actor=OFFICER)
    answered = services.answer(public_id=request.public_id, actor=OFFICER, **done)
    assert answered.status == "ANSWERED"
