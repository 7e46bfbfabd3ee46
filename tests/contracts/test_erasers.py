"""Every model that reaches a customer says how it forgets him."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from tenants.customers.models import Customer, Person
from tenants.erasure import registry
from tenants.erasure.contracts import Means

OWNERS = {"customer_id", "person_id", "subject_id", "customer", "person"}
# a subject that is no person: what the message, order or product of an event is about
NO_PERSON = {"events.Event.subject_id"}


def _reaches(model: type[models.Model]) -> list[str]:
    return [
        field.name
        for field in model._meta.concrete_fields
        if (
            {field.name, field.attname} & OWNERS
            or (field.is_relation and field.related_model in {Customer, Person})
        )
        and f"{model._meta.label}.{field.attname}" not in NO_PERSON
    ]


def _tenant_models() -> list[type[models.Model]]:
    names = set(settings.TENANT_APPS)
    return [model for model in apps.get_models() if model._meta.app_config.name in names]


@pytest.mark.parametrize(
    "model",
    [each for each in _tenant_models() if _reaches(each)],
    ids=lambda each: each._meta.label,
)
def test_model_has_an_eraser(model: type[models.Model]) -> None:
    assert model._meta.label in registry.covered(), (
        f"{model._meta.label} reaches a customer by {', '.join(_reaches(model))} and nobody says "
        "how it forgets him: register an Eraser (tenants.erasure.registry.add_eraser) in its app."
    )


def test_erasers_name_what_exists() -> None:
    labels = {model._meta.label: model for model in apps.get_models()}
    tables = {model._meta.db_table for model in labels.values()}
    for eraser in registry.erasers():
        if eraser.table:
            assert eraser.table in tables, eraser.name
            model = labels[eraser.name.partition("#")[0]]
            columns = {field.column for field in model._meta.concrete_fields}
            assert eraser.column in columns, eraser.name


def test_what_is_kept_has_a_basis_and_a_term() -> None:
    bare = [
        each.name for each in registry.erasers()
        if each.means == Means.KEEP and not (str(each.basis) and each.years)
    ]  # fmt: skip
    assert bare == []


def test_keys_go_last_and_identities_after_what_is_looked_through() -> None:
    names = [each.name for each in registry.erasers()]
    assert names.index("customers.DataKey") > names.index("customers.Customer")
    readers = [each.name for each in registry.erasers() if each.run and each.means == Means.DELETE]
    for name in readers:
        if name != "customers.Customer":
            assert names.index(name) < names.index("customers.Identity"), name
