"""The content of a dispatch: frozen when it starts, compiled once per process, kept for years.

Stored in `Dispatch.content`, so a click on an old message still finds its link and a changed
template changes nothing that was sent.
"""

import threading
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from campaigns.channels.contracts import Address, EmailStream
from campaigns.channels.fields import NAMES
from campaigns.channels.links import LinkMode, TrackedLink
from campaigns.channels.models import EmailTemplate, MessageClass, SenderIdentity
from campaigns.channels.rendering import CompiledTemplate, TemplateSource, compile_template
from campaigns.channels.tracking import Tracker
from campaigns.delivery.addresses import tracker_of
from tenants.tenancy.models import Tenant

TENANT_HEADER = "X-CVM-Tenant"


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent and from whom, without any customer's values."""

    subject: str
    preheader: str
    html: str
    text: str
    message_class: str
    template_id: int
    template_version: int
    sender_name: str
    sender_email: str
    reply_to: str
    organisation: str
    postal_address: str
    erid: str = ""  # mark of internet advertising, where the channel needs one

    @property
    def is_advertising(self) -> bool:
        return self.message_class == MessageClass.ADVERTISING

    @property
    def source(self) -> TemplateSource:
        return TemplateSource(
            subject=self.subject, html=self.html, preheader=self.preheader, text=self.text
        )


def content_of(template: EmailTemplate, sender: SenderIdentity) -> Content:
    return Content(
        subject=template.subject, preheader=template.preheader, html=template.html,
        text=template.text, message_class=template.message_class, template_id=template.pk,
        template_version=template.version, sender_name=sender.name, sender_email=sender.email,
        reply_to=sender.reply_to, organisation=sender.organisation,
        postal_address=sender.postal_address,
    )  # fmt: skip


def freeze(content: Content, tenant: Tenant) -> dict[str, Any]:
    """The JSON of a dispatch: content and its counted links.

    Raises:
        TemplateInvalid: it cannot be sent.
    """
    compiled = compile_content(content, tenant)
    links = [{**asdict(link), "mode": link.mode.value} for link in compiled.links]
    return {**asdict(content), "links": links}


def thaw(data: dict[str, Any]) -> Content:
    return Content(**{name: value for name, value in data.items() if name != "links"})


def links_of(data: dict[str, Any]) -> list[TrackedLink]:
    return [
        TrackedLink(each["number"], LinkMode(each["mode"]), each["target"], each["label"])
        for each in data.get("links", [])
    ]


def compile_content(
    content: Content, tenant: Tenant, tracker: Tracker | None = None
) -> CompiledTemplate:
    """Ready for many customers; kept for the next slices of the same content, thread by thread.

    Raises:
        TemplateInvalid
    """
    return _compiled(content, tenant.pk, tracker or tracker_of(tenant), threading.get_ident())


@lru_cache(maxsize=64)
def _compiled(content: Content, tenant_id: int, tracker: Tracker, _thread: int) -> CompiledTemplate:
    return compile_template(
        content.source,
        fields=NAMES,
        requires_footer=content.is_advertising,
        sign_link=lambda url: tracker.sign_link(tenant_id, url),
    )


def stream_of(content: Content, tenant: Tenant, key: str) -> EmailStream:
    """What all messages of one dispatch share; `key` is unique in the installation."""
    domain = content.sender_email.rpartition("@")[2]
    return EmailStream(
        key=key,
        from_=Address(content.sender_email, content.sender_name),
        return_path=f"bounce-{{ref}}@{domain}",
        message_id_domain=domain,
        reply_to=Address(content.reply_to) if content.reply_to else None,
        list_id=f"news.{tenant.schema_name.replace('_', '-')}.{domain}"
        if content.is_advertising else "",
        feedback_id=f"{key}:{tenant.schema_name}:email:cvm",
        headers={TENANT_HEADER: str(tenant.public_id)},
    )  # fmt: skip
