"""A decision, the list of work and the log in every look, and a decision made without scripts."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context
from playwright.sync_api import expect

from cvm_platform.common import clock
from tenants.accounts.contracts import Permission, Role
from tenants.accounts.models import User
from tenants.approvals import registry, services
from tenants.approvals.contracts import ApprovalKind, TaskKind
from tenants.approvals.models import Approval
from tenants.audit.contracts import Action, ProcessingRow
from tenants.audit.services import Actor, log_processing
from tests.browser.conftest import Live
from tests.factories.accounts import make_user

LOOKS = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
KIND, WORK = "test.browser", "test.answer"
TEXT = "Согласие на получение рекламных сообщений по электронной почте от ООО «Северный обжиг»"


@pytest.fixture
def asked(live: Live) -> Iterator[Approval]:
    """A question with a comparison and a talk, work that is late and work that is not."""
    registry.add_approval_kind(ApprovalKind(KIND, "Текст согласия", Permission.PRIVACY_OVERSEE))
    registry.add_task_kind(
        TaskKind(WORK, "Запросы покупателей", Permission.PRIVACY_OVERSEE,
                 lambda params: f"Ответить на запрос № {params['number']}")
    )  # fmt: skip
    acme, now = live.tenant("acme"), clock.now()
    marketer = make_user(acme, Role.CLIENT_MARKETER)
    actor = Actor(f"user:{marketer.pk}", Role.CLIENT_MARKETER, "10.0.0.7", marketer.pk)
    with tenant_context(acme):
        approval = services.ask_approval(
            kind=KIND, target=acme, title=TEXT, actor=actor, url="/settings/",
            summary="Изменился обработчик: добавлено агентство.",
            before={"Срок": "3 года", "Обработчик": "нет", "Текст": TEXT * 3},
            after={"Срок": "3 года", "Обработчик": "ООО «Агентство»", "Текст": TEXT * 4},
            deadline=now + timedelta(hours=20),
        )  # fmt: skip
        services.comment(public_id=approval.public_id, actor=actor, text="Посмотрите до пятницы")
        for number, days in ((121, -2), (124, 9)):
            services.open_task(
                kind=WORK, key=str(number), params={"number": number}, url="/log/",
                since=now - timedelta(days=10), due_at=now + timedelta(days=days),
            )  # fmt: skip
        log_processing(
            rows=[ProcessingRow(actor, Action.REVEAL, "page", "analytics:customers-reveal", 7,
                                ["email"], reason="complaint 4411")] * 3
        )  # fmt: skip
    yield approval
    del registry._approvals[KIND], registry._tasks[WORK]


@pytest.fixture
def officer(live: Live) -> User:
    return make_user(live.tenant("acme"), Role.CLIENT_DPO)


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_every_page_in_every_look(
    live: Live, asked: Approval, officer: User, width: int, theme: str
) -> None:
    page = live.page(officer, width=width, theme=theme)
    for name, path in (
        ("tasks", "/tasks/"), ("approval", f"/approvals/{asked.public_id}/"), ("log", "/log/"),
        ("changes", "/log/changes/"), ("tasks-done", "/tasks/?tab=done"),
    ):  # fmt: skip
        page.goto(live.url("acme", path))
        live.check(page)
        live.shoot(page, f"{name}-{width}-{theme}")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_decision_is_made(
    live: Live, asked: Approval, officer: User, *, javascript: bool
) -> None:
    page = live.page(officer, javascript=javascript)
    page.goto(live.url("acme", "/tasks/"))
    page.get_by_role("link", name="Посмотреть и решить").first.click()
    page.get_by_role("button", name="Вернуть с замечанием").click()
    expect(page.get_by_text("Напишите, что нужно изменить.").first).to_be_visible()
    page.get_by_label("Замечание; нужно, чтобы вернуть").fill("Назовите адрес обработчика.")
    page.get_by_role("button", name="Вернуть с замечанием").click()
    page.wait_for_url("**/tasks/")
    with tenant_context(live.tenant("acme")):
        decided = Approval.objects.get(pk=asked.pk)
    assert (decided.status, decided.note) == ("returned", "Назовите адрес обработчика.")
