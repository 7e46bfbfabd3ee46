"""The one door to assignments: append-only, the past is never computed again."""

import secrets
from datetime import datetime

import numpy as np
from django.db import connection, transaction
from django.db.models import Max

from analytics.stats.assignment import BUCKETS, global_control_share
from campaigns.experiments import selectors
from campaigns.experiments.columns import write_columns
from campaigns.experiments.contracts import GLOBAL, GroupReport, Population
from campaigns.experiments.draws import Draw, compute_draw
from campaigns.experiments.hashing import bucket_sql, digest_sql, salt_prefix
from campaigns.experiments.models import AssignmentSalt, Layer
from cvm_platform.common import clock
from cvm_platform.common.bulk import lock_tenant, one_pass, run

_LOCK = "experiments"  # one first draw at a time in a tenant; later ones wait for nobody


def ensure_salt() -> str:
    """The tenant's 128 random bits, made on first use."""
    known = AssignmentSalt.objects.order_by("id").values_list("salt", flat=True).first()
    if known:
        return known
    with transaction.atomic():
        lock_tenant(_LOCK)
        salt, _created = AssignmentSalt.objects.get_or_create(
            id=1, defaults={"salt": secrets.token_hex(16)}
        )
    return salt.salt


def ensure_global_group() -> GroupReport:
    """Everybody contactable has an arm in the global layer.

    The first call draws by strata with a share that depends on the size of the base; later
    calls give newcomers their arm by the plain threshold with the same share.
    """
    salt = ensure_salt()
    layer = selectors.global_layer()
    added = 0
    if layer is None:
        with transaction.atomic():
            lock_tenant(_LOCK)
            layer = selectors.global_layer()
            if layer is None:
                layer, added = _first_global(salt)
    added = added or _add_newcomers(layer, salt)
    counts = selectors.arm_counts(layer.pk)
    return GroupReport(layer.pk, layer.control_bp / BUCKETS, counts.treated, counts.control, added)


def preview_local(*, code: str, control_bp: int, population: Population) -> Draw:
    """The draw that `draw_local` would make now; nothing is written."""
    return compute_draw(
        population, salt=ensure_salt(), code=code, first_version=_next_version(code),
        share=control_bp / BUCKETS,
    )  # fmt: skip


def draw_local(
    *, code: str, control_bp: int, population: Population, assigned_at: datetime | None = None
) -> Layer:
    """Draws and stores the arms of a fixed audience.

    Args:
        code: layer name, `exp-<id>`.
        control_bp: control share in hundredths of a percent.
        population: the eligible people.
        assigned_at: start of everybody's window, the same for both arms; now by default.

    """
    draw = preview_local(code=code, control_bp=control_bp, population=population)
    return keep_draw(code=code, control_bp=control_bp, draw=draw, assigned_at=assigned_at)


def keep_draw(
    *, code: str, control_bp: int, draw: Draw, assigned_at: datetime | None = None
) -> Layer:
    """Stores a draw that `preview_local` made, as it is.

    Raises:
        IntegrityError: the layer was drawn by somebody else meanwhile.
    """
    with transaction.atomic():
        return _store(code, control_bp, draw, assigned_at or clock.now())


def _first_global(salt: str) -> tuple[Layer, int]:
    share = round(global_control_share(selectors.contactable_count()), 4)
    population = Population(selectors.CONTACTABLE)
    draw = compute_draw(population, salt=salt, code=GLOBAL, first_version=1, share=share)
    layer = _store(GLOBAL, round(share * BUCKETS), draw, clock.now())
    return layer, int(draw.customer_ids.size)


def _store(code: str, control_bp: int, draw: Draw, assigned_at: datetime) -> Layer:
    layer = Layer.objects.create(
        code=code, version=draw.version, control_bp=control_bp, report=draw.report()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE drawn (customer_id bigint, stratum bigint, control bigint) "
            "ON COMMIT DROP"
        )
        write_columns(
            "drawn",
            {"customer_id": draw.customer_ids, "stratum": draw.strata,
             "control": draw.control.astype(np.int64)},
        )  # fmt: skip
        cursor.execute(
            "INSERT INTO experiments_assignment "
            "(customer_id, layer_id, arm, stratum, assigned_at, reason) "
            "SELECT customer_id, %s, CASE control WHEN 1 THEN 'control' ELSE 'treated' END, "
            "stratum, %s, 'draw' FROM drawn ORDER BY customer_id",
            [layer.pk, assigned_at],
        )
        cursor.execute("DROP TABLE drawn")
    return layer


def _add_newcomers(layer: Layer, salt: str) -> int:
    """Their arms follow from the hash, so two at once give everybody the same one; in the same
    order, so that neither waits for the other for ever.
    """
    statement = f"""
        WITH fresh AS MATERIALIZED (
            SELECT c.id, c.public_id FROM customers_customer c
            LEFT JOIN experiments_assignment a
                ON a.customer_id = c.id AND a.layer_id = %(layer)s
            WHERE a.customer_id IS NULL
        ), hashed AS MATERIALIZED (
            SELECT c.id, {digest_sql("c.public_id")} AS digest FROM fresh c
            WHERE c.id IN ({selectors.CONTACTABLE_OF.format(people="fresh")})
        )
        INSERT INTO experiments_assignment
            (customer_id, layer_id, arm, stratum, assigned_at, reason)
        SELECT h.id, %(layer)s,
               CASE WHEN {bucket_sql("h.digest")} < %(control_bp)s
                    THEN 'control' ELSE 'treated' END,
               0, %(now)s, 'newcomer'
        FROM hashed h ORDER BY h.id
        ON CONFLICT DO NOTHING
    """
    params = {
        "layer": layer.pk, "control_bp": layer.control_bp, "now": clock.now(),
        "salt_prefix": salt_prefix(salt, layer.code, layer.version),
    }  # fmt: skip
    with transaction.atomic(), one_pass():
        return run(statement, params)


def _next_version(code: str) -> int:
    newest = Layer.objects.filter(code=code).aggregate(newest=Max("version"))["newest"]
    return (newest or 0) + 1
