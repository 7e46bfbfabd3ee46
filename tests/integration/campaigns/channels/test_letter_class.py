"""What a letter is said to be: conflicts by words, a second person, and the gate until then."""

from typing import Any

import pytest
from django_tenants.utils import schema_context

from campaigns.channels.linting import lint
from campaigns.channels.models import EmailTemplate
from campaigns.channels.problems import Severity, TemplateInvalid
from campaigns.channels.rendering import TemplateSource
from campaigns.channels.selectors import waits_for_approval
from campaigns.channels.services import create_template, update_template
from campaigns.delivery import services as sending
from campaigns.delivery.content import content_of
from campaigns.delivery.contracts import Policy
from campaigns.delivery.models import Message
from campaigns.delivery.services import Audience, start_dispatch
from cvm_platform.common.errors import Forbidden
from tenants.accounts.contracts import Role
from tenants.approvals.models import Approval
from tenants.approvals.services import decide
from tenants.audit.services import Actor
from tenants.registers.models import Operator, ProcessorAgreement, Purpose
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of
from tests.factories.campaigns import (
    EVERYBODY,
    HTML,
    SERVICE_HTML,
    FakeChannel,
    make_people,
    make_sender,
    make_template,
)

AUTHOR = Actor("user:7", Role.AGENCY_MARKETER, None, 7)
SECOND = Actor("user:8", Role.CLIENT_MARKETER, None, 8)
SERVICE = TemplateSource("Your order", SERVICE_HTML)


def say(words: str) -> TemplateSource:
    return TemplateSource("Ваш заказ", f"<html>\n<p>{words}</p>\n{SERVICE_HTML}</html>")


def errors(source: TemplateSource, kind: str) -> list[tuple[str, int]]:
    return [(each.part.value, each.line) for each in lint(source, kind)
            if each.severity is Severity.ERROR]  # fmt: skip


@pytest.mark.parametrize(
    "words",
    ["Скидка на всё", "Промокод OSEN", "Купон внутри", "распродажа", "специальное предложение",
     "Сегодня −20 %", "дарим кофе", "кэшбэк 5 процентов", "Big SALE", "Special offers for you"],
)  # fmt: skip
def test_an_offer_makes_it_advertising(words: str) -> None:
    for kind in ("service", "legal"):
        assert errors(say(words), kind) == [("html", 2)]
    assert errors(say(words), "advertising") == []


@pytest.mark.parametrize(
    "words",
    ["Заказ передан курьеру", "Оплата прошла, чек внутри", "Изменился адрес магазина",
     "<a href='https://shop.example.org/sale/42'>Открыть заказ</a>"],
)  # fmt: skip
def test_service_words_are_no_offer(words: str) -> None:
    assert errors(say(words), "service") == []


@pytest.mark.parametrize(
    ("words", "is_error"),
    [("Раз у вас диабет, мы подобрали чай", True), ("Ваша беременность — наша забота", True),
     ("Вам, как человеку православному, пост", True), ("Your diagnosis matters", True),
     ("Чай без сахара подходит и при диабете", False), ("Свежая обжарка", False)],
)  # fmt: skip
def test_special_categories_are_not_hinted_at(words: str, is_error: bool) -> None:
    source = TemplateSource("Hello", HTML.replace("Hello", words))
    assert bool(errors(source, "advertising")) is is_error


def test_every_letter_says_who_writes() -> None:
    nameless = TemplateSource("Your order", "<p>Your order</p>")
    assert len(errors(nameless, "service")) == 2
    assert errors(SERVICE, "service") == []


def test_a_service_letter_waits_for_a_second_person(acme: Tenant) -> None:
    letter = create_template(name="Order", message_class="service", source=SERVICE, actor=AUTHOR)
    assert waits_for_approval(letter)
    asked = Approval.objects.get(kind="template.class")
    with pytest.raises(Forbidden):
        decide(public_id=asked.public_id, actor=AUTHOR, approve=True, seen=asked.content_hash)
    decide(public_id=asked.public_id, actor=SECOND, approve=True, seen=asked.content_hash)
    letter.refresh_from_db()
    assert not waits_for_approval(letter)
    changed = TemplateSource("Your order", SERVICE_HTML.replace("on its way", "late"))
    letter = update_template(public_id=letter.public_id, name="Order", message_class="service",
                             source=changed, actor=AUTHOR)  # fmt: skip
    assert waits_for_approval(letter)
    assert Approval.objects.filter(kind="template.class", status="pending").count() == 1


def test_an_approval_of_a_text_that_changed_meanwhile_counts_for_nothing(acme: Tenant) -> None:
    letter = create_template(name="Order", message_class="service", source=SERVICE, actor=AUTHOR)
    asked = Approval.objects.get(kind="template.class")
    EmailTemplate.objects.filter(pk=letter.pk).update(html=SERVICE_HTML + "<p>more</p>")
    decide(public_id=asked.public_id, actor=SECOND, approve=True, seen=asked.content_hash)
    letter.refresh_from_db()
    assert waits_for_approval(letter)


def test_advertising_in_disguise_is_not_saved(acme: Tenant) -> None:
    with pytest.raises(TemplateInvalid):
        create_template(name="Order", message_class="service", source=say("Скидка"), actor=AUTHOR)
    advertising = create_template(name="Sale", message_class="advertising",
                                  source=TemplateSource("Скидка", HTML), actor=AUTHOR)  # fmt: skip
    assert not waits_for_approval(advertising)
    assert not Approval.objects.exists()


def test_the_page_says_that_it_waits(acme: Tenant) -> None:
    letter = create_template(name="Order", message_class="service", source=SERVICE, actor=AUTHOR)
    page = client_of(acme, Role.CLIENT_MARKETER).get(f"/templates/{letter.public_id}/")
    assert "hourglass" in page.content.decode()


def send(**values: Any) -> dict[str, int]:
    """Reasons of a dispatch to everybody, "" for who got it."""
    policy = values.pop("policy", Policy(is_advertising=False))
    template = values.pop("template", None) or make_template(**values)
    start_dispatch(audience=Audience(EVERYBODY, {}), policy=policy,
                   content=content_of(template, make_sender()))  # fmt: skip
    with schema_context("public"):
        sending.work(FakeChannel(), seconds=20)
    found: dict[str, int] = {}
    for reason in Message.objects.values_list("reason", flat=True):
        found[reason] = found.get(reason, 0) + 1
    return found


def test_unapproved_it_reaches_nobody(acme: Tenant) -> None:
    make_people(1, 3)
    letter = create_template(name="Order", message_class="service", source=SERVICE, actor=AUTHOR)
    assert send(template=letter) == {"B_CONTENT": 3}


def test_a_letter_that_became_forbidden_after_it_was_saved(acme: Tenant) -> None:
    make_people(1, 2)
    words = HTML.replace("Hello", "Раз у вас диабет")
    assert send(html=words, policy=Policy()) == {"B_CONTENT": 2}


def test_papers_are_asked_for_every_slice(acme: Tenant) -> None:
    make_people(1, 2)
    ProcessorAgreement.objects.update(actions=["STORAGE"])
    assert send(policy=Policy()) == {"B_AGREEMENT": 2}


def test_the_regulator_s_number(acme: Tenant) -> None:
    make_people(1, 2)
    Operator.objects.update(rkn_number="")
    assert send(policy=Policy()) == {"B_RKN": 2}


def test_a_field_outside_the_purpose(acme: Tenant) -> None:
    make_people(1, 2)
    Purpose.objects.filter(code="PROMO_DIRECT").update(pd_categories=["EMAIL"])
    assert send(policy=Policy()) == {"B_FIELDS": 2}


def test_a_significant_decision_needs_a_person(acme: Tenant) -> None:
    make_people(1, 2)
    assert send(policy=Policy(decides="open")) == {"B_AUTODECISION": 2}
