"""The RFM screen: money first, empty states, refresh, export, links to segments."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from analytics.events.models import CustomerStats, Order
from analytics.features import services
from analytics.features.models import RfmRun
from cvm_platform.common import clock
from tenants.accounts.contracts import Role
from tenants.customers.models import Customer
from tests.factories.accounts import client_of


@pytest.fixture
def base(acme: Any) -> Any:
    now = clock.now()
    for number in range(1, 11):
        Customer.objects.create(id=number)
        CustomerStats.objects.create(
            customer_id=number, orders=number, revenue=number * 100_000, margin=number * 25_000,
            first_order_at=now, last_order_at=now - timedelta(days=number * 10),
        )  # fmt: skip
    return acme


@pytest.fixture
def marketer(base: Any) -> Client:
    return client_of(base, Role.CLIENT_MARKETER)


def _text(response: Any) -> str:
    text = response.content.decode().replace("\u00a0", " ").replace("\u202f", " ")
    return re.sub(r"\s+", " ", text)


def test_before_the_first_count_there_is_a_button(marketer: Client) -> None:
    page = _text(marketer.get("/rfm/"))
    assert 'action="/rfm/refresh/"' in page
    assert 'class="nil"' in page


def test_without_buyers_the_next_step_is_data(acme: Any) -> None:
    services.refresh_rfm()
    page = _text(client_of(acme, Role.CLIENT_MARKETER).get("/rfm/"))
    assert "/imports/" in page


def test_money_grid_groups_and_borders(base: Any, marketer: Client) -> None:
    services.refresh_rfm()
    response = marketer.get("/rfm/")
    page = _text(response)
    # the five who bought longest ago brought most: 7+8+9+10 thousand
    assert response.context["at_risk"].revenue == 3_400_000
    assert "34 000 ₽" in page
    assert response.context["total"].revenue == 5_500_000
    assert sum(row.sums.customers for row in response.context["presets"]) == 10
    assert "/segments/new/?preset=cannot_lose" in page
    assert "/segments/new/?r=5&amp;f=1" in page
    assert [row["score"] for row in response.context["border_rows"]] == [5, 4, 3, 2, 1]
    assert "* " not in page.split("</header>")[-1].split("<details")[0]


def test_an_assumed_margin_is_marked_on_every_figure(base: Any, marketer: Client) -> None:
    base.assumed_margin_bp = 3500
    Order.objects.create(customer_id=1, external_id="1", ts=clock.now(), is_margin_assumed=True)
    services.refresh_rfm()
    with_mark = _text(marketer.get("/rfm/"))
    assert with_mark.count(" *</") >= 2


def test_the_button_counts_and_htmx_gets_the_fragment(
    base: Any, marketer: Client, django_capture_on_commit_callbacks: Any
) -> None:
    response = marketer.post("/rfm/refresh/", headers={"HX-Request": "true"})
    page = _text(response)
    assert 'hx-trigger="every 2s"' in page
    assert "<html" not in page
    assert RfmRun.objects.get().status == "running"
    with django_capture_on_commit_callbacks(execute=True):
        RfmRun.objects.all().delete()
        assert marketer.post("/rfm/refresh/").status_code == 302
    assert RfmRun.objects.get().status == "done"
    assert 'hx-trigger="every 2s"' not in _text(marketer.get("/rfm/"))


def test_a_failed_count_is_said_and_a_dead_one_too(base: Any, marketer: Client) -> None:
    services.refresh_rfm()
    run = RfmRun.objects.create(status="failed", error="QueryCanceled", as_of=clock.now())
    page = _text(marketer.get("/rfm/"))
    assert 'class="ban neg sl mb" role="alert"' in page
    assert "QueryCanceled" in page
    assert "cannot_lose" in page
    RfmRun.objects.filter(pk=run.pk).update(
        status="running", requested_at=clock.now() - timedelta(hours=1)
    )
    assert 'class="ban warn sl mb"' in _text(marketer.get("/rfm/"))


def test_export(base: Any, marketer: Client) -> None:
    services.refresh_rfm()
    response = marketer.get("/rfm/export.csv")
    rows = response.content.decode("utf-8-sig").splitlines()
    assert response["Content-Disposition"] == 'attachment; filename="rfm.csv"'
    assert len(rows) == 6
    assert rows[1].split(";")[:3] == ["1", "5", "5"]
    assert rows[1].split(";")[4:] == ["2", "19000.00", "4750.00"]


def test_the_agency_does_not_see_the_money_of_a_handful(base: Any) -> None:
    services.refresh_rfm()
    agency = client_of(base, Role.AGENCY_MARKETER)
    page = _text(agency.get("/rfm/"))
    assert "55 000 ₽" in page or "55 тыс. ₽" in page  # the sum of all ten
    assert "19 000" not in page
    assert "34 000" not in page
    assert "19 тыс." not in page
    rows = agency.get("/rfm/export.csv").content.decode("utf-8-sig").splitlines()
    assert rows[1].split(";")[4:] == ["<10", "", ""]


def test_who_only_looks_cannot_count(base: Any) -> None:
    services.refresh_rfm()
    viewer = client_of(base, Role.VIEWER)
    page = _text(viewer.get("/rfm/"))
    assert "/segments/new/" not in page
    assert viewer.post("/rfm/refresh/").status_code == 403
    assert client_of(base, Role.CLIENT_SUPPORT).get("/rfm/").status_code == 403


def test_a_company_sees_its_own_rfm(base: Any, beta: Any) -> None:
    services.refresh_rfm()
    with tenant_context(beta):
        assert RfmRun.objects.count() == 0
    response = client_of(beta, Role.CLIENT_MARKETER).get("/rfm/")
    assert response.context["run"] is None
