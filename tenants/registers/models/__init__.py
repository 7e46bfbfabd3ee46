"""Registers of the operator: who, why, by whose hands, to whom, and what went wrong."""

from tenants.registers.models.agreements import ProcessorAgreement, SubProcessor
from tenants.registers.models.basics import Operator, Purpose
from tenants.registers.models.incidents import LeakIncident
from tenants.registers.models.recipients import CrossBorderNotice, OutboundIntegration

__all__ = [
    "CrossBorderNotice",
    "LeakIncident",
    "Operator",
    "OutboundIntegration",
    "ProcessorAgreement",
    "Purpose",
    "SubProcessor",
]
