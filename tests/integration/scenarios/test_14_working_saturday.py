"""Given an ACCESS_14 request received Mon 08.02.2027,
Then it is due Sat 20.02.2027 (a working day), not 22.02.2027.
"""

from cvm_platform.common import clock
from tenants.requests.contracts import Type
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import make_people
from tests.factories.requests import make_request, moscow


def test_working_saturday(acme: Tenant) -> None:
    [customer] = make_people(1, 1)
    with clock.at(moscow("2027-02-08T10:00")):
        request = make_request(Type.ACCESS_14, customer)
    assert request.due_at == moscow("2027-02-20T23:59:59")
    assert request.internal_due_at == moscow("2027-02-17T23:59:59")
