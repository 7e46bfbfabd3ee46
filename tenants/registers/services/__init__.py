"""The one door to the registers."""

from tenants.registers.services.agreements import (
    activate_agreement,
    ask_activation,
    end_agreement,
    resume_agreement,
    save_agreement,
    suspend_agreement,
)
from tenants.registers.services.closing import ask_no_violation
from tenants.registers.services.incidents import (
    confirm,
    note_additional,
    note_detection,
    note_primary,
    note_told,
    open_incident,
    open_incidents,
    save_incident,
)
from tenants.registers.services.opening import open_company
from tenants.registers.services.operator import note_notification, save_operator
from tenants.registers.services.purposes import save_purpose
from tenants.registers.services.recipients import (
    disable_recipient,
    enable_recipient,
    file_notice,
    note_decision,
    note_deletion,
    save_recipient,
)
from tenants.registers.services.sub_processors import (
    add_sub_processor,
    approve_sub_processor,
    remove_sub_processor,
)

__all__ = [
    "activate_agreement",
    "add_sub_processor",
    "approve_sub_processor",
    "ask_activation",
    "ask_no_violation",
    "confirm",
    "disable_recipient",
    "enable_recipient",
    "end_agreement",
    "file_notice",
    "note_additional",
    "note_decision",
    "note_deletion",
    "note_detection",
    "note_notification",
    "note_primary",
    "note_told",
    "open_company",
    "open_incident",
    "open_incidents",
    "remove_sub_processor",
    "resume_agreement",
    "save_agreement",
    "save_incident",
    "save_operator",
    "save_purpose",
    "save_recipient",
    "suspend_agreement",
]
