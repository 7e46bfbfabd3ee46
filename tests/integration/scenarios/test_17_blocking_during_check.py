"""Given a claim of unlawful processing,
When registered,
Then the profile is BLOCKED at once, no segment, scoring or send touches it, and unblocking needs a
DPO decision; if unlawful: stop in 3 working days, destroy in 10.
"""

import pytest

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict
from tenants.accounts.contracts import Role
from tenants.approvals.models import Approval
from tenants.approvals.services import decide
from tenants.audit.services import Actor
from tenants.customers.models import Customer
from tenants.erasure.contracts import Ground
from tenants.erasure.models import ErasureJob
from tenants.requests import services
from tenants.requests.contracts import Finding, Type
from tenants.tenancy.models import Tenant
from tests.factories.campaigns import make_people
from tests.factories.requests import OFFICER, make_request, moscow

SUPPORT = Actor("user:2", Role.CLIENT_SUPPORT, None, 2)


def status_of(customer: int) -> str:
    return Customer.objects.get(pk=customer).status


def test_blocking_during_check(acme: Tenant) -> None:
    lawful, unlawful = make_people(1, 2)
    with clock.at(moscow("2026-10-30T12:00")):
        first = make_request(Type.BLOCK_21_1, lawful, actor=SUPPORT)
        second = make_request(Type.BLOCK_21_1, unlawful, actor=SUPPORT)
        assert [status_of(each) for each in (lawful, unlawful)] == ["blocked", "blocked"]
        assert first.effective_at == first.received_at
        with pytest.raises(Conflict):
            services.answer(
                public_id=first.public_id, decision="SATISFIED", text="Всё хорошо", form="PAPER",
                actor=OFFICER,
            )  # fmt: skip
        question = Approval.objects.get(kind="requests.unblock", target_id=str(first.pk))
        decide(
            public_id=question.public_id, actor=OFFICER, approve=True, seen=question.content_hash
        )
        assert (status_of(lawful), status_of(unlawful)) == ("active", "blocked")
        found = services.find(
            public_id=second.public_id, finding=Finding.UNLAWFUL, reason="Согласия нет",
            actor=OFFICER,
        )  # fmt: skip
    assert found.stop_due_at == moscow("2026-11-05T23:59:59")
    assert found.destroy_due_at == moscow("2026-11-16T23:59:59")
    job = ErasureJob.objects.get(request_id=second.pk)
    assert (job.ground, str(job.public_id)) == (
        Ground.UNLAWFUL,
        found.erasure_id,
    )
    assert status_of(unlawful) == Customer.Status.ERASURE_PENDING
