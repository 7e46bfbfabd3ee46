"""What must be in order before a company works with people's data (152-FZ, articles 6, 18.1, 22).

Each line says where it is filled in. Apps above add theirs through `registers.registry.add_check`.
"""

from django.utils.translation import gettext_lazy as _

from cvm_platform.common import clock
from tenants.accounts.contracts import Role
from tenants.accounts.models import Membership
from tenants.registers import selectors
from tenants.registers.contracts import Check
from tenants.registers.registry import add_check
from tenants.tenancy.selectors import current_tenant

OPERATOR, AGREEMENT, TEAM = "/registers/operator/", "/registers/agreements/", "/team/"


def introduced() -> Check:
    said = selectors.operator()
    is_done = bool(said.legal_name and said.address and said.brands)
    hint = _("Consents name the company by its legal name, address and brands.")
    return Check("operator", _("Legal name, address and brands"), is_done, hint, OPERATOR)


def officer() -> Check:
    said = selectors.operator()
    is_done = bool(said.dpo_name and said.dpo_email)
    hint = _("People and the regulator write to this person (152-FZ, article 22.1).")
    return Check("dpo", _("Contacts of the data protection officer"), is_done, hint, OPERATOR)


def officer_in_team() -> Check:
    is_done = (
        Membership.objects.open_on(clock.now().date())
        .filter(tenant_id=current_tenant().pk, role=Role.CLIENT_DPO)
        .exists()
    )
    hint = _("Only the company's own officer can put the assignment in force: invite them.")
    return Check("officer", _("The officer in the company's team"), is_done, hint, TEAM)


def policy() -> Check:
    hint = _("The address of the page where the policy is published (article 18.1(2)).")
    return Check(
        "policy", _("Published policy"), bool(selectors.operator().policy_url), hint, OPERATOR
    )


def registered() -> Check:
    hint = _("The number in the regulator's registry of operators.")
    return Check(
        "rkn", _("Number in the registry of operators"), bool(selectors.operator().rkn_number),
        hint, OPERATOR,
    )  # fmt: skip


def notified() -> Check:
    is_done = bool(selectors.operator().notified.get("purposes"))
    hint = _("The purposes that the regulator was told about (article 22).")
    return Check("notified", _("Purposes told to the regulator"), is_done, hint, OPERATOR)


def assigned() -> Check:
    is_done = selectors.active_agreement(clock.now()) is not None
    hint = _("The contract with the agency, with all seven clauses of article 6(3).")
    return Check("agreement", _("Assignment to process data in force"), is_done, hint, AGREEMENT)


def register() -> None:
    makers = (introduced, officer, officer_in_team, policy, registered, notified, assigned)
    for maker in makers:
        add_check(f"registers.{maker.__name__}", maker)
