"""Given proof of a wrong surname received Fri 30.10.2026,
Then it is due 11.11.2026;
When corrected, Then recipients of the data are notified and the subject is informed.
"""

import json

import pytest

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict
from tenants.customers.models import PersonalName
from tenants.customers.sealing import Vault
from tenants.requests import registry, services
from tenants.requests.contracts import Type
from tenants.requests.models import RecipientNotice, RequestFile
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import make_people
from tests.factories.requests import OFFICER, make_request, moscow


def test_rectification(
    acme: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: object,
) -> None:
    [customer] = make_people(1, 1)
    monkeypatch.setattr(registry, "_recipients", {})
    registry.add_recipients("partner", lambda _customer: [("delivery", "Служба доставки")])
    with clock.at(moscow("2026-10-30T12:00")):
        request = make_request(Type.RECTIFY_20_3, customer)
        assert request.due_at == moscow("2026-11-11T23:59:59")
        done = {"decision": "SATISFIED", "text": "Исправили", "form": "PAPER"}
        with pytest.raises(Conflict):
            services.answer(public_id=request.public_id, actor=OFFICER, **done)
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            services.rectify(
                public_id=request.public_id, values={"last": "Верная"}, proof="паспорт, показан",
                actor=OFFICER,
            )  # fmt: skip
    row = PersonalName.objects.get(customer_id=customer)
    opened = Vault(acme).open_many([(1, customer, bytes(row.sealed))])
    assert json.loads(opened[1])["last"] == "Верная"
    notice = RecipientNotice.objects.get()
    assert notice.recipient == "Служба доставки"
    services.mark_notified(notice_id=notice.pk, proof="письмо 14", actor=OFFICER)
    letter = RequestFile.objects.get(kind="rectify")
    with clock.at(moscow("2026-11-02T12:00")):
        _row, content = services.read_file(public_id=letter.public_id, actor=OFFICER)
    assert content.startswith(b"%PDF")
    answered = services.answer(public_id=request.public_id, actor=OFFICER, **done)
    assert answered.status == "ANSWERED"
