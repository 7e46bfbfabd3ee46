"""A result in money is the same before and after a treated and a control customer are erased."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.events.models import Order
from campaigns.delivery.selectors import dispatch_counts
from campaigns.results import services as results
from campaigns.results.erasing import loosen
from cvm_platform.common import clock
from tenants.customers.models import Customer
from tenants.erasure import services
from tests.factories.erasure import OFFICER
from tests.integration.campaigns.results.test_broadcast_results import START, WINDOW, make_broadcast

pytestmark = pytest.mark.django_db


def test_figures_do_not_change(acme: Any) -> None:
    with clock.at(START + timedelta(days=WINDOW + 40)):
        broadcast, _arrays = make_broadcast(effect=3_000, size=300, control=60)
        before = results.compute_result(broadcast_id=broadcast.pk)
        payload = before.payload
        counts = dispatch_counts(broadcast.dispatch_id or 0)
        for customer_id in (5, 250):  # control and treated
            job = services.begin_erasure(
                customer_id=customer_id, ground="UNLAWFUL_21_3", requested_by=OFFICER
            )
            services.run_job(job_id=job.pk)
        assert Customer.objects.filter(status="erased").count() == 2
        after = results.compute_result(broadcast_id=broadcast.pk)
        assert after.payload == payload
        assert after.pk == before.pk
        assert dispatch_counts(broadcast.dispatch_id or 0) == counts
    assert Order.objects.filter(customer_id__lt=0).exists()
    with clock.at(START + timedelta(days=WINDOW + 20)):
        assert loosen(clock.now()) == 0  # returns may still come
    with clock.at(START + timedelta(days=WINDOW + 40)):
        assert loosen(clock.now()) > 0
    assert not Order.objects.filter(customer_id__lt=0).exists()
