"""The list, the builder without JavaScript, the fragments for htmx, the segment's page."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from analytics.events.models import CustomerStats, Order
from campaigns.segments import selectors, services
from campaigns.segments.models import Segment, SegmentMember
from cvm_platform.common import clock
from tenants.accounts.contracts import Role
from tenants.customers.models import Customer
from tests.factories.accounts import client_of

ORDERS = {"leaf": "number", "field": "orders", "is": {"op": "ge", "value": 2}}


def _tree(*nodes: dict[str, Any], key: str = "all") -> dict[str, Any]:
    return {"schema_version": 1, "root": {key: list(nodes)}}


@pytest.fixture
def base(acme: Any) -> Any:
    """Thirty customers; the n-th has n orders, everybody lives in Тверь or Москва."""
    for number in range(1, 31):
        Customer.objects.create(id=number, city="Тверь" if number % 2 else "Москва")
        CustomerStats.objects.create(
            customer_id=number, orders=number, revenue=number * 1000, margin=number * 250
        )
    Order.objects.create(
        customer_id=30, external_id="30", ts=clock.now(), revenue=500_00, margin=200_00
    )
    return acme


@pytest.fixture
def marketer(base: Any) -> Client:
    return client_of(base, Role.CLIENT_MARKETER)


def _text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode().replace("\u00a0", " "))


def _draft(response: Any) -> dict[str, Any]:
    """The form as a browser would send it back."""
    html = response.content.decode()
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", html):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            fields[name.group(1)] = _unescape(value.group(1) if value else "")
    for name, body in re.findall(
        r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', html, re.DOTALL
    ):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        first = re.search(r'<option value="([^"]*)"', body)
        fields[name] = chosen.group(1) if chosen else first.group(1) if first else ""
    return fields


def _unescape(text: str) -> str:
    return text.replace("&quot;", '"').replace("&#x27;", "'").replace("&amp;", "&")


def test_an_empty_list_points_to_rfm(marketer: Client) -> None:
    page = _text(marketer.get("/segments/"))
    assert "/rfm/" in page
    assert "/segments/new/" in page


def test_the_list_searches_filters_sorts_and_pages(base: Any, marketer: Client) -> None:
    for number in range(30):
        Segment.objects.create(name=f"Сегмент {number:02}", tree=_tree(ORDERS), count=number)
    Segment.objects.create(name="Старый", tree=_tree(ORDERS), is_archived=True)
    first = marketer.get("/segments/", {"sort": "name"})
    assert [row[0].name for row in first.context["rows"]][:2] == ["Сегмент 00", "Сегмент 01"]
    assert len(first.context["rows"]) == 25
    assert len(marketer.get("/segments/", {"sort": "name", "page": 2}).context["rows"]) == 5
    largest = marketer.get("/segments/", {"sort": "count"}).context["rows"]
    assert largest[0][0].count == 29
    found = marketer.get("/segments/", {"q": "мент 07"}).context["rows"]
    assert [row[0].name for row in found] == ["Сегмент 07"]
    archived = marketer.get("/segments/", {"archived": "1"}).context["rows"]
    assert [row[0].name for row in archived] == ["Старый"]
    assert marketer.get("/segments/", {"status": "fresh"}).context["rows"] == []


def test_htmx_gets_the_table_alone(base: Any, marketer: Client) -> None:
    Segment.objects.create(name="Один", tree=_tree(ORDERS))
    response = marketer.get("/segments/", headers={"HX-Request": "true"})
    assert "Один" in _text(response)
    assert "<html" not in _text(response)


def test_a_segment_is_built_without_javascript(base: Any, marketer: Client) -> None:
    response = marketer.get("/segments/new/")
    assert response.status_code == 200
    form = _draft(response) | {"new": "number", "do": "add:"}
    response = marketer.post("/segments/new/", form)
    form = _draft(response)
    assert form["n0-field:op" if "n0-field:op" in form else "n0-is:op"] == "ge"
    assert response.context["count"].count == 29
    form |= {"n0-is:value": "26", "name": "Много заказов", "do": "check"}
    response = marketer.post("/segments/new/", form)
    assert response.context["count"].count == 5
    form = _draft(response) | {"do": "group:"}
    response = marketer.post("/segments/new/", form)
    assert response.context["draft"].errors[0].code == "empty_group"
    # the faulty group does not block its neighbour
    assert response.context["count"].count == 5
    form = _draft(response) | {"do": "add:1", "new1": "profile"}
    form = _draft(marketer.post("/segments/new/", form)) | {"do": "check"}
    form |= {"n1-0-values": "Москва, Тверь, Москва"}
    response = marketer.post("/segments/new/", form)
    assert response.context["draft"].errors == []
    form = _draft(response) | {"do": "save"}
    assert form["name"] == "Много заказов"
    response = marketer.post("/segments/new/", form)
    segment = Segment.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/segments/{segment.public_id}/"
    city = {"leaf": "profile", "field": "city", "op": "in", "values": ["Москва", "Тверь"]}
    many = {"leaf": "number", "field": "orders", "is": {"op": "ge", "value": 26}}
    assert segment.tree == _tree(many, {"any": [city]})
    assert segment.created_by.startswith("user:")


def test_what_cannot_be_read_stays_as_typed_and_the_page_says_why(
    base: Any, marketer: Client
) -> None:
    form = {"draft": json.dumps(_tree(ORDERS, dict(ORDERS))), "g": "all", "n0": "1", "n1": "1",
            "n0-field": "revenue", "n0-is:op": "ge", "n0-is:value": "много",
            "n1-field": "orders", "n1-is:op": "ge", "n1-is:value": "29",
            "name": "Имя", "do": "save"}  # fmt: skip
    response = marketer.post("/segments/new/", form)
    assert response.status_code == 422
    page = _text(response)
    assert 'value="много"' in page
    assert 'value="Имя"' in page
    assert response.context["count"].count == 2
    assert Segment.objects.count() == 0


def test_money_is_typed_in_rubles_and_kept_in_kopecks(base: Any, marketer: Client) -> None:
    form = {"draft": json.dumps(_tree(ORDERS)), "g": "not", "n0": "1", "n0-field": "revenue",
            "n0-is:op": "between", "n0-is:low": "1 000,50", "n0-is:high": "3000",
            "do": "check"}  # fmt: skip
    draft = marketer.post("/segments/new/", form).context["draft"]
    node = {"leaf": "number", "field": "revenue", "is": {"op": "between", "low": 100_050,
                                                         "high": 300_000}}  # fmt: skip
    assert draft.tree == _tree(node, key="not")


def test_move_and_remove(base: Any, marketer: Client) -> None:
    other = {"leaf": "contactable", "channel": "EMAIL"}
    form = {"draft": json.dumps(_tree(ORDERS, other)), "do": "down:0"}
    assert marketer.post("/segments/new/", form).context["draft"].tree == _tree(other, ORDERS)
    form["do"] = "remove:0"
    assert marketer.post("/segments/new/", form).context["draft"].tree == _tree(other)
    form["do"] = "remove:7-7"
    assert marketer.post("/segments/new/", form).context["draft"].tree == _tree(ORDERS, other)


@pytest.mark.parametrize("spoiled", ["", "{", "[]", '{"root": 5}', '{"root": {"all": [7]}}',
                                     "[" * 5000])  # fmt: skip
def test_a_spoiled_draft_is_an_empty_rule(base: Any, marketer: Client, spoiled: str) -> None:
    response = marketer.post("/segments/new/", {"draft": spoiled, "do": "check"})
    assert response.status_code == 200
    assert response.context["draft"].tree == _tree()


def test_fragments_for_htmx(base: Any, marketer: Client) -> None:
    form = {"draft": json.dumps(_tree(ORDERS, ORDERS)), "n0": "1", "n0-field": "orders",
            "n0-is:op": "ge", "n0-is:value": "21"}  # fmt: skip
    headers = {"HX-Request": "true"}
    count = _text(marketer.post("/segments/new/", form | {"do": "count"}, headers=headers))
    assert 'id="left0" hx-swap-oob="innerHTML"' in count
    assert '<div class="money m mt2">10</div>' in count
    assert 'class="rule' not in count
    card = _text(marketer.post("/segments/new/", form | {"do": "card:0"}, headers=headers))
    assert card.count('class="rule') == 1
    assert 'id="numbers" hx-swap-oob="innerHTML"' in card
    rules = _text(marketer.post("/segments/new/", form | {"do": "remove:0"}, headers=headers))
    assert rules.count('class="rule') == 1
    assert "<html" not in rules
    reach = _text(marketer.post("/segments/new/", form | {"do": "reach"}, headers=headers))
    assert "500" in reach


def test_links_of_rfm_prefill_the_rule(base: Any, marketer: Client) -> None:
    response = marketer.get("/segments/new/", {"preset": "champions", "name": "Лучшие"})
    assert response.context["draft"].tree == _tree({"leaf": "rfm_preset", "presets": ["champions"]})
    assert 'value="Лучшие"' in _text(response)
    response = marketer.get("/segments/new/", {"r": "5", "f": "4,5"})
    scores = {"leaf": "rfm", "recency": [5], "frequency": [4, 5]}
    assert response.context["draft"].tree == _tree(scores)
    response = marketer.get("/segments/new/", {"preset": "' OR 1=1"})
    assert response.status_code == 200
    assert [error.code for error in response.context["draft"].errors] == ["unknown_choice"]


def test_editing_guards_against_another_editor(base: Any, marketer: Client) -> None:
    segment = services.create_segment(name="Имя", tree=_tree(ORDERS))
    form = _draft(marketer.get(f"/segments/{segment.public_id}/edit/"))
    services.update_segment(public_id=segment.public_id, tree=_tree())
    response = marketer.post(f"/segments/{segment.public_id}/edit/", form | {"do": "save"})
    assert response.status_code == 409
    segment.refresh_from_db()
    assert segment.tree == _tree()
    form = _draft(marketer.get(f"/segments/{segment.public_id}/edit/"))
    response = marketer.post(
        f"/segments/{segment.public_id}/edit/", form | {"name": "Другое", "do": "save"}
    )
    assert response.status_code == 302
    segment.refresh_from_db()
    assert (segment.name, segment.version) == ("Другое", 2)


def test_the_page_of_a_segment(base: Any, marketer: Client) -> None:
    segment = services.create_segment(name="Много", tree=_tree(
        {"leaf": "number", "field": "orders", "is": {"op": "ge", "value": 16}}))  # fmt: skip
    services.refresh_segment(segment.pk)
    response = marketer.get(f"/segments/{segment.public_id}/")
    assert response.context["count_text"] == "15"
    assert response.context["reach"].revenue == 500_00
    assert response.context["freshness"].status == "fresh"
    page = _text(response)
    assert "Много" in page
    assert f"/segments/{segment.public_id}/edit/" in page
    assert f"/broadcasts/new/?segment={segment.public_id}" in page
    fragment = _text(
        marketer.get(f"/segments/{segment.public_id}/", headers={"HX-Request": "true"})
    )
    assert "<html" not in fragment
    copy = marketer.get("/segments/new/", {"copy": str(segment.public_id)})
    assert copy.context["draft"].tree == segment.tree
    assert marketer.get(f"/segments/{uuid4()}/").status_code == 404
    assert marketer.get("/segments/new/", {"copy": "x"}).status_code == 404


def test_refresh_and_archive_by_buttons(
    base: Any, marketer: Client, django_capture_on_commit_callbacks: Any
) -> None:
    segment = services.create_segment(name="Много", tree=_tree(ORDERS))
    with django_capture_on_commit_callbacks(execute=True):
        marketer.post(f"/segments/{segment.public_id}/refresh/")
    segment.refresh_from_db()
    assert (segment.status, segment.count) == ("fresh", 29)
    marketer.post(f"/segments/{segment.public_id}/archive/", {"archived": "1"})
    segment.refresh_from_db()
    assert segment.is_archived
    marketer.post(f"/segments/{segment.public_id}/archive/", {"archived": "0"})
    segment.refresh_from_db()
    assert not segment.is_archived


def test_the_agency_does_not_count_out_a_handful(base: Any) -> None:
    agency = client_of(base, Role.AGENCY_MARKETER)
    segment = services.create_segment(name="Мало", tree=_tree(
        {"leaf": "number", "field": "orders", "is": {"op": "ge", "value": 26}}))  # fmt: skip
    services.refresh_segment(segment.pk)
    response = agency.get(f"/segments/{segment.public_id}/")
    assert response.context["count_text"] == "<10"
    assert response.context["reach"] is None
    assert response.context["sizes"] == []
    row = agency.get("/segments/").context["rows"][0]
    assert row[2] == "<10"
    builder = agency.get(f"/segments/{segment.public_id}/edit/")
    assert builder.context["count_text"] == "<10"
    assert builder.context["root"].children[0].cut == ""
    client = client_of(base, Role.CLIENT_MARKETER).get(f"/segments/{segment.public_id}/")
    assert client.context["count_text"] == "5"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CLIENT_ADMIN])
def test_those_who_only_look_cannot_write(base: Any, role: Role) -> None:
    viewer = client_of(base, role)
    segment = services.create_segment(name="Имя", tree=_tree(ORDERS))
    url = f"/segments/{segment.public_id}/"
    assert viewer.get(url).status_code == 200
    assert "/segments/new/" not in _text(viewer.get("/segments/"))
    for path in (f"{url}edit/", "/segments/new/"):
        assert viewer.get(path).status_code == 403
    for path in (f"{url}refresh/", f"{url}archive/"):
        assert viewer.post(path).status_code == 403


def test_a_segment_of_another_company_is_not_there(base: Any, beta: Any, marketer: Client) -> None:
    with tenant_context(beta):
        foreign = services.create_segment(name="Чужой", tree=_tree(ORDERS))
    assert marketer.get(f"/segments/{foreign.public_id}/").status_code == 404
    assert marketer.post(f"/segments/{foreign.public_id}/refresh/").status_code == 404
    assert "Чужой" not in _text(marketer.get("/segments/"))
    assert SegmentMember.objects.count() == 0
    assert selectors.tree_of(foreign.public_id) is None
