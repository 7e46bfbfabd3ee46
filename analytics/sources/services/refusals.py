"""Refusals of a whole file."""

from django.utils.translation import gettext as _

from analytics.sources.contracts import REASONS, FileProblem
from analytics.sources.reading.rejects import Rejects


def no_rows(rejects: Rejects) -> FileProblem:
    """Every row was refused: the first one tells why."""
    firsts = [(samples[0]["row"], code) for code, samples in rejects.samples.items()]
    row, code = min(firsts, default=(2, ""))
    return FileProblem(
        _(
            "Not one row can be loaded. Row %(row)s: %(reason)s. Check the columns, the delimiter "
            "and the date format."
        )
        % {"row": row, "reason": REASONS.get(code, _("no data"))},
        row=row,
        code="no_rows",
    )
