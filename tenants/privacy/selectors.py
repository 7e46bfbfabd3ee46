"""Reading what a customer allowed and what was stopped."""

from django.db.models import QuerySet

from tenants.privacy.models import AdPermission, ConsentRecord, StopEvent, Suppression


def consents_of(customer_id: int) -> QuerySet[ConsentRecord]:
    return ConsentRecord.objects.filter(customer_id=customer_id).order_by("purpose", "-given_at")


def permissions_of(customer_id: int) -> QuerySet[AdPermission]:
    return AdPermission.objects.filter(customer_id=customer_id).order_by("channel", "-given_at")


def stops_of(customer_id: int) -> QuerySet[StopEvent]:
    return StopEvent.objects.filter(customer_id=customer_id).order_by("-received_at")


def suppressions_of(address_hmacs: list[bytes]) -> QuerySet[Suppression]:
    return Suppression.objects.filter(address_hmac__in=address_hmacs).order_by("channel", "-since")
