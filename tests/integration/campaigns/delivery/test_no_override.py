"""REQ-S3: no role, no form, no endpoint and no service has a way around the gate."""

import inspect
import re
from typing import Any

import pytest
from django_tenants.utils import schema_context
from drf_spectacular.generators import SchemaGenerator

from campaigns.broadcasts import forms as broadcast_forms
from campaigns.broadcasts import services as broadcasts
from campaigns.channels import forms as channel_forms
from campaigns.delivery import gate, outbox, ruling, sending, services
from campaigns.delivery.contracts import SHARED, Policy, Ruling
from campaigns.delivery.gate import classify_sql
from campaigns.delivery.models import Message
from tenants.accounts.contracts import Role
from tenants.privacy.models import ConsentRecord
from tenants.tenancy.models import Tenant
from tests.factories.accounts import client_of
from tests.factories.api import ApiClient
from tests.factories.campaigns import FakeChannel, make_broadcast, make_people

AROUND = re.compile(r"force|skip|bypass|overrid|ignore|without|unsafe|disable|no_?check|trust",
                    re.IGNORECASE)  # fmt: skip
TRIES = {"force": "1", "skip_gate": "1", "override": "1", "ignore_consent": "1",
         "is_advertising": "false", "policy": "{}", "agreement": "true"}  # fmt: skip
ALWAYS = ("B_AGREEMENT", "B_RKN", "B_PROFILE", "B_PD_CONSENT", "B_AD_PERMISSION", "B_EVIDENCE",
          "B_SUPPRESSED", "B_CHANNEL_LAW", "B_CROSS_BORDER")  # fmt: skip


def _names(schema: Any) -> set[str]:
    """Every property and parameter of the whole API."""
    if isinstance(schema, dict):
        own = (
            set(schema.get("properties", {}))
            if isinstance(schema.get("properties"), dict)
            else set()
        )
        if "in" in schema and "name" in schema:
            own.add(str(schema["name"]))
        return own.union(*(_names(each) for each in schema.values()))
    if isinstance(schema, list):
        return set().union(*(_names(each) for each in schema)) if schema else set()
    return set()


def test_no_endpoint_has_such_a_parameter(acme: Tenant) -> None:
    schema = SchemaGenerator(urlconf="cvm_platform.urls").get_schema(request=None, public=True)
    names = _names(schema)
    assert "expected" in names  # the walk sees bodies
    assert sorted(name for name in names if AROUND.search(name)) == []


def test_no_form_has_such_a_field() -> None:
    fields = {
        name
        for module in (broadcast_forms, channel_forms)
        for _label, kind in inspect.getmembers(module, inspect.isclass)
        for name in getattr(kind, "base_fields", {})
    }
    assert "segment" in fields
    assert [name for name in fields if AROUND.search(name)] == []


def test_no_service_takes_such_an_argument() -> None:
    found = {
        f"{module.__name__}.{name}: {argument}"
        for module in (broadcasts, services, gate, outbox, ruling, sending)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        for argument in inspect.signature(function).parameters
        if function.__module__.startswith("campaigns.") and AROUND.search(argument)
    }
    assert found == set()


@pytest.mark.parametrize(
    "policy",
    [Policy(), Policy(cap=None), Policy(global_layer=1, local_layer=2), Policy(channel="SMS"),
     Policy.from_json({}), Policy.from_json({"cap": None, "quiet": None, "brand": "X"})],
)  # fmt: skip
def test_no_policy_leaves_a_check_of_the_law_out(policy: Policy) -> None:
    asked = re.findall(r"THEN '(\w+)'", classify_sql(policy, Ruling()))
    assert set(ALWAYS) <= set(asked)
    assert set(SHARED) <= set(asked)


def test_a_policy_that_does_not_say_its_class_is_advertising() -> None:
    assert Policy.from_json({}).is_advertising


@pytest.mark.parametrize("role", list(Role))
def test_no_role_gets_a_letter_past_the_gate(acme: Tenant, role: Role) -> None:
    """Whatever is put into the request, those without a consent are counted, not written to."""
    make_people(1, 20)
    ConsentRecord.objects.filter(customer_id__lte=10).delete()
    broadcast = make_broadcast(control_bp=0)
    client = client_of(acme, role)
    url = f"/broadcasts/{broadcast.public_id}/"
    client.post(f"{url}estimate/", TRIES)
    broadcast.refresh_from_db()
    shown = broadcast.estimate.get("will_receive", "")
    for expected in (shown, broadcast.estimate.get("at", "")):
        client.post(f"{url}start/", {**TRIES, "expected": expected})
    client.post(f"{url}resume/", TRIES)
    channel = FakeChannel()
    with schema_context("public"):
        services.work(channel, seconds=20)
    assert {each for each in channel.recipients if each <= 10} == set()
    held = Message.objects.filter(customer_id__lte=10).values_list("reason", flat=True)
    assert set(held) <= {"B_PD_CONSENT"}


def test_no_api_key_gets_one_past_it_either(acme: Tenant) -> None:
    make_people(1, 20)
    ConsentRecord.objects.filter(customer_id__lte=10).delete()
    broadcast = make_broadcast(control_bp=0)
    api = ApiClient(acme)
    answer = api.post(f"broadcasts/{broadcast.public_id}/start/", TRIES)
    assert answer.status_code == 200
    channel = FakeChannel()
    with schema_context("public"):
        services.work(channel, seconds=20)
    assert channel.recipients
    assert min(channel.recipients) > 10
