"""What holds for everybody of a slice: the papers of the company, the law, the content.

Read anew for every slice and again while a long one is sent. There is no way around it: nothing
here takes a wish of a user or a role.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.channels.fields import category_of, needs_profiling
from campaigns.channels.linting import class_is_approved, letter_problems
from campaigns.channels.problems import TemplateInvalid
from campaigns.delivery import contracts as c
from campaigns.delivery.content import Content, compile_content
from campaigns.delivery.contracts import Policy, Quiet, Ruling
from tenants.channel_law import selectors as channel_law
from tenants.channel_law.contracts import ADVERTISING, MINORS, SERVICE
from tenants.registers import selectors as registers
from tenants.registers.contracts import Category, PdAction, Standing
from tenants.tenancy.models import Tenant

STALE_SECONDS = 30  # a ruling older than this is made again (REQ-S1 allows 60)
_PURPOSES = {True: "PROMO_DIRECT", False: "SERVICE_NOTICE"}


@dataclass(frozen=True, slots=True)
class _Used:
    """What the content and the channel take of a person: categories of the registers."""

    address: str
    fields: Mapping[str, str]  # name of a template's field → category


def make_ruling(
    policy: Policy, content: Content | None, *, tenant: Tenant, now: datetime
) -> Ruling:
    """The ruling about a dispatch, a draft or an idea.

    Args:
        content: None before a letter is chosen: then what is in it cannot be judged.

    Raises:
        DatabaseError: the facts cannot be read; nothing may be sent.
    """
    standing = registers.standing(now)
    verdict = channel_law.lawful(
        policy.channel, content.message_class if content else _class(policy), now,
        erid=content.erid if content else "",
    )  # fmt: skip
    names, fault = _names(content, tenant)
    used = _Used(
        c.ADDRESS_CATEGORIES[c.ADDRESS_KINDS.get(policy.channel, "")],
        {name: category for name in names if (category := category_of(name))},
    )
    purpose = _PURPOSES[policy.is_advertising]
    blocked = {
        c.AGREEMENT: _agreement(standing, purpose, used),
        c.RKN: _rkn(standing, purpose),
        c.FIELDS: _fields(purpose, used),
        c.CONTENT: fault or _content(content),
        verdict.code: verdict.sentence,
        c.AUTODECISION: _decision(policy),
    }
    quiet = Quiet(*verdict.quiet) if verdict.quiet else None
    return Ruling(
        blocked={code: blocked[code] for code in c.SHARED if blocked.get(code)},
        quiet=quiet,
        asks_permission=verdict.consent_always,
        needs_profiling=needs_profiling(names),
        admits_teens=channel_law.has_opinion(MINORS, now),
    )


def _class(policy: Policy) -> str:
    return ADVERTISING if policy.is_advertising else SERVICE


def _names(content: Content | None, tenant: Tenant) -> tuple[frozenset[str], str]:
    """Fields that the letter uses, and why it cannot be sent at all."""
    if content is None:
        return frozenset(), ""
    try:
        return compile_content(content, tenant).names, ""
    except TemplateInvalid as error:  # the rules became stricter since it was frozen
        return frozenset(), error.message


def _agreement(standing: Standing, purpose: str, used: _Used) -> str:
    """Check 1: the assignment runs and covers the action, the purpose and the data."""
    if not standing.agreement:
        return _("The company's assignment to process personal data does not run.")
    if PdAction.USE not in standing.actions:
        return _("The assignment does not allow the agency to use the data.")
    if purpose not in standing.purposes:
        return _("The assignment does not name the purpose of this message.")
    lacking = sorted({used.address, *used.fields.values()} - standing.pd_categories)
    if lacking:
        return _("The assignment does not name this data: %(data)s.") % {
            "data": ", ".join(str(Category(each).label) for each in lacking)
        }
    return ""


def _rkn(standing: Standing, purpose: str) -> str:
    """Check 2."""
    if not standing.rkn:
        return _("The company's number in the regulator's register is not known.")
    if purpose not in standing.notified:
        return _("The regulator was not told about the purpose of this message.")
    return ""


def _fields(purpose: str, used: _Used) -> str:
    """Check 8, its part that is the same for everybody."""
    found = registers.purpose(purpose)
    allowed = set(found.pd_categories) if found is not None else set()
    wrong = sorted(name for name, category in used.fields.items() if category not in allowed)
    if not wrong:
        return ""
    return _("The purpose does not cover these fields of the letter: %(names)s.") % {
        "names": ", ".join(wrong)
    }


def _content(content: Content | None) -> str:
    """Check 9: who writes, how to refuse, what is in it, and whether the class was approved."""
    if content is None:
        return ""
    if not content.organisation.strip() or not content.postal_address.strip():
        return _("The letter does not name the sender and its address (149-FZ, article 10).")
    problems = letter_problems(content.source, content.message_class)
    if problems:
        return problems[0].message
    if not class_is_approved(content.template_id, content.message_class, content.source):
        return _("A second person has not approved that this letter is no advertising.")
    return ""


def _decision(policy: Policy) -> str:
    """Check 12."""
    if policy.decides != "open":
        return ""
    return _("It decides something significant about people, and no person has confirmed it.")
