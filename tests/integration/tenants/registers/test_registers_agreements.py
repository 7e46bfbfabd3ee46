"""What an assignment must contain, when it runs, and what follows when it does not."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, Forbidden, InvalidInput
from tenants.accounts.contracts import Role
from tenants.approvals.models import Approval, Task
from tenants.approvals.services import decide
from tenants.audit.services import SYSTEM, Actor
from tenants.registers import registry, selectors, services
from tenants.registers.contracts import CLAUSES
from tenants.registers.models import ProcessorAgreement, Purpose
from tenants.registers.services.assignment import OFFBOARDING, watch_dates
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of, make_user

OFFICER = Actor("user:900", Role.CLIENT_DPO, None, 900)
AGENCY_DPO = Actor("user:901", Role.AGENCY_DPO, None, 901)
MOMENT = datetime(2026, 11, 25, 12, tzinfo=UTC)


def complete(**changed: Any) -> dict[str, Any]:
    return {
        "number": "ПД-2", "signed_at": date(2026, 11, 1), "valid_from": date(2026, 11, 20),
        "processor_name": "ООО «Агентство»", "processor_address": "Москва",
        "purposes": ["PROMO_DIRECT"], "pd_categories": ["EMAIL"],
        "subject_categories": ["CUSTOMERS"], "actions": ["USE"],
        **dict.fromkeys(CLAUSES, True), **changed,
    }  # fmt: skip


@pytest.fixture
def current(acme: Tenant) -> ProcessorAgreement:
    row = selectors.active_agreement(clock.now())
    assert row is not None
    return row


def test_the_seed_has_the_nine_purposes_and_the_database_guards_promotion(acme: Tenant) -> None:
    codes = {row.code for row in selectors.purposes()}
    assert codes == {
        "ORDER_FULFILMENT", "LOYALTY_ACCOUNT", "SERVICE_NOTICE", "PROMO_DIRECT",
        "PROMO_PROFILING", "WEB_ANALYTICS", "AUDIENCE_TRANSFER", "PROOF_AND_CLAIMS",
        "STATS_NON_PROMO",
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Purpose.objects.filter(code="PROMO_DIRECT").update(legal_basis="RESEARCH_DEIDENTIFIED")
    with pytest.raises(InvalidInput) as refused:
        services.save_purpose(actor=OFFICER, code="PROMO_DIRECT", legal_basis="LEGITIMATE")
    assert set(refused.value.fields) == {"legal_basis"}
    with pytest.raises(Forbidden):
        services.save_purpose(actor=AGENCY_DPO, code="PROMO_DIRECT", title="x")


@pytest.mark.parametrize("clause", list(CLAUSES))
def test_each_of_the_seven_clauses_is_needed(acme: Tenant, clause: str) -> None:
    row = services.save_agreement(actor=AGENCY_DPO, **complete(**{clause: False}))
    with pytest.raises(InvalidInput) as refused:
        services.activate_agreement(actor=OFFICER, public_id=row.public_id)
    assert set(refused.value.fields) == {clause}
    with pytest.raises(InvalidInput):
        services.ask_activation(actor=AGENCY_DPO, public_id=row.public_id)


@pytest.mark.parametrize(
    "name", ["purposes", "pd_categories", "actions", "subject_categories", "processor_address"]
)
def test_what_is_not_chosen_is_not_assigned(acme: Tenant, name: str) -> None:
    row = services.save_agreement(actor=AGENCY_DPO, **complete(**{name: type(complete()[name])()}))
    with pytest.raises(InvalidInput) as refused:
        services.activate_agreement(actor=OFFICER, public_id=row.public_id)
    assert set(refused.value.fields) == {name}


def test_numbers_have_bounds(acme: Tenant) -> None:
    for wrong in ({"leak_notice_hours": 13}, {"on_end_days": 31}, {"valid_to": date(2026, 1, 1)},
                  {"purposes": ["NONSENSE"]}):  # fmt: skip
        with pytest.raises(InvalidInput):
            services.save_agreement(actor=AGENCY_DPO, **complete(**wrong))


def test_the_agency_drafts_and_the_officer_decides(acme: Tenant) -> None:
    officer = make_user(acme, Role.CLIENT_DPO)
    row = services.save_agreement(actor=AGENCY_DPO, **complete())
    with pytest.raises(Forbidden):
        services.activate_agreement(actor=AGENCY_DPO, public_id=row.public_id)
    asked = services.ask_activation(actor=AGENCY_DPO, public_id=row.public_id)
    with pytest.raises(Forbidden):
        decide(public_id=asked.public_id, actor=AGENCY_DPO, approve=True, seen=asked.content_hash)
    decide(
        public_id=asked.public_id, approve=True, seen=asked.content_hash,
        actor=Actor(f"user:{officer.pk}", Role.CLIENT_DPO, None, officer.pk),
    )  # fmt: skip
    row.refresh_from_db()
    assert row.status == ProcessorAgreement.Status.ACTIVE
    assert Approval.objects.get(pk=asked.pk).status == Approval.Status.APPROVED
    now = selectors.active_agreement(clock.now())
    assert now is not None
    assert now.pk == row.pk
    # one paper at a time: the older one has ended, and nothing has to be returned for it
    assert ProcessorAgreement.objects.filter(status="ended").count() == 1
    assert not Task.objects.filter(kind=OFFBOARDING, status="open").exists()


def test_what_is_in_force_is_not_edited(current: ProcessorAgreement) -> None:
    with pytest.raises(Conflict):
        services.save_agreement(actor=OFFICER, public_id=current.public_id, number="x")


def test_dates_are_days_of_the_operator(acme: Tenant) -> None:
    row = services.save_agreement(
        actor=OFFICER, **complete(valid_from=date(2026, 11, 26), valid_to=date(2026, 11, 27))
    )
    services.activate_agreement(actor=OFFICER, public_id=row.public_id)
    for moment, runs in (
        (datetime(2026, 11, 25, 20, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 25, 21, tzinfo=UTC), True),
        (datetime(2026, 11, 27, 20, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 27, 21, tzinfo=UTC), False),
    ):
        assert (selectors.active_agreement(moment) is not None) is runs
        assert acme_now(acme).is_assigned(moment) is runs


def acme_now(acme: Tenant) -> Tenant:
    return Tenant.objects.get(pk=acme.pk)


def test_standing_is_what_the_paper_says(acme: Tenant) -> None:
    row = services.save_agreement(actor=OFFICER, **complete())
    services.activate_agreement(actor=OFFICER, public_id=row.public_id)
    now = selectors.standing(clock.now())
    assert (now.agreement, now.rkn) == (True, True)
    assert now.purposes == {"PROMO_DIRECT"}
    assert now.pd_categories == {"EMAIL"}
    assert now.actions == {"USE"}
    assert "PROMO_DIRECT" in now.notified
    services.suspend_agreement(actor=OFFICER, public_id=row.public_id, reason="проверка")
    assert selectors.standing(clock.now()) == type(now)(False, True, notified=now.notified)
    assert acme_now(acme).status == Tenant.Status.SUSPENDED
    services.resume_agreement(actor=OFFICER, public_id=row.public_id)
    assert selectors.standing(clock.now()) == now
    assert acme_now(acme).status == Tenant.Status.ACTIVE


def test_the_end_closes_at_once_and_opens_work(acme: Tenant, current: ProcessorAgreement) -> None:
    with clock.at(MOMENT):
        services.end_agreement(actor=OFFICER, public_id=current.public_id, reason="договор окончен")
        with pytest.raises(Forbidden) as refused:
            selectors.demand_running()
    assert refused.value.code == "B_AGREEMENT"
    task = Task.objects.get(kind=OFFBOARDING, key=str(current.public_id))
    assert task.due_at == datetime(2026, 12, 25, 20, 59, 59, tzinfo=UTC)
    assert acme_now(acme).status == Tenant.Status.OFFBOARDING
    assert Task.objects.filter(kind=OFFBOARDING).count() == 1
    watch_dates()
    assert Task.objects.filter(kind=OFFBOARDING).count() == 1


def test_two_tenants_do_not_share_papers(acme: Tenant, beta: Tenant) -> None:
    from django_tenants.utils import tenant_context

    own = selectors.active_agreement(clock.now())
    assert own is not None
    services.end_agreement(actor=OFFICER, public_id=own.public_id, reason="окончен")
    with tenant_context(beta):
        assert selectors.standing(clock.now()).agreement


def test_sub_processors_wait_for_the_operator_and_stay_in_russia(
    current: ProcessorAgreement,
) -> None:
    heard: list[list[str]] = []
    registry.on_processors_changed("test", lambda parties: heard.append([p.name for p in parties]))
    try:
        with pytest.raises(Forbidden) as refused:
            services.add_sub_processor(
                actor=AGENCY_DPO, agreement_id=current.public_id, name="Cloud", address="Berlin",
                country="DE",
            )  # fmt: skip
        assert refused.value.code == "B_CROSS_BORDER"
        row = services.add_sub_processor(
            actor=AGENCY_DPO, agreement_id=current.public_id, name="ООО «Хостинг»", address="Москва"
        )
        assert "ООО «Хостинг»" not in selectors.processor_names(clock.now())
        with pytest.raises(Forbidden):
            services.approve_sub_processor(actor=AGENCY_DPO, public_id=row.public_id)
        services.approve_sub_processor(actor=OFFICER, public_id=row.public_id)
        assert "ООО «Хостинг»" in selectors.processor_names(clock.now())
        assert heard == [selectors.processor_names(clock.now())]
        services.remove_sub_processor(actor=OFFICER, public_id=row.public_id)
        assert "ООО «Хостинг»" not in selectors.processor_names(clock.now())
    finally:
        registry._processors.pop("test")


def test_the_agency_is_shut_out_and_the_client_is_not(
    acme: Tenant, current: ProcessorAgreement
) -> None:
    agency = client_of(acme, Role.AGENCY_MARKETER)
    owner = client_of(acme, Role.AGENCY_OWNER)
    officer = client_of(acme, Role.CLIENT_DPO)
    marketer = client_of(acme, Role.CLIENT_MARKETER)
    assert agency.get("/segments/").status_code == 200
    services.end_agreement(actor=OFFICER, public_id=current.public_id, reason="окончен")
    assert agency.get("/segments/").status_code == 403
    assert owner.get("/team/").status_code == 403
    assert marketer.get("/segments/").status_code == 200
    assert officer.get("/segments/").status_code == 200


def test_an_assignment_that_has_not_started_lets_nobody_in(acme: Tenant) -> None:
    row = services.save_agreement(
        actor=OFFICER, **complete(valid_from=clock.now().date() + timedelta(days=5))
    )
    services.activate_agreement(actor=SYSTEM, public_id=row.public_id)
    assert client_of(acme, Role.AGENCY_MARKETER).get("/segments/").status_code == 403


def test_a_company_opens_only_when_nothing_is_missing(acme: Tenant) -> None:
    Tenant.objects.filter(pk=acme.pk).update(status=Tenant.Status.ONBOARDING)
    with pytest.raises(Conflict) as refused:
        services.open_company(actor=OFFICER)
    assert refused.value.code == "incomplete"
    assert not selectors.is_open()
    make_user(acme, Role.CLIENT_DPO)
    services.save_operator(actor=OFFICER, phone="+7 900 000-00-09")  # the last look opens it
    assert selectors.is_open()
