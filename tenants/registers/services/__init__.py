"""The one door to the registers."""

from tenants.registers.services.agreements import (
    activate_agreement,
    add_sub_processor,
    approve_sub_processor,
    ask_activation,
    end_agreement,
    remove_sub_processor,
    resume_agreement,
    save_agreement,
    suspend_agreement,
)
from tenants.registers.services.operator import note_notification, save_operator
from tenants.registers.services.purposes import save_purpose

__all__ = [
    "activate_agreement",
    "add_sub_processor",
    "approve_sub_processor",
    "ask_activation",
    "end_agreement",
    "note_notification",
    "remove_sub_processor",
    "resume_agreement",
    "save_agreement",
    "save_operator",
    "save_purpose",
    "suspend_agreement",
]
