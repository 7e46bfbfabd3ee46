"""What a customer allowed, what proves it, and what was stopped: the facts that the gate asks."""

from tenants.privacy.models.consents import AdPermission, Channel, ConsentEvent, ConsentRecord
from tenants.privacy.models.forms import Confirmation, ConsentForm
from tenants.privacy.models.stops import StopEvent, Suppression
from tenants.privacy.models.texts import ConsentText, Evidence, OperatorDeclaration

__all__ = [
    "AdPermission",
    "Channel",
    "Confirmation",
    "ConsentEvent",
    "ConsentForm",
    "ConsentRecord",
    "ConsentText",
    "Evidence",
    "OperatorDeclaration",
    "StopEvent",
    "Suppression",
]
