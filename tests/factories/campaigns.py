"""People with consents and addresses, a template, a sender, and a channel that remembers."""

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaigns.broadcasts.models import Broadcast
from campaigns.broadcasts.services import create_broadcast
from campaigns.channels.contracts import NotAttempted, Outcome, OutgoingEmail, Sent
from campaigns.channels.linting import claim_hash
from campaigns.channels.models import EmailTemplate, SenderIdentity
from campaigns.channels.selectors import source_of
from campaigns.delivery.content import Content, content_of
from campaigns.delivery.contracts import Policy
from campaigns.delivery.models import Dispatch
from campaigns.delivery.services import Audience, start_dispatch
from campaigns.segments.models import Segment
from cvm_platform.common import clock, crypto
from tenants.customers.models import ContactPoint, Customer, DataKey, Person, PersonalName
from tenants.customers.sealing import Vault
from tenants.privacy.models import AdPermission, ConsentRecord
from tenants.tenancy.selectors import current_tenant
from tests.factories.consents import brands, evidence_id

HTML = """<html><body><p>Hello, {{ customer.first_name }}!</p>
<p><a href="https://shop.example/sale">Sale</a></p>
<p>{{ sender.name }}, {{ sender.address }}. <a href="{{ unsubscribe_url }}">Stop</a></p>
</body></html>"""
EVERYBODY = "SELECT id AS customer_id FROM customers_customer"


def make_people(first: int, count: int) -> list[int]:
    """Customers `first`…, each with address, name, consent and permission; all may be sent to."""
    tenant = current_tenant()
    vault = Vault(tenant)
    now, evidence = clock.now(), evidence_id()
    ids = list(range(first, first + count))
    keys = {each: crypto.new_key() for each in ids}
    Person.objects.bulk_create(Person(id=each) for each in ids)
    Customer.objects.bulk_create(
        Customer(id=each, public_id=uuid.UUID(int=each), city="Москва") for each in ids
    )
    DataKey.objects.bulk_create(
        DataKey(customer_id=each, wrapped=vault.wrap(keys[each])) for each in ids
    )
    ContactPoint.objects.bulk_create(
        ContactPoint(customer_id=each, kind="email", address_hmac=hmac_of(each),
                     sealed=vault.seal(keys[each], each, email_of(each)), provider="example.com")
        for each in ids
    )  # fmt: skip
    PersonalName.objects.bulk_create(
        PersonalName(customer_id=each, sealed=vault.seal(
            keys[each], each, json.dumps({"first": f"Name{each}", "last": "Test"})))
        for each in ids
    )  # fmt: skip
    ConsentRecord.objects.bulk_create(
        ConsentRecord(customer_id=each, purpose="PROMO_DIRECT", status="ACTIVE", given_at=now,
                      source="test", evidence_id=evidence)
        for each in ids
    )  # fmt: skip
    AdPermission.objects.bulk_create(
        AdPermission(customer_id=each, channel="EMAIL", address_hmac=hmac_of(each),
                     status="ACTIVE", identity_proof="DOI_EMAIL", verified_at=now, given_at=now,
                     brands=list(brands()), evidence_id=evidence)
        for each in ids
    )  # fmt: skip
    return ids


def email_of(customer_id: int) -> str:
    return f"c{customer_id}@example.com"


def hmac_of(customer_id: int) -> bytes:
    return Vault(current_tenant()).email_hmac(email_of(customer_id))


SERVICE_HTML = "<p>Your order is on its way.</p><p>{{ sender.name }}, {{ sender.address }}</p>"


def make_template(**values: Any) -> EmailTemplate:
    """One that is no advertising comes with a second person's word."""
    template = EmailTemplate.objects.create(
        **{"name": "Sale", "subject": "Sale for {{ customer.first_name }}", "html": HTML, **values}
    )
    template.class_hash = claim_hash(template.message_class, source_of(template))
    template.save(update_fields=["class_hash"])
    return template


def make_service_template(**values: Any) -> EmailTemplate:
    return make_template(
        **{"message_class": "service", "subject": "Your order", "html": SERVICE_HTML, **values}
    )


def make_sender(**values: Any) -> SenderIdentity:
    return SenderIdentity.objects.create(
        **{"name": "Acme", "email": "hello@acme.example", "organisation": "Acme LLC",
           "postal_address": "1 Main Street", **values}
    )  # fmt: skip


def make_content(**values: Any) -> Content:
    return content_of(make_template(**values), make_sender())


def make_dispatch(
    *, audience: str = EVERYBODY, policy: Policy | None = None, slice_size: int = 100, **values: Any
) -> Dispatch:
    return start_dispatch(
        audience=Audience(audience, {}),
        content=make_content(**values),
        policy=policy or Policy(),
        slice_size=slice_size,
    )


@dataclass
class FakeChannel:
    """A channel in memory. `answer` decides about each message; the default takes all."""

    answer: Callable[[OutgoingEmail], Outcome] = lambda _message: Sent("queued")
    sent: list[OutgoingEmail] = field(default_factory=list)

    kind = "email"
    capabilities = None

    def send_many(self, messages: Iterable[OutgoingEmail]) -> Iterator[tuple[int, Outcome]]:
        for message in messages:
            outcome = self.answer(message)
            if isinstance(outcome, Sent):
                self.sent.append(message)
            yield message.message_id, outcome
            if isinstance(outcome, NotAttempted):
                for rest in messages:
                    yield rest.message_id, outcome
                return

    def close(self) -> None:
        """Nothing to close."""

    @property
    def recipients(self) -> Sequence[int]:
        return [message.message_id for message in self.sent]


def make_broadcast(**values: Any) -> Broadcast:
    """A complete draft to everybody."""
    segment = Segment.objects.create(
        name=f"Everybody {Segment.objects.count() + 1}",
        tree={"schema_version": 1, "root": {"all": []}},
    )
    template = values.pop("template", None) or make_template()
    return create_broadcast(
        **{"name": "Sale", "segment_id": segment.pk, "template_id": template.pk,
           "sender_id": make_sender().pk, **values}
    )  # fmt: skip
