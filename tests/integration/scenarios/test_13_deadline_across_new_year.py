"""Given a STOP_21_5_1 demand received Fri 25.12.2026,
Then it is due 19.01.2027 23:59:59;
When a reasoned extension notice is sent on 18.01.2027, Then it is due 26.01.2027;
When that is attempted on 20.01.2027, Then the system refuses.
"""

import pytest

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict
from tenants.requests import services
from tenants.requests.contracts import Type
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import make_people
from tests.factories.requests import OFFICER, make_request, moscow


def test_deadline_across_new_year(acme: Tenant) -> None:
    people = make_people(1, 2)
    with clock.at(moscow("2026-12-25T12:00")):
        first, second = (make_request(Type.STOP_21_5_1, each) for each in people)
    assert first.due_at == second.due_at == moscow("2027-01-19T23:59:59")
    with clock.at(moscow("2027-01-18T15:00")):
        longer = services.extend(
            public_id=first.public_id, days=5, reason="Ждём ответа архива", actor=OFFICER
        )
    assert longer.due_at == moscow("2027-01-26T23:59:59")
    with clock.at(moscow("2027-01-18T16:00")), pytest.raises(Conflict) as again:
        services.extend(public_id=first.public_id, days=5, reason="Ещё", actor=OFFICER)
    assert again.value.code == "extended"
    with clock.at(moscow("2027-01-20T09:00")), pytest.raises(Conflict) as late:
        services.extend(public_id=second.public_id, days=5, reason="Не успели", actor=OFFICER)
    assert late.value.code == "too_late"
    second.refresh_from_db()
    assert second.due_at == moscow("2027-01-19T23:59:59")
