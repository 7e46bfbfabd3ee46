"""Given no calendar for 2028,
When a request's deadline falls in January 2028,
Then the system raises an error task for the DPO and shows the conservative Monday-to-Friday date
minus 2 working days marked "provisional"; once the year is loaded the date becomes final.
"""

import json

from cvm_platform.common import clock
from tenants.accounts.contracts import Role
from tenants.approvals.models import Task
from tenants.requests import services
from tenants.requests.contracts import Type
from tenants.requests.services.clocks import PROVISIONAL
from tenants.tenancy.models import Tenant
from tenants.workdays.services import load_year
from tests.factories.accounts import client_of
from tests.factories.campaigns import make_people
from tests.factories.requests import make_request, moscow

YEAR_2028 = {
    "year": 2028, "source": "test", "short": [], "working": [], "working_days": 253,
    "days_off": ["01-03", "01-04", "01-05", "01-06", "01-07", "02-23", "03-08"],
}  # fmt: skip


def test_missing_calendar(acme: Tenant) -> None:
    [customer] = make_people(1, 1)
    with clock.at(moscow("2027-12-28T10:00")):
        request = make_request(Type.ACCESS_14, customer)
    # ten Monday-to-Friday days end on 12 January 2028; two of them are taken off
    assert request.due_at == moscow("2028-01-10T23:59:59")
    assert request.is_provisional
    task = Task.objects.get(kind=PROVISIONAL)
    assert task.status == Task.Status.OPEN
    html = client_of(acme, Role.CLIENT_DPO).get(f"/privacy/requests/{request.public_id}/")
    assert "Срок предварительный" in html.content.decode()
    load_year(json.dumps(YEAR_2028))
    with clock.at(moscow("2027-12-29T10:00")):
        assert services.recount_terms() == 1
        assert services.recount_terms() == 0
    request.refresh_from_db()
    assert not request.is_provisional
    assert request.due_at == moscow("2028-01-19T23:59:59")
    task.refresh_from_db()
    assert task.status == Task.Status.DONE
