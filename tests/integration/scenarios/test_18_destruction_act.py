"""Destruction act.

Given erasure is finished, When the act is generated, Then it contains all items а–к applicable to
automated processing, the log export has the five items, hashes match, both have `keep_until` =
date + 3 years, and the act cannot be finalised without signatory name, position and signature.
"""

import hashlib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import override

from cvm_platform.common import clock
from cvm_platform.common.errors import Conflict, Forbidden, InvalidInput
from tenants.approvals.models import Approval
from tenants.approvals.services import decide
from tenants.erasure import papers, services
from tenants.erasure.models import DestructionAct
from tests.factories.erasure import OFFICER, make_person, signed

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
WHOLE = {
    "name": "Орлова А. Н.", "position": "Ответственный за ПДн", "signature_type": "63-FZ",
    "second_name": "Белов П. С.", "second_position": "Администратор",
}  # fmt: skip


@pytest.fixture
def act(acme: Any) -> DestructionAct:
    with clock.at(NOW):
        person = make_person(1)
        job = services.begin_erasure(
            customer_id=person.pk, ground="WITHDRAWN_21_5", reason="Отзыв согласия",
            requested_by=OFFICER, request_id=7,
        )  # fmt: skip
        services.run_job(job_id=job.pk)
    return DestructionAct.objects.get(jobs=job)


def test_act_has_all_items(act: DestructionAct) -> None:
    content = act.content
    assert content["operator"]["name"]
    [subject] = act.jobs.get().subjects.all()
    assert [each["number"] for each in content["subjects"]] == [subject.customer_id]
    assert {"name", "email", "phone", "events", "orders", "scores"} <= set(content["categories"])
    assert content["system"].startswith("CVM")
    assert {row["means"] for row in content["stores"]} == {"delete", "stand_in", "shred"}
    assert content["reasons"] == ["Отзыв согласия"]
    assert content["destroyed_at"][:10] == "2026-11-23"
    assert content["backup_expiry_date"] == "2026-12-21"
    assert content["requests"] == [7]
    assert content["log_gaps"] == []
    with override("ru"):
        letters = {name[0] for name, _value in papers.items_of(content)}
    assert set("абвдежзик") <= letters  # г: the signatures


def test_log_export_has_five_items(act: DestructionAct) -> None:
    [row] = papers.log_rows(act.content["jobs"])
    assert row["subject"] == act.content["subjects"][0]["number"]
    assert {"name", "email"} <= set(row["categories"])
    assert (row["basis"], row["reason"]) == ("WITHDRAWN_21_5", "Отзыв согласия")
    assert row["at"][:10] == "2026-11-23"
    assert act.content["system"]  # the fifth: whose system it is


def test_both_papers_are_kept_three_years_with_matching_hashes(act: DestructionAct) -> None:
    signed(act)
    assert act.status == DestructionAct.Status.SIGNED
    assert act.keep_until == date(2029, 11, 23)
    for kind in ("act", "log"):
        content = services.document(act, kind)
        assert content.startswith(b"%PDF")
        assert hashlib.sha256(content).hexdigest() == getattr(act, f"{kind}_sha256")
    default_storage.delete(act.act_path)
    default_storage.save(act.act_path, ContentFile(b"%PDF something else"))
    with pytest.raises(Conflict):
        services.document(act, "act")


@pytest.mark.parametrize("missing", sorted(WHOLE))
def test_act_is_not_signed_without(act: DestructionAct, missing: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.sign_act(public_id=act.public_id, actor=OFFICER, **{**WHOLE, missing: "  "})
    assert missing in refusal.value.fields
    act.refresh_from_db()
    assert (act.status, act.act_sha256) == (DestructionAct.Status.DRAFT, "")


def test_one_person_cannot_sign_for_two(act: DestructionAct) -> None:
    services.sign_act(public_id=act.public_id, actor=OFFICER, **WHOLE)
    approval = Approval.objects.get(kind="erasure.act")
    with pytest.raises(Forbidden):
        decide(
            public_id=approval.public_id, actor=OFFICER, approve=True, seen=approval.content_hash
        )
    act.refresh_from_db()
    assert act.status == DestructionAct.Status.WAITING
