"""A second person decides, once, about exactly what was asked."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import translation
from django_tenants.utils import tenant_context

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from tenants.accounts.contracts import Permission, Role
from tenants.accounts.models import User
from tenants.accounts.permissions import allowed
from tenants.approvals import registry, selectors, services
from tenants.approvals.contracts import ApprovalKind, changes_between, content_hash
from tenants.approvals.models import Approval, Comment
from tenants.approvals.services.reminding import tell_asked, tell_decided
from tenants.audit.models import AuditEntry
from tenants.audit.services import Actor
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of, make_user

KIND = "test.text"
told: list[tuple[str, bool]] = []


@pytest.fixture(autouse=True)
def _kind() -> Iterator[None]:
    told.clear()
    registry.add_approval_kind(
        ApprovalKind(KIND, "Text", Permission.CUSTOMERS_PERSONAL,
                     lambda target, yes: told.append((target, yes)))
    )  # fmt: skip
    yield
    del registry._approvals[KIND]


def actor_of(user: User, role: Role) -> Actor:
    return Actor(f"user:{user.pk}", role, None, user.pk)


def user_of(actor: Actor) -> User:
    return User.objects.get(pk=actor.user_id or 0)


def ask(tenant: Tenant, actor: Actor, **changed: Any) -> Approval:
    given: dict[str, Any] = {"title": "Text 3", "after": {"Text": "new", "Term": "3 years"}}
    return services.ask_approval(kind=KIND, target=tenant, actor=actor, **{**given, **changed})


@pytest.fixture
def marketer(acme: Tenant) -> Actor:
    return actor_of(make_user(acme, Role.CLIENT_MARKETER), Role.CLIENT_MARKETER)


@pytest.fixture
def dpo(acme: Tenant) -> Actor:
    return actor_of(make_user(acme, Role.CLIENT_DPO), Role.CLIENT_DPO)


def test_yes_is_told_to_the_thing_and_stands_in_the_trail(
    acme: Tenant, marketer: Actor, dpo: Actor
) -> None:
    approval = ask(acme, marketer)
    services.decide(
        public_id=approval.public_id, actor=dpo, approve=True, seen=approval.content_hash
    )
    approval.refresh_from_db()
    assert (approval.status, approval.decided_by) == ("approved", dpo.name)
    assert told == [(str(acme.pk), True)]
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["approval.asked", "approval.approved"]
    assert selectors.is_approved(
        kind=KIND, target_id=str(acme.pk), content_hash=approval.content_hash
    )
    assert not selectors.is_approved(
        kind=KIND, target_id=str(acme.pk), content_hash=content_hash({"Text": "other"})
    )


def refused(error: type[DomainError], code: str, approval: Approval, **given: Any) -> None:
    before = Approval.objects.values().get(pk=approval.pk)
    with pytest.raises(error) as caught:
        services.decide(
            **{"public_id": approval.public_id, "approve": True, "seen": approval.content_hash,
               **given}
        )  # fmt: skip
    assert caught.value.code == code
    assert Approval.objects.values().get(pk=approval.pk) == before
    assert told == []


def test_nobody_decides_what_he_asked_for_himself(acme: Tenant, marketer: Actor) -> None:
    refused(Forbidden, "second_person", ask(acme, marketer), actor=marketer)


def test_a_role_without_the_permission_decides_nothing(acme: Tenant, marketer: Actor) -> None:
    other = actor_of(make_user(acme, Role.AGENCY_MARKETER), Role.AGENCY_MARKETER)
    refused(Forbidden, "not_yours", ask(acme, marketer), actor=other)


def test_what_was_not_seen_is_not_decided(acme: Tenant, marketer: Actor, dpo: Actor) -> None:
    refused(Conflict, "changed", ask(acme, marketer), actor=dpo, seen=content_hash({"x": 1}))


def test_a_no_needs_a_note(acme: Tenant, marketer: Actor, dpo: Actor) -> None:
    approval = ask(acme, marketer)
    refused(InvalidInput, "invalid_input", approval, actor=dpo, approve=False, note="  ")
    services.decide(
        public_id=approval.public_id, actor=dpo, approve=False, seen=approval.content_hash,
        note="Name the processor.",
    )  # fmt: skip
    approval.refresh_from_db()
    assert (approval.status, approval.note) == ("returned", "Name the processor.")
    assert told == [(str(acme.pk), False)]


def test_a_decision_is_made_once(acme: Tenant, marketer: Actor, dpo: Actor) -> None:
    approval = ask(acme, marketer)
    services.decide(
        public_id=approval.public_id, actor=dpo, approve=True, seen=approval.content_hash
    )
    told.clear()
    refused(Conflict, "decided", approval, actor=dpo)


def test_asking_again_replaces_the_question_and_the_same_question_is_one(
    acme: Tenant, marketer: Actor
) -> None:
    first = ask(acme, marketer)
    assert ask(acme, marketer).pk == first.pk
    second = ask(acme, marketer, after={"Text": "newer"})
    first.refresh_from_db()
    assert (first.status, second.status) == ("withdrawn", "pending")
    assert Approval.objects.filter(status="pending").count() == 1


def test_only_who_asked_takes_it_back(acme: Tenant, marketer: Actor, dpo: Actor) -> None:
    approval = ask(acme, marketer)
    with pytest.raises(Forbidden):
        services.withdraw(public_id=approval.public_id, actor=dpo)
    services.withdraw(public_id=approval.public_id, actor=marketer)
    with pytest.raises(Conflict):
        services.withdraw(public_id=approval.public_id, actor=marketer)
    with pytest.raises(NotFound):
        services.withdraw(public_id=uuid4(), actor=marketer)


def test_silence_is_a_no(acme: Tenant, marketer: Actor) -> None:
    with pytest.raises(InvalidInput):
        ask(acme, marketer, deadline=clock.now() - timedelta(minutes=1))
    approval = ask(acme, marketer, deadline=clock.now() + timedelta(hours=1))
    assert services.expire_approvals() == 0
    with clock.at(clock.now() + timedelta(hours=2)):
        assert services.expire_approvals() == 1
        assert services.expire_approvals() == 0
    approval.refresh_from_db()
    assert approval.status == "expired"
    assert told == [(str(acme.pk), False)]


def test_left_to_one_person_it_is_his(acme: Tenant, marketer: Actor, dpo: Actor) -> None:
    support = actor_of(make_user(acme, Role.CLIENT_SUPPORT), Role.CLIENT_SUPPORT)
    approval = ask(acme, marketer)
    services.delegate(public_id=approval.public_id, actor=dpo, user_id=support.user_id)
    assert list(selectors.approvals_for(support.role, support.user_id)) == [approval]
    assert not selectors.approvals_for(dpo.role, dpo.user_id)
    with pytest.raises(InvalidInput):  # he asked for it himself
        services.delegate(public_id=approval.public_id, actor=dpo, user_id=marketer.user_id)
    services.delegate(public_id=approval.public_id, actor=dpo, user_id=None)
    assert list(selectors.approvals_for(dpo.role, dpo.user_id)) == [approval]


def test_who_may_decide_is_asked_by_mail_in_his_language(
    acme: Tenant, marketer: Actor, dpo: Actor
) -> None:
    User.objects.filter(pk=dpo.user_id or 0).update(language="en")
    approval = ask(acme, marketer)
    with translation.override("ru"):
        assert tell_asked(approval_id=approval.pk) == 1
    [letter] = mail.outbox
    assert letter.to == [user_of(dpo).email]
    assert letter.subject == "To decide: Text 3"
    assert f"http://acme.cvm.localhost/approvals/{approval.public_id}/" in letter.body
    services.decide(
        public_id=approval.public_id, actor=dpo, approve=True, seen=approval.content_hash
    )
    assert tell_decided(approval_id=approval.pk) == 1
    assert mail.outbox[-1].to == [user_of(marketer).email]
    assert tell_asked(approval_id=approval.pk) == 0  # decided


def test_one_company_knows_nothing_of_another(acme: Tenant, beta: Tenant, marketer: Actor) -> None:
    approval = ask(acme, marketer)
    stranger = client_of(beta, Role.CLIENT_DPO)
    assert stranger.get(f"/approvals/{approval.public_id}/").status_code == 404
    given = {"answer": "yes", "seen": approval.content_hash}
    assert stranger.post(f"/approvals/{approval.public_id}/decide/", given).status_code == 404
    with tenant_context(beta):
        assert not Approval.objects.exists()
    with tenant_context(acme):
        assert Approval.objects.get().status == "pending"


@pytest.mark.parametrize("role", Role.values)
def test_every_role_at_the_page_of_a_decision(acme: Tenant, marketer: Actor, role: str) -> None:
    approval = ask(acme, marketer)
    client = client_of(acme, role)
    page = client.get(f"/approvals/{approval.public_id}/")
    given = {"answer": "yes", "seen": approval.content_hash}
    answer = client.post(f"/approvals/{approval.public_id}/decide/", given)
    approval.refresh_from_db()
    if not allowed(role, Permission.TASKS_VIEW):
        assert (page.status_code, answer.status_code) == (403, 403)
    elif allowed(role, Permission.CUSTOMERS_PERSONAL):
        assert (page.status_code, answer.status_code) == (200, 302)
        assert approval.status == "approved"
        return
    else:
        assert (page.status_code, answer.status_code) == (200, 403)
    assert approval.status == "pending"
    assert told == []


def test_the_page_compares_and_keeps_the_talk(acme: Tenant, marketer: Actor) -> None:
    approval = ask(acme, marketer, before={"Text": "old", "Term": "3 years", "Gone": "x"})
    client = client_of(acme, Role.CLIENT_DPO)
    url = f"/approvals/{approval.public_id}/"
    html = client.get(url).content.decode()
    assert "<del>old</del>" in html
    assert "<ins>new</ins>" in html
    assert "<del>3 years</del>" not in html
    assert client.post(f"{url}comment/", {"text": "<b>Why?</b>"}).status_code == 302
    assert client.post(f"{url}comment/", {"text": " "}).status_code == 422
    assert Comment.objects.get().text == "<b>Why?</b>"
    assert "&lt;b&gt;Why?" in client.get(url).content.decode()
    refusal = client.post(f"{url}decide/", {"answer": "no", "seen": approval.content_hash})
    assert refusal.status_code == 422
    assert client.post(f"{url}decide/", {"answer": "maybe"}).status_code == 422


def test_the_list_shows_what_waits_for_whom(acme: Tenant, marketer: Actor) -> None:
    ask(acme, marketer)
    dpo_page = client_of(acme, Role.CLIENT_DPO).get("/tasks/")
    assert [row["approval"].title for row in dpo_page.context["waiting"]] == ["Text 3"]
    own = user_of(marketer)
    own_page = client_of(acme, user=own).get("/tasks/")
    assert own_page.context["waiting"] == []
    assert [row["approval"].title for row in own_page.context["asked"]] == ["Text 3"]


def test_a_comparison_keeps_the_order_and_knows_what_is_gone() -> None:
    changes = changes_between({"a": 1, "gone": "x"}, {"b": [1], "a": 1})
    assert [(each.name, each.before, each.after, each.is_changed) for each in changes] == [
        ("b", "", "[1]", True), ("a", "1", "1", False), ("gone", "x", "", True),
    ]  # fmt: skip
