"""One store forgets: statements made of what its eraser says."""

from collections.abc import Sequence

from cvm_platform.common import bulk
from tenants.erasure.contracts import Eraser, Means, Person


def run(eraser: Eraser, people: Sequence[Person]) -> int:
    """Rows touched. Names of tables and conditions are constants of the apps."""
    if eraser.run is not None:
        return eraser.run(people)
    condition = f" AND ({eraser.where})" if eraser.where else ""
    if eraser.means == Means.STAND_IN:
        assignments = ", ".join(
            part for part in (f"{eraser.column} = u.stand_in", eraser.clear) if part
        )
        return bulk.run(
            f"UPDATE {eraser.table} AS t SET {assignments} "
            "FROM unnest(%s::bigint[], %s::bigint[]) AS u (id, stand_in) "
            f"WHERE t.{eraser.column} = u.id{condition}",
            bulk.columns_of([(person.customer_id, person.stand_in) for person in people], 2),
        )
    return bulk.run(
        f"DELETE FROM {eraser.table} AS t WHERE t.{eraser.column} = ANY(%s::bigint[]){condition}",
        [[person.customer_id for person in people]],
    )
