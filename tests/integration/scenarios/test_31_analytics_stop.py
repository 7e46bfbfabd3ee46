"""Analytics stop.

Given a subject's promotion stop, When the nightly model training runs, Then his `analytics_id` is
absent from the training and scoring sets.
"""

from typing import Any

import pytest

from analytics.features.models import RfmScore
from analytics.features.services import refresh_rfm
from cvm_platform.common import clock
from tenants.erasure.selectors import excluded_from_models
from tenants.privacy.models import StopEvent
from tests.factories.erasure import make_person

pytestmark = pytest.mark.django_db


def test_who_stopped_promotion_is_neither_learned_from_nor_scored(acme: Any) -> None:
    stopped, other = make_person(1), make_person(2)
    refresh_rfm()
    assert set(RfmScore.objects.values_list("customer_id", flat=True)) == {stopped.pk, other.pk}
    now = clock.now()
    StopEvent.objects.create(
        customer_id=stopped.pk, kind="PROMOTION_STOP_15_2", source="STAFF", received_at=now,
        effective_at=now,
    )  # fmt: skip
    assert excluded_from_models() == {stopped.pk}
    run = refresh_rfm()
    assert set(RfmScore.objects.values_list("customer_id", flat=True)) == {other.pk}
    assert run.customers == 1
