"""From customers of a slice to messages on the wire: names and addresses are opened here only."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.channels.contracts import Address, OutgoingEmail
from campaigns.channels.fields import context_of
from campaigns.channels.problems import RenderFailed
from campaigns.channels.tracking import Tracked
from campaigns.delivery import contracts as c
from campaigns.delivery.addresses import tracker_of
from campaigns.delivery.content import Content, compile_content, stream_of
from campaigns.delivery.contracts import Gated
from campaigns.delivery.outbox import Written
from campaigns.delivery.statements import rows_of
from cvm_platform.common.crypto import Unreadable
from tenants.customers.sealing import Vault
from tenants.tenancy.models import Tenant

_PEOPLE = """
    SELECT k.customer_id, k.sealed, n.sealed, cu.city
    FROM unnest(%(customers)s::bigint[], %(contacts)s::bigint[]) AS t (customer_id, contact_id)
    JOIN customers_contactpoint k ON k.id = t.contact_id AND k.customer_id = t.customer_id
    JOIN customers_customer cu ON cu.id = t.customer_id
    LEFT JOIN customers_personalname n ON n.customer_id = t.customer_id
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Opened values of one recipient; never stored, never logged."""

    email: str
    first_name: str = ""
    last_name: str = ""
    city: str = ""


class Composer:
    """Makes the messages of one dispatch. Build it once per slice.

    Raises:
        TemplateInvalid: the stored content cannot be compiled any more.
    """

    def __init__(self, tenant: Tenant, dispatch_id: int, content: Content) -> None:
        self._tenant = tenant
        self._dispatch_id = dispatch_id
        self._content = content
        self._tracker = tracker_of(tenant)
        self._template = compile_content(content, tenant, self._tracker)
        self._stream = stream_of(content, tenant, f"{tenant.pk}-{dispatch_id}")
        self._vault = Vault(tenant)

    def people(self, rows: Sequence[Gated]) -> dict[int, Person]:
        """Opened values by customer; somebody whose values cannot be read is left out."""
        found = rows_of(
            _PEOPLE,
            {"customers": [row.customer_id for row in rows],
             "contacts": [row.contact_id for row in rows]},
        )  # fmt: skip
        sealed = [(2 * customer_id, customer_id, address) for customer_id, address, *_ in found]
        sealed += [
            (2 * customer_id + 1, customer_id, name)
            for customer_id, _address, name, _city in found
            if name is not None
        ]
        plain = self._open(sealed)
        people = {}
        for customer_id, _address, _name, city in found:
            if 2 * customer_id in plain:
                name = json.loads(plain.get(2 * customer_id + 1, "{}"))
                people[customer_id] = Person(
                    plain[2 * customer_id], name.get("first", ""), name.get("last", ""), city
                )
        return people

    def _open(self, sealed: list[tuple[int, int, bytes]]) -> dict[int, str]:
        try:
            return self._vault.open_many(sealed)
        except Unreadable:  # one damaged value must not hold up the others
            plain: dict[int, str] = {}
            for row in sealed:
                try:
                    plain.update(self._vault.open_many([row]))
                except Unreadable:
                    continue
            return plain

    def compose(self, row: Gated, person: Person | None) -> OutgoingEmail | Written:
        """The message, or why there is none."""
        if person is None:
            return Written(row.customer_id, "failed", c.UNREADABLE)
        urls = self._tracker.urls(Tracked(self._tenant.pk, self._dispatch_id, row.customer_id))
        content = self._content
        context = context_of(
            first_name=person.first_name, last_name=person.last_name, city=person.city,
            company=self._tenant.name, organisation=content.organisation,
            address=content.postal_address,
        )  # fmt: skip
        try:
            body = self._template.render(context, urls)
        except RenderFailed as error:
            return Written(row.customer_id, "failed", c.BAD_CONTENT, str(error))
        return OutgoingEmail(
            message_id=row.customer_id,
            to=Address(person.email, f"{person.first_name} {person.last_name}".strip()),
            stream=self._stream,
            subject=body.subject,
            html=body.html,
            text=body.text,
            unsubscribe_url=urls.unsubscribe_url if content.is_advertising else "",
            ref=f"{self._tenant.pk}-{self._dispatch_id}-{row.customer_id}",
        )
