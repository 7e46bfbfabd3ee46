"""Rules as data, what opens and closes a channel, the screens, and two companies apart."""

import json
from datetime import date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django_tenants.utils import schema_context, tenant_context

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, Forbidden, InvalidInput
from tenants.accounts.contracts import Role
from tenants.approvals.models import Approval
from tenants.approvals.services import decide
from tenants.audit.models import AuditEntry
from tenants.audit.services import Actor
from tenants.channel_law import services
from tenants.channel_law.models import ChannelRule, ChannelSwitch, LegalOpinion, RuleBook
from tenants.channel_law.selectors import all_verdicts, demand_lawful, lawful
from tenants.channel_law.services.loading import DATA
from tenants.tenancy.models import Tenant
from tenants.tenancy.services import create_tenant
from tests.factories.accounts import client_of

OWNER = Actor("user:7", Role.AGENCY_OWNER, None, 7)
OFFICER = Actor("user:8", Role.CLIENT_DPO, None, 8)
PDF = b"%PDF-1.7 opinion"
BOOK = next(DATA.glob("*.json")).read_text(encoding="utf-8")


def attach(channel: str = "PUSH_WEB", **values: object) -> LegalOpinion:
    return services.attach_opinion(
        **{"channel": channel, "author": "Адвокат", "signed_on": date(2026, 1, 1), "actor": OWNER,
           "conclusion": "Канал можно использовать, если уведомить.", "file_name": "o.pdf",
           "content": PDF, **values}
    )  # fmt: skip


def approve() -> None:
    asked = Approval.objects.latest("id")
    decide(public_id=asked.public_id, actor=OFFICER, approve=True, seen=asked.content_hash)


def test_every_company_has_the_rules(acme: Tenant) -> None:
    assert RuleBook.objects.get().version == "2026-11-22"
    with schema_context("public"):
        made = create_tenant(slug="newcomer", name="Newcomer")
    with tenant_context(made):
        assert ChannelRule.objects.count() == len(json.loads(BOOK)["rules"])


def test_what_is_lawful_from_the_start(acme: Tenant) -> None:
    found = all_verdicts()
    open_now = {code for code, each in found.items() if each["advertising"].allowed}
    assert open_now == {"EMAIL", "POSTAL"}  # the others have no provider in the register yet
    lacks = {code: each["advertising"].missing for code, each in found.items()}
    for channel in ("PUSH_APP", "MESSENGER_MAX", "MESSENGER_VK"):
        assert lacks[channel] == ("recipient",)
    assert lacks["SMS"] == ("sender_contract", "recipient")
    for channel in ("MESSENGER_TELEGRAM", "MESSENGER_WHATSAPP", "PUSH_WEB"):
        assert lacks[channel] == ("opinion", "recipient")
    assert "opinion" in lacks["CALL_MASS"]
    assert found["CALL_MASS"]["service"].missing == ("sender_contract", "call_label", "recipient")
    assert found["CALL_MASS"]["service"].until == date(2027, 2, 28)
    assert found["CALL_MASS"]["service"].consent_always


def test_the_law_changes_on_its_day_by_itself(acme: Tenant) -> None:
    services.add_sender(channel="CALL_MASS", name="A", mobile_operator="B", contract_number="1",
                        valid_from=date(2026, 1, 1), actor=OWNER)  # fmt: skip
    for moment, opinion in (("2027-02-28T23:59+03:00", False), ("2027-03-01T00:00+03:00", True)):
        missing = lawful("CALL_MASS", "service", datetime.fromisoformat(moment)).missing
        assert ("opinion" in missing) is opinion


def test_a_new_book_replaces_the_old_one_without_a_release(
    acme: Tenant, beta: Tenant, tmp_path_factory: pytest.TempPathFactory
) -> None:
    book = json.loads(BOOK)
    book["version"] = "2027-01-01"
    for rule in book["rules"]:
        if rule["code"] == "email":
            rule["valid_to"] = "2026-12-31"
    file = tmp_path_factory.mktemp("law") / "book.json"
    file.write_text(json.dumps(book), encoding="utf-8")
    call_command("load_channel_rules", str(file), verbosity=0)
    at = datetime.fromisoformat("2027-01-02T12:00+03:00")
    for tenant in (acme, beta):
        with tenant_context(tenant):
            assert lawful("EMAIL", "advertising", at).code == "B_CHANNEL_LAW"
            assert services.load_known_rules() is None  # the older one does not come back


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"channels": ["PIGEON"]}, "rules[0].channels"),
        ({"needs": ["luck"]}, "rules[0].needs"),
        ({"valid_from": "yesterday"}, "rules[0].valid_from"),
        ({"valid_to": "1990-01-01"}, "rules[0].valid_from"),
        ({"certainty": "X"}, "rules[0].certainty"),
        ({"texts": {"en": "only"}}, "rules[0].texts"),
        ({"quiet": ["21:00"]}, "rules[0].quiet"),
        ({"code": "sms"}, "rules"),
    ],
)
def test_a_wrong_book_changes_nothing(acme: Tenant, change: dict[str, object], place: str) -> None:
    book = json.loads(BOOK)
    book["rules"][0] |= change
    with pytest.raises(InvalidInput) as wrong:
        services.load_rules(json.dumps(book))
    assert list(wrong.value.fields) == [place]
    assert lawful("EMAIL", "advertising").allowed


def test_an_opinion_holds_when_the_officer_has_approved_it(acme: Tenant) -> None:
    opinion = attach()
    assert "opinion" in lawful("PUSH_WEB", "advertising").missing
    approve()
    assert lawful("PUSH_WEB", "advertising").missing == ("recipient",)
    services.revoke_opinion(public_id=opinion.public_id, actor=OFFICER)
    assert "opinion" in lawful("PUSH_WEB", "advertising").missing
    with pytest.raises(Conflict):
        services.revoke_opinion(public_id=opinion.public_id, actor=OFFICER)


def test_an_opinion_ends_on_its_day(acme: Tenant) -> None:
    attach(valid_until=date(2026, 12, 31))
    approve()
    inside, after = "2026-12-31T12:00+03:00", "2027-01-01T00:00+03:00"
    for moment, is_missing in ((inside, False), (after, True)):
        found = lawful("PUSH_WEB", "advertising", datetime.fromisoformat(moment))
        assert ("opinion" in found.missing) is is_missing


@pytest.mark.parametrize("role", [Role.AGENCY_OWNER, Role.AGENCY_DPO, Role.CLIENT_ADMIN])
def test_nobody_but_the_client_s_officer_approves(acme: Tenant, role: Role) -> None:
    attach()
    asked = Approval.objects.latest("id")
    with pytest.raises(Forbidden):
        decide(public_id=asked.public_id, actor=Actor("user:9", role, None, 9), approve=True,
               seen=asked.content_hash)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [("content", b"MZ not a pdf"), ("author", " "), ("conclusion", "ok"),
     ("signed_on", date(2999, 1, 1)), ("valid_until", date(2025, 1, 1))],
)  # fmt: skip
def test_an_opinion_says_what_is_wrong_with_it(acme: Tenant, field: str, value: object) -> None:
    with pytest.raises(InvalidInput) as wrong:
        attach(**{field: value})
    assert list(wrong.value.fields) == [field]


def test_the_company_closes_a_channel_at_once(acme: Tenant, beta: Tenant) -> None:
    services.close_channel(channel="EMAIL", reason="Переезжаем", actor=OWNER)
    with pytest.raises(Forbidden) as closed:
        demand_lawful("EMAIL", "advertising")
    assert closed.value.code == "B_CHANNEL_LAW"
    with tenant_context(beta):
        assert lawful("EMAIL", "advertising").allowed
    services.open_channel(channel="EMAIL", actor=OWNER)
    assert lawful("EMAIL", "advertising").allowed
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions[-2:] == ["channel_law.closed", "channel_law.opened"]


def test_a_label_has_32_characters(acme: Tenant) -> None:
    label = {"number": "+7 900 000-00-01", "category": "Доставка", "mobile_operator": "Связь",
             "valid_from": date(2026, 1, 1), "actor": OWNER}  # fmt: skip
    services.add_call_label(name="A" * 32, **label)
    with pytest.raises(InvalidInput) as wrong:
        services.add_call_label(name="A" * 33, **label)
    assert list(wrong.value.fields) == ["name"]
    assert "call_label" not in lawful("CALL_HUMAN", "service").missing


@pytest.fixture
def admin(acme: Tenant) -> Client:
    return client_of(acme, Role.CLIENT_ADMIN)


def test_screens_say_what_is_open_and_why(admin: Client) -> None:
    page = admin.get("/channel-law/").content.decode()
    assert page.count("/channel-law/MESSENGER_TELEGRAM/") == 1
    assert "2026-11-22" in page
    detail = admin.get("/channel-law/CALL_MASS/").content.decode()
    assert "126-ФЗ, ст. 44.1-1" in detail
    assert "28.02.2027" in detail
    assert admin.get("/channel-law/PIGEON/").status_code == 404


def test_the_way_through_the_steps(acme: Tenant, admin: Client) -> None:
    url = "/channel-law/SMS/"
    sender = {"step": "sender", "name": "ACME", "mobile_operator": "Связь", "contract_number": "1",
              "valid_from": clock.now().date().isoformat()}  # fmt: skip
    assert admin.post(f"{url}step/", {**sender, "name": ""}).status_code == 422
    assert admin.post(f"{url}step/", sender).status_code == 302
    assert lawful("SMS", "service").missing == ("recipient",)
    opinion = {"step": "opinion", "author": "Адвокат", "signed_on": "2026-01-01",
               "conclusion": "Канал можно использовать, если уведомить.",
               "content": SimpleUploadedFile("o.pdf", PDF, "application/pdf")}  # fmt: skip
    assert admin.post("/channel-law/PUSH_WEB/step/", opinion).status_code == 302
    kept = LegalOpinion.objects.get()
    file = admin.get(f"/channel-law/PUSH_WEB/opinions/{kept.public_id}/file/")
    assert file.content == PDF
    assert "attachment" in file["Content-Disposition"]
    closed = admin.post("/channel-law/EMAIL/step/", {"step": "close", "reason": "Переезд"})
    assert closed.status_code == 302
    assert "Переезд" in admin.get("/channel-law/EMAIL/").content.decode()
    admin.post("/channel-law/EMAIL/open/")
    assert not ChannelSwitch.objects.exists()


@pytest.mark.parametrize("role", [Role.CLIENT_MARKETER, Role.AGENCY_MARKETER, Role.CLIENT_DPO])
def test_who_may_only_look(acme: Tenant, role: Role) -> None:
    client = client_of(acme, role)
    assert client.get("/channel-law/EMAIL/").status_code == 200
    step = {"step": "close", "reason": "x"}
    assert client.post("/channel-law/EMAIL/step/", step).status_code == 403
    assert lawful("EMAIL", "advertising").allowed
