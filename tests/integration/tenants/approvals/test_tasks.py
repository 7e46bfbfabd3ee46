"""Work with a term: one open task a thing, reminded of at 50, 80 and 100 %, closed once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import translation
from django_tenants.utils import tenant_context

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, Forbidden, NotFound
from tenants.accounts.contracts import Permission, Role
from tenants.approvals import registry, selectors, services
from tenants.approvals.contracts import TaskKind
from tenants.approvals.models import Task
from tenants.approvals.selectors import clock_of
from tenants.audit.services import Actor
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of, make_user

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
DUE = START + timedelta(days=10)
DPO = Actor("user:1", Role.CLIENT_DPO)


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    registry.add_task_kind(
        TaskKind("test.answer", "Answer", Permission.CUSTOMERS_PERSONAL,
                 lambda params: f"Answer request {params['number']}")
    )  # fmt: skip
    registry.add_task_kind(
        TaskKind("test.self", "Itself", Permission.CUSTOMERS_PERSONAL, lambda _params: "Itself",
                 by_hand=False)
    )  # fmt: skip
    yield
    for code in ("test.answer", "test.self"):
        del registry._tasks[code]


def open_answer(number: int = 7, **changed: object) -> Task:
    given = {"since": START, "due_at": DUE, "url": "/requests/7/", **changed}
    return services.open_task(
        kind="test.answer", key=str(number), params={"number": number},
        **given,  # type: ignore[arg-type]  # by name
    )  # fmt: skip


def test_a_thing_has_one_open_task_and_a_new_term_is_reminded_of_anew(acme: Tenant) -> None:
    first = open_answer()
    Task.objects.update(alerted=80)
    again = open_answer(due_at=DUE + timedelta(days=5))
    assert again.pk == first.pk
    task = Task.objects.get()
    assert (task.due_at, task.alerted) == (DUE + timedelta(days=5), 0)
    assert services.close_task(kind="test.answer", key="7")
    assert not services.close_task(kind="test.answer", key="7")
    assert open_answer().pk != first.pk


@pytest.mark.parametrize(
    ("days", "subjects"),
    [
        (4, []),
        (5, ["50 % of the term are over: Answer request 7"]),
        (8, ["80 % of the term are over: Answer request 7"]),
        (10, ["Overdue: Answer request 7"]),
        (30, ["Overdue: Answer request 7"]),
    ],
)
def test_each_mark_is_reminded_of_once(acme: Tenant, days: int, subjects: list[str]) -> None:
    make_user(acme, Role.CLIENT_DPO, language="en")
    make_user(acme, Role.AGENCY_MARKETER)  # not his work
    open_answer()
    with clock.at(START + timedelta(days=days)):
        services.remind()
        services.remind()
    assert [letter.subject for letter in mail.outbox] == subjects
    if subjects:
        assert "http://acme.cvm.localhost/requests/7/" in mail.outbox[0].body


def test_all_marks_over_a_whole_term(acme: Tenant) -> None:
    make_user(acme, Role.CLIENT_DPO)
    open_answer()
    for hour in range(0, 24 * 12, 3):
        with clock.at(START + timedelta(hours=hour)):
            services.remind()
    assert len(mail.outbox) == 3


def test_a_task_with_an_assignee_is_his_alone(acme: Tenant) -> None:
    one, other = make_user(acme, Role.CLIENT_DPO), make_user(acme, Role.CLIENT_DPO)
    task = open_answer(assignee_id=one.pk)
    assert list(selectors.tasks_for(Role.CLIENT_DPO, one.pk)) == [task]
    assert not selectors.tasks_for(Role.CLIENT_DPO, other.pk)
    with clock.at(DUE):
        services.remind()
    assert [letter.to for letter in mail.outbox] == [[one.email]]


def test_closing_by_hand(acme: Tenant) -> None:
    task = open_answer()
    with pytest.raises(Forbidden):
        services.complete_task(
            public_id=task.public_id, actor=Actor("user:2", Role.AGENCY_MARKETER)
        )
    services.complete_task(public_id=task.public_id, actor=DPO, note=" done by post ")
    task.refresh_from_db()
    assert (task.status, task.done_by, task.note) == ("done", "user:1", "done by post")
    with pytest.raises(Conflict):
        services.complete_task(public_id=task.public_id, actor=DPO)
    itself = services.open_task(kind="test.self", key="1")
    with pytest.raises(Forbidden):
        services.complete_task(public_id=itself.public_id, actor=DPO)
    with pytest.raises(NotFound):
        services.complete_task(public_id=uuid4(), actor=DPO)


def test_the_list_the_button_and_the_number_in_the_menu(acme: Tenant, beta: Tenant) -> None:
    task = open_answer(since=clock.now(), due_at=clock.now() + timedelta(hours=3))
    client = client_of(acme, Role.CLIENT_DPO)
    html = client.get("/tasks/").content.decode()
    assert "Answer request 7" in html
    assert 'class="cnt hot"' in html
    stranger = client_of(beta, Role.CLIENT_DPO)
    assert "Answer request 7" not in stranger.get("/tasks/").content.decode()
    stranger.post(f"/tasks/{task.public_id}/done/")
    with tenant_context(acme):
        assert Task.objects.get().status == "open"
    assert client.post(f"/tasks/{task.public_id}/done/").status_code == 302
    with tenant_context(acme):
        assert Task.objects.get().status == "done"
    assert "Answer request 7" in client.get("/tasks/?tab=done").content.decode()
    with tenant_context(beta):
        assert not Task.objects.exists()


def test_a_clock_in_words() -> None:
    with translation.override("en"):
        late = clock_of(START, DUE, DUE + timedelta(days=2, hours=1))
        soon = clock_of(START, DUE, DUE - timedelta(hours=18, minutes=22))
        far = clock_of(START, DUE, START + timedelta(days=1))
        assert (late.words, late.state, late.share) == ("Overdue by 2 days", "neg", 1.0)
        assert (soon.words, soon.state) == ("18 h 22 min left", "warn")
        assert (far.words, far.state) == ("9 days left", "")
