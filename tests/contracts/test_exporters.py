"""Whatever reaches a customer is told to the customer who asks, or stands here with a reason."""

from django.apps import apps
from django.db.models import Field

from tenants.requests import registry

COLUMNS = frozenset({"customer_id", "person_id", "subject_id"})
TARGETS = frozenset({"customers.Customer", "customers.Person"})
NOT_TOLD = {
    "customers.DataKey": "a key says nothing about the person",
    "keyring.KeyShare": "half of a key",
    "keyring.ErasureMark": "number of somebody who is erased already",
    "privacy.ConsentEvent": "history of the consents and permissions that are told",
    "privacy.Confirmation": "a link or a code that waits three days at most",
    "privacy.Evidence": "proof of the consents that are told; read by the officer alone (3.7)",
    "erasure.ErasureSubject": "the course of an erasure, told by its act",
    "erasure.Tombstone": "number of somebody who is erased already",
    "erasure.SendingProof": "proof kept after an erasure, when nobody can ask any more",
    "erasure.LegalHold": "a dispute of the operator; told by the operator's lawyer",
}


def _reaches(field: Field) -> bool:  # type: ignore[type-arg]  # any field
    if field.is_relation and field.related_model is not None:
        return field.related_model._meta.label in TARGETS
    return field.name in COLUMNS or field.attname in COLUMNS


def test_every_model_that_reaches_a_customer_is_told_or_has_a_reason() -> None:
    told = {label for each in registry.exporters() for label in each.models}
    reaching = {
        model._meta.label
        for model in apps.get_models()
        if any(_reaches(field) for field in model._meta.concrete_fields)
    }
    assert "events.Order" in reaching
    assert reaching - told - set(NOT_TOLD) == set()


def test_every_covered_model_exists() -> None:
    known = {model._meta.label for model in apps.get_models()}
    told = {label for each in registry.exporters() for label in each.models}
    assert told - known == set()
