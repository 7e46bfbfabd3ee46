"""What is being erased, what holds it back, and whether this schema knows all erasures."""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max, Q, QuerySet

from cvm_platform.common import bulk, clock
from cvm_platform.common.schema import connection
from tenants.erasure import registry
from tenants.erasure.contracts import Means
from tenants.erasure.models import (
    DestructionAct,
    ErasureJob,
    LegalHold,
    RetentionPolicy,
    RetentionRun,
    Tombstone,
)
from tenants.erasure.words import categories_in_words
from tenants.keyring.selectors import last_mark
from tenants.tenancy.models import Tenant

# who is not learned from, by facts of this moment (152-FZ, articles 15 and 21)
_EXCLUDED = """
SELECT id FROM customers_customer WHERE status <> 'active'
UNION
SELECT customer_id FROM privacy_consentrecord r
WHERE purpose IN ('PROMO_DIRECT', 'PROMO_PROFILING') AND status = 'WITHDRAWN'
  AND NOT EXISTS (SELECT FROM privacy_consentrecord n WHERE n.customer_id = r.customer_id
                  AND n.purpose = r.purpose AND n.status = 'ACTIVE')
UNION
SELECT customer_id FROM privacy_stopevent s
WHERE kind IN ('PROMOTION_STOP_15_2', 'CONSENT_WITHDRAWAL_9_2', 'PROCESSING_STOP_21_5_1')
  AND customer_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM privacy_consentrecord n WHERE n.customer_id = s.customer_id
                  AND n.purpose IN ('PROMO_DIRECT', 'PROMO_PROFILING') AND n.status = 'ACTIVE'
                  AND n.given_at > s.effective_at)
"""
_GUARD_SECONDS = 5.0
_known_whole: dict[tuple[str, str], float] = {}


def excluded_from_models_sql() -> str:
    """A query of one column: people whom models neither learn from nor score."""
    return _EXCLUDED


def excluded_from_models() -> set[int]:
    """The same as ids: an exclusion list for whoever trains or scores outside SQL."""
    return {row[0] for row in bulk.fetch(_EXCLUDED)}


def held_until(customer_ids: Iterable[int]) -> tuple[set[int], datetime | None]:
    """Who is held by a dispute now, and when the first of the holds ends; None: open-ended."""
    now = clock.now()
    rows = list(
        LegalHold.objects.filter(customer_id__in=list(customer_ids), lifted_at=None)
        .filter(Q(until=None) | Q(until__gt=now)).values_list("customer_id", "until")
    )  # fmt: skip
    ends = [until for _who, until in rows if until is not None]
    return {who for who, _until in rows}, min(ends) if ends else None


def categories_of(job: ErasureJob) -> list[str]:
    """Kinds of data destroyed so far, in the order of the registry."""
    done = {key.partition(":")[2] for key, step in job.steps.items() if step["rows"]}
    found: dict[str, None] = {}
    for eraser in registry.erasers():
        if eraser.name in done:
            found.update(dict.fromkeys(eraser.categories))
    return list(found)


def retained_items() -> list[dict[str, Any]]:
    """What stays after every erasure: [{item, basis, years}]."""
    return [
        {"item": ", ".join(each.categories), "words": categories_in_words(each.categories),
         "name": each.name, "basis": str(each.basis), "years": each.years}
        for each in registry.erasers() if each.means == Means.KEEP and each.basis
    ]  # fmt: skip


# ---- screens -----------------------------------------------------------------------------------


def jobs() -> QuerySet[ErasureJob]:
    return ErasureJob.objects.select_related("act").prefetch_related("subjects")


def job_by_public_id(public_id: Any) -> ErasureJob | None:
    return jobs().filter(public_id=public_id).first()


def acts() -> QuerySet[DestructionAct]:
    return DestructionAct.objects.all()


def act_by_public_id(public_id: Any) -> DestructionAct | None:
    return DestructionAct.objects.filter(public_id=public_id).first()


def holds() -> QuerySet[LegalHold]:
    return LegalHold.objects.order_by("lifted_at", "-id")


def policies() -> list[RetentionPolicy]:
    return list(RetentionPolicy.objects.all())


def runs() -> QuerySet[RetentionRun]:
    return RetentionRun.objects.all()


def jobs_without_act() -> Sequence[ErasureJob]:
    return list(jobs().filter(status=ErasureJob.Status.DONE, act=None).order_by("pk"))


# ---- after a restore ---------------------------------------------------------------------------


def is_behind(tenant: Tenant, *, fresh: bool = False) -> bool:
    """Whether the ledger knows erasures that this company's schema does not: it was restored.

    Asked at every request and task, so a good answer is believed for a few seconds.
    """
    key = (str(connection.settings_dict["NAME"]), tenant.schema_name)
    if not fresh and time.monotonic() - _known_whole.get(key, -_GUARD_SECONDS) < _GUARD_SECONDS:
        return False
    behind = last_mark(tenant.public_id) > newest_tombstone()
    if behind:
        _known_whole.pop(key, None)
    else:
        _known_whole[key] = time.monotonic()
    return behind


def forget_guard() -> None:
    """The next question is asked of the database: a restore has just been made."""
    _known_whole.clear()


def newest_tombstone() -> int:
    return Tombstone.objects.aggregate(last=Max("number"))["last"] or 0
