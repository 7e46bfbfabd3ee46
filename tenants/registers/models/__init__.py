"""Registers of the operator: who, why, by whose hands, to whom, and what went wrong."""

from tenants.registers.models.agreements import ProcessorAgreement, SubProcessor
from tenants.registers.models.basics import Operator, Purpose

__all__ = ["Operator", "ProcessorAgreement", "Purpose", "SubProcessor"]
