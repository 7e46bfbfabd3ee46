"""Reading layers and assignments."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count

from analytics.stats.assignment import SMALLEST_GLOBAL_CONTROL
from campaigns.experiments.contracts import GLOBAL
from campaigns.experiments.models import Assignment, Layer

# contactable with advertising through at least one channel, by facts of this moment
CONTACTABLE_OF = """
    SELECT c.id AS customer_id
    FROM customers_customer c
    WHERE c.status = 'active' AND c.id IN (SELECT id FROM {people})
      AND EXISTS (SELECT 1 FROM privacy_consentrecord r
                  WHERE r.customer_id = c.id AND r.purpose = 'PROMO_DIRECT'
                    AND r.status = 'ACTIVE' AND (r.expires_at IS NULL OR r.expires_at > now()))
      AND EXISTS (SELECT 1 FROM privacy_adpermission a
                  WHERE a.customer_id = c.id AND a.status = 'ACTIVE'
                    AND a.verified_at IS NOT NULL AND a.identity_proof <> 'NONE')
"""
CONTACTABLE = CONTACTABLE_OF.replace(" AND c.id IN (SELECT id FROM {people})", "")


@dataclass(frozen=True, slots=True)
class ArmCounts:
    treated: int
    control: int

    @property
    def is_large_enough(self) -> bool:
        """Below this a global group proves little; the screen says what is still possible."""
        return self.control >= SMALLEST_GLOBAL_CONTROL


def global_layer() -> Layer | None:
    """The version in force, or None before the first draw."""
    return Layer.objects.filter(code=GLOBAL, closed_at=None).order_by("-version").first()


def arm_counts(layer_id: int) -> ArmCounts:
    rows = Assignment.objects.filter(layer_id=layer_id).values_list("arm").annotate(n=Count("*"))
    counts = dict(rows)
    return ArmCounts(counts.get(Assignment.Arm.TREATED, 0), counts.get(Assignment.Arm.CONTROL, 0))


def contactable_count() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({CONTACTABLE}) x")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
