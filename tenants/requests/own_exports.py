"""What the apps below keep about a person: profile, consents, log, requests, decisions."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from tenants.audit.models import ProcessingEntry
from tenants.customers.models import (
    ContactPoint,
    Customer,
    Identity,
    PersonalAttribute,
    PersonalName,
)
from tenants.customers.sealing import Vault
from tenants.privacy.models import AdPermission, ConsentRecord, StopEvent, Suppression
from tenants.requests.contracts import Section
from tenants.requests.models import SubjectRequest
from tenants.tenancy.selectors import current_tenant

MOST_ROWS = 5_000
_KINDS_SHOWN = ("external", "loyalty", "device", "cookie", "messenger")


def at(moment: datetime | None) -> str:
    """Minutes in the operator's zone."""
    if moment is None:
        return ""
    return f"{moment.astimezone(ZoneInfo(current_tenant().timezone)):%d.%m.%Y %H:%M}"


def export_profile(customer_ids: Sequence[int]) -> Iterable[Section]:
    vault = Vault(current_tenant())
    rows: list[tuple[str, str]] = []
    for customer in Customer.objects.filter(pk__in=customer_ids):
        rows += _plain_facts(customer)
    names = PersonalName.objects.filter(customer_id__in=customer_ids)
    opened = vault.open_many(
        [(each.pk, each.customer_id, bytes(each.sealed)) for each in names], "name"
    )
    labels = {"first": _("First name"), "last": _("Last name"), "middle": _("Middle name")}
    for text in opened.values():
        rows += [(labels.get(part, part), value) for part, value in json.loads(text).items()]
    rows += _sealed_facts(vault, customer_ids)
    sources = Customer.objects.filter(pk__in=customer_ids).values_list("source", flat=True)
    yield Section(
        "profile", _("Your data"), head=(_("What"), _("Value")),
        rows=[row for row in rows if row[1]], source=", ".join(filter(None, sources)),
    )  # fmt: skip
    known = Identity.objects.filter(person_id__in=customer_ids, kind__in=_KINDS_SHOWN)
    yield Section(
        "identities", _("Numbers you are known by"), head=(_("Kind"), _("System"), _("Number")),
        rows=[
            (str(each.get_kind_display()), each.namespace, each.key)
            for each in known.order_by("kind", "namespace", "key")
        ],
    )  # fmt: skip


def _plain_facts(customer: Customer) -> list[tuple[str, str]]:
    facts = [
        (_("Customer's number"), str(customer.public_id)),
        (_("State"), str(customer.get_status_display())),
        (_("City"), customer.city), (_("Age band"), customer.age_band),
        (_("Language"), customer.language), (_("Time zone"), customer.timezone),
        (_("Stage"), customer.lifecycle_stage), (_("Tags"), ", ".join(customer.tags)),
        (_("Known since"), at(customer.created_at)),
    ]  # fmt: skip
    facts += [(str(name), str(value)) for name, value in sorted(customer.attributes.items())]
    return facts


def _sealed_facts(vault: Vault, customer_ids: Sequence[int]) -> list[tuple[str, str]]:
    points = list(ContactPoint.objects.filter(customer_id__in=customer_ids).order_by("kind", "pk"))
    opened = vault.open_many([(row.pk, row.customer_id, bytes(row.sealed)) for row in points])
    facts = [(str(row.get_kind_display()), opened[row.pk]) for row in points if row.pk in opened]
    others = list(PersonalAttribute.objects.filter(customer_id__in=customer_ids).order_by("name"))
    plain = vault.open_many(
        [(row.pk, row.customer_id, bytes(row.sealed)) for row in others], "attribute"
    )
    return facts + [(row.name, plain[row.pk]) for row in others if row.pk in plain]


def export_consents(customer_ids: Sequence[int]) -> Iterable[Section]:
    consents = ConsentRecord.objects.filter(customer_id__in=customer_ids).order_by("given_at")
    yield Section(
        "consents", _("Consents to processing"),
        head=(_("Purpose"), _("State"), _("Given"), _("Withdrawn"), _("Source")),
        rows=[
            (each.purpose, str(each.get_status_display()), at(each.given_at),
             at(each.withdrawn_at), each.source)
            for each in consents
        ],
    )  # fmt: skip
    permissions = AdPermission.objects.filter(customer_id__in=customer_ids).order_by("given_at")
    yield Section(
        "permissions", _("Permissions to send advertising"),
        head=(_("Channel"), _("State"), _("How it was confirmed"), _("Given"), _("Revoked")),
        rows=[
            (each.channel, str(each.get_status_display()), each.identity_proof,
             at(each.given_at), at(each.revoked_at))
            for each in permissions
        ],
    )  # fmt: skip


def export_stops(customer_ids: Sequence[int]) -> Iterable[Section]:
    stops = StopEvent.objects.filter(customer_id__in=customer_ids).order_by("received_at")
    yield Section(
        "stops", _("Refusals and stops"),
        head=(_("What"), _("Channel"), _("Received"), _("In effect")),
        rows=[(each.kind, each.channel, at(each.received_at), at(each.effective_at))
              for each in stops],
    )  # fmt: skip
    hmacs = ContactPoint.objects.filter(customer_id__in=customer_ids)
    kept = Suppression.objects.filter(
        address_hmac__in=[bytes(each) for each in hmacs.values_list("address_hmac", flat=True)]
    )
    yield Section(
        "suppressions", _("Your addresses in the stop list"),
        head=(_("Channel"), _("Reason"), _("Since")),
        rows=[(each.channel, each.reason, at(each.since)) for each in kept.order_by("since")],
    )  # fmt: skip


def export_log(customer_ids: Sequence[int]) -> Iterable[Section]:
    """What was done with the data; whose hands did it is named by role, never by name."""
    rows = ProcessingEntry.objects.filter(subject_id__in=customer_ids).order_by("-pk")[:MOST_ROWS]
    yield Section(
        "log", _("What was done with your data"), head=(_("When"), _("What"), _("Which data")),
        rows=[
            (at(each.at), str(each.get_action_display()), ", ".join(each.categories))
            for each in rows
        ],
        note=_("Access of staff under their duties; names of staff are not disclosed: article 14(7)(4)."),  # noqa: E501 one text
    )  # fmt: skip


def export_requests(customer_ids: Sequence[int]) -> Iterable[Section]:
    rows = SubjectRequest.objects.filter(customer_id__in=customer_ids).order_by("received_at")
    yield Section(
        "requests", _("Your requests"),
        head=(_("Number"), _("What"), _("Received"), _("State"), _("Answered")),
        rows=[
            (str(each.pk), str(each.get_type_display()), at(each.received_at),
             str(each.get_status_display()), at(each.answered_at))
            for each in rows
        ],
    )  # fmt: skip
