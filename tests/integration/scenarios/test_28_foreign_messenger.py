"""Foreign messenger.

Given a bank tenant with `foreign_messenger_prohibited`, When a Telegram campaign is created, Then
the channel is not selectable and API returns `B_CHANNEL_LAW`.
"""

import re
from datetime import date

import pytest

from campaigns.broadcasts.models import Broadcast
from tenants.accounts.contracts import Role
from tenants.approvals.models import Approval
from tenants.approvals.services import decide
from tenants.audit.services import Actor
from tenants.channel_law import services
from tenants.channel_law.selectors import lawful
from tenants.registers.models import Operator
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of
from tests.factories.api import ApiClient

ASKER = Actor("user:7", Role.AGENCY_OWNER, None, 7)
OFFICER = Actor("user:8", Role.CLIENT_DPO, None, 8)
TELEGRAM = "MESSENGER_TELEGRAM"


@pytest.fixture
def bank(acme: Tenant) -> Tenant:
    Operator.objects.update(foreign_messenger_prohibited=True, regulated="bank")
    return acme


def option(page: str, channel: str) -> str:
    found = re.search(rf'<option value="{channel}"[^>]*>', page)
    assert found is not None
    return found[0]


def test_telegram_of_a_bank_cannot_be_chosen(bank: Tenant) -> None:
    client = client_of(bank, Role.CLIENT_MARKETER)
    page = client.get("/broadcasts/new/").content.decode()
    assert "disabled" in option(page, TELEGRAM)
    assert "disabled" not in option(page, "EMAIL")
    answer = client.post("/broadcasts/new/", {
        "name": "Sale", "channel": TELEGRAM, "control_percent": 10, "window_days": 14,
    })  # fmt: skip
    assert answer.status_code == 422
    api = ApiClient(bank)
    refused = api.post("broadcasts/", {"name": "Sale", "channel": TELEGRAM})
    assert refused.status_code == 403
    assert refused.json()["code"] == "B_CHANNEL_LAW"
    draft = api.post("broadcasts/", {"name": "Sale"}).json()["id"]
    changed = api.send("PATCH", f"broadcasts/{draft}/", {"channel": TELEGRAM})
    assert (changed.status_code, changed.json()["code"]) == (403, "B_CHANNEL_LAW")
    assert set(Broadcast.objects.values_list("channel", flat=True)) == {"EMAIL"}
    listed = {each["channel"]: each for each in api.get("channels/").json()}
    assert listed[TELEGRAM]["advertising"]["code"] == "B_CHANNEL_LAW"
    assert listed["EMAIL"]["advertising"]["allowed"]


def test_an_opinion_opens_it_for_no_bank(bank: Tenant) -> None:
    opinion = services.attach_opinion(
        channel=TELEGRAM, author="Адвокат Иванов", signed_on=date(2026, 11, 1), actor=ASKER,
        conclusion="Канал можно использовать для наших покупателей.", file_name="o.pdf",
        content=b"%PDF-1.7 test",
    )  # fmt: skip
    asked = Approval.objects.get()
    decide(public_id=asked.public_id, actor=OFFICER, approve=True, seen=asked.content_hash)
    opinion.refresh_from_db()
    assert opinion.status == "approved"
    assert lawful(TELEGRAM, "advertising").missing == ("not_regulated", "recipient")
    Operator.objects.update(foreign_messenger_prohibited=False, regulated="")
    verdict = lawful(TELEGRAM, "advertising")
    assert (verdict.code, verdict.missing) == ("B_CROSS_BORDER", ("recipient",))
