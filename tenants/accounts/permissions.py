"""The permission matrix: the only place that says which role may do what."""

from tenants.accounts.contracts import Permission, Role

P = Permission  # the matrix below is read more easily with a short name

_LOOK = frozenset({P.HOME_VIEW, P.RFM_VIEW, P.SEGMENTS_VIEW, P.TEMPLATES_VIEW,
                   P.BROADCASTS_VIEW, P.RESULTS_VIEW})  # fmt: skip
_CONTENT = frozenset({P.HOME_VIEW, P.TEMPLATES_VIEW, P.TEMPLATES_EDIT, P.BROADCASTS_VIEW})
_CAMPAIGN = _LOOK | {P.SEGMENTS_EDIT, P.TEMPLATES_EDIT, P.BROADCASTS_EDIT, P.BROADCASTS_SEND,
                     P.IMPORTS_VIEW, P.IMPORTS_RUN, P.MAILBOX_VIEW}  # fmt: skip
_MANAGE = frozenset({P.TEAM_VIEW, P.TEAM_MANAGE, P.SETTINGS_VIEW, P.SETTINGS_EDIT,
                     P.API_KEYS_MANAGE, P.AUDIT_VIEW})  # fmt: skip

MATRIX: dict[Role, frozenset[P]] = {
    # agency: personal data masked, always
    Role.AGENCY_OWNER: _CAMPAIGN | _MANAGE
    | {P.COMPANIES_VIEW, P.COMPANIES_CREATE, P.CUSTOMERS_VIEW},
    # aggregates only: campaigns without the list of people
    Role.AGENCY_MANAGER: _CAMPAIGN - {P.MAILBOX_VIEW}
    | {P.COMPANIES_VIEW, P.TEAM_VIEW, P.SETTINGS_VIEW},
    Role.AGENCY_MARKETER: _CAMPAIGN | {P.COMPANIES_VIEW, P.CUSTOMERS_VIEW, P.SETTINGS_VIEW},
    Role.AGENCY_ANALYST: _LOOK | {P.COMPANIES_VIEW, P.CUSTOMERS_VIEW, P.SEGMENTS_EDIT,
                                  P.IMPORTS_VIEW},
    Role.AGENCY_OPERATOR: _LOOK | {P.COMPANIES_VIEW, P.CUSTOMERS_VIEW, P.CUSTOMERS_REVEAL,
                                   P.IMPORTS_VIEW, P.MAILBOX_VIEW},
    Role.AGENCY_DPO: frozenset({P.COMPANIES_VIEW, P.HOME_VIEW, P.AUDIT_VIEW, P.SETTINGS_VIEW,
                                P.TEAM_VIEW}),
    Role.COPYWRITER: _CONTENT | {P.COMPANIES_VIEW},
    Role.SRE: frozenset({P.COMPANIES_VIEW}),
    # client
    Role.CLIENT_ADMIN: _LOOK | _MANAGE | {P.IMPORTS_VIEW, P.AGENCY_SIGHT},
    Role.CLIENT_DPO: _LOOK | {P.CUSTOMERS_VIEW, P.CUSTOMERS_PERSONAL, P.AUDIT_VIEW,
                              P.PRIVACY_OVERSEE,
                              P.SETTINGS_VIEW, P.TEAM_VIEW, P.IMPORTS_VIEW, P.CUSTOMERS_EXPORT},
    Role.CLIENT_MARKETER: _CAMPAIGN | {P.CUSTOMERS_VIEW, P.CUSTOMERS_PERSONAL, P.SETTINGS_VIEW,
                                       P.CUSTOMERS_EXPORT},
    Role.CLIENT_SUPPORT: frozenset({P.HOME_VIEW, P.CUSTOMERS_VIEW, P.CUSTOMERS_PERSONAL}),
    Role.CLIENT_ANALYST: _LOOK | {P.CUSTOMERS_VIEW, P.SEGMENTS_EDIT, P.IMPORTS_VIEW},
    Role.CLIENT_FINANCE: frozenset({P.HOME_VIEW, P.BROADCASTS_VIEW, P.RESULTS_VIEW,
                                    P.RESULTS_SIGN, P.SETTINGS_VIEW, P.AGENCY_SIGHT}),
    # either
    Role.VIEWER: _LOOK | {P.COMPANIES_VIEW},
    Role.AUDITOR: frozenset({P.COMPANIES_VIEW, P.HOME_VIEW, P.AUDIT_VIEW, P.TEAM_VIEW,
                             P.SETTINGS_VIEW}),
}  # fmt: skip
for _role in (Role.AGENCY_OWNER, Role.AGENCY_DPO, Role.CLIENT_ADMIN, Role.CLIENT_DPO):
    MATRIX[_role] |= {P.REGISTERS_VIEW, P.REGISTERS_EDIT}
for _role in (Role.AGENCY_MANAGER, Role.AUDITOR):
    MATRIX[_role] |= {P.REGISTERS_VIEW}
# whoever notices a leak says so: the clock of the law runs from the earliest detection
for _role in Role:
    MATRIX[_role] |= {P.INCIDENTS_REPORT}
# consents: who works on campaigns prepares the texts, the operator's officer publishes and signs
for _role in (Role.AGENCY_OWNER, Role.AGENCY_MANAGER, Role.AGENCY_MARKETER, Role.CLIENT_ADMIN,
              Role.CLIENT_DPO, Role.CLIENT_MARKETER):  # fmt: skip
    MATRIX[_role] |= {P.CONSENTS_VIEW, P.CONSENTS_EDIT}
for _role in (Role.AGENCY_DPO, Role.AUDITOR):
    MATRIX[_role] |= {P.CONSENTS_VIEW}
# requests about personal data: who sees the terms, who writes them down, who answers
for _role in (Role.CLIENT_DPO, Role.CLIENT_SUPPORT, Role.AGENCY_DPO, Role.AGENCY_OPERATOR):
    MATRIX[_role] |= {P.REQUESTS_VIEW, P.REQUESTS_REGISTER}
for _role in (Role.CLIENT_ADMIN, Role.AUDITOR):
    MATRIX[_role] |= {P.REQUESTS_VIEW}
MATRIX[Role.CLIENT_DPO] |= {P.REQUESTS_WORK}
# erasing: the operator's officer runs and signs, his administrator is the second who signs
for _role in (Role.CLIENT_ADMIN, Role.CLIENT_DPO, Role.AGENCY_DPO, Role.AUDITOR):
    MATRIX[_role] |= {P.ERASURE_VIEW}
MATRIX[Role.CLIENT_DPO] |= {P.ERASURE_RUN, P.ERASURE_SIGN}
MATRIX[Role.CLIENT_ADMIN] |= {P.ERASURE_SIGN}
# whoever acts may be asked to decide or to do something
for _role in set(Role) - {Role.VIEWER, Role.AUDITOR, Role.SRE}:
    MATRIX[_role] |= {P.TASKS_VIEW}

# What a role may never get, whatever somebody edits above (152-FZ specification, part 2).
AGENCY_NEVER = frozenset({P.CUSTOMERS_PERSONAL, P.CUSTOMERS_EXPORT, P.RESULTS_SIGN,
                          P.PRIVACY_OVERSEE, P.AGENCY_SIGHT, P.REQUESTS_WORK})  # fmt: skip
AGENCY_NEVER |= {P.ERASURE_RUN, P.ERASURE_SIGN}

# What remains of the agency's rights while its assignment does not run: the papers and leaks.
WITHOUT_ASSIGNMENT = frozenset({P.REGISTERS_VIEW, P.REGISTERS_EDIT, P.INCIDENTS_REPORT})


def allowed(role: str, permission: str) -> bool:
    try:
        return permission in MATRIX[Role(role)]
    except ValueError:
        return False
