"""The letter as one customer would see it, without counting anything."""

import json
from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.broadcasts.models import Broadcast
from campaigns.channels.models import EmailTemplate, SenderIdentity
from campaigns.channels.previews import render_sample
from campaigns.channels.rendering import RenderedContent
from campaigns.channels.selectors import source_of
from campaigns.segments.models import SegmentMember
from cvm_platform.common.errors import InvalidInput
from tenants.customers.models import Customer, PersonalName
from tenants.customers.sealing import Vault
from tenants.tenancy.selectors import current_tenant


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose eyes the preview borrows."""

    first_name: str
    last_name: str
    city: str
    number: int

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class Preview:
    reader: Reader
    content: RenderedContent


def reader_at(broadcast: Broadcast | None, number: int, *, masked: bool) -> Reader:
    """The n-th person of the segment (from 0, over the end begins anew); a made-up one for none.

    Args:
        masked: for who may not see people: an invented one, whoever is in the segment. Paging
            through letters of real people would say who they are, one after another.
    """
    if masked:
        return invented(number)
    members = SegmentMember.objects.none()
    if broadcast is not None and broadcast.segment_id is not None:
        members = SegmentMember.objects.filter(segment_id=broadcast.segment_id)
    ids = members.order_by("customer_id").values_list("customer_id", flat=True)
    found = list(ids[number : number + 1]) or list(ids[:1])
    if not found:
        return invented(0)
    customer = Customer.objects.filter(pk=found[0]).first()
    first, last = _names(found[0])
    return Reader(first, last, customer.city if customer else "", number)


def invented(number: int) -> Reader:
    """Nobody: with and without a surname and a city, a long name too, as letters meet them."""
    people = (
        (_("Anna"), _("Ivanova"), _("Moscow")),
        (_("Ivan"), "", _("Kazan")),
        (_("Konstantin"), _("Rozhdestvensky"), ""),
        ("", "", ""),
    )
    first, last, city = people[number % len(people)]
    return Reader(first, last, city, number % len(people))


def _names(customer_id: int) -> tuple[str, str]:
    row = PersonalName.objects.filter(customer_id=customer_id).first()
    if row is None:
        return "", ""
    vault = Vault(current_tenant())
    plain = vault.open_many([(1, customer_id, bytes(row.sealed))], "name").get(1)
    name = json.loads(plain) if plain else {}
    return name.get("first", ""), name.get("last", "")


def render_for(template: EmailTemplate, sender: SenderIdentity | None, reader: Reader) -> Preview:
    """Rendered with real links and no pixel.

    Raises:
        TemplateInvalid, RenderFailed
    """
    content = render_sample(
        source_of(template), template.message_class, sender=sender,
        first_name=reader.first_name, last_name=reader.last_name, city=reader.city,
    )  # fmt: skip
    return Preview(reader, content)


def preview_of(broadcast: Broadcast, number: int, *, masked: bool) -> Preview:
    """Of a broadcast's letter.

    Raises:
        InvalidInput: there is no template yet, or it cannot be shown.
    """
    if broadcast.template is None:
        raise InvalidInput("There is no template.", code="no_template")
    reader = reader_at(broadcast, number, masked=masked)
    return render_for(broadcast.template, broadcast.sender, reader)
