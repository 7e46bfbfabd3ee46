"""Tables for finance: full figures, formulas defused."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from cvm_platform.common import sight
from cvm_platform.common.tables import defused
from tenants.accounts.companies import Row

Table = list[list[Any]]


def _units(minor: int | None) -> Decimal | None:
    return None if minor is None else Decimal(minor) / 100


def company_table(rows: list[Row]) -> Table:
    head: list[Any] = [
        _("Company"), _("Industry"), _("Plan"), _("Health"), _("Reason"), _("Customers"),
        _("Reachable"), _("Revenue, 30 days"), _("Currency"), _("Verdict"),
        _("Incremental profit"), _("From"), _("To"),
    ]  # fmt: skip
    table = [head]
    for row in rows:
        money = row.money if row.money and row.money.has_interval else None
        table.append([
            row.tenant.name, row.tenant.industry, row.tenant.plan.name, str(row.health.label),
            row.reason, sight.cell(row.sums.customers), sight.cell(row.sums.reachable),
            _units(row.revenue), row.tenant.currency,
            str(row.money.verdict.label) if row.money else "",
            _units(money.profit) if money else None, _units(money.low) if money else None,
            _units(money.high) if money else None,
        ])  # fmt: skip
    return [[defused(cell) for cell in line] for line in table]


def to_csv(table: Table) -> bytes:
    """With a byte order mark and semicolons: Excel in Russia opens it as a table."""
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(table)
    return out.getvalue().encode("utf-8-sig")


def to_xlsx(table: Table) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    for line in table:
        sheet.append(line)
    for number in range(1, len(table[0]) + 1):
        sheet.cell(row=1, column=number).font = Font(bold=True)
        widest = max(len(str(line[number - 1] or "")) for line in table)
        sheet.column_dimensions[get_column_letter(number)].width = min(50, widest + 2)
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


KINDS: dict[str, Callable[[Table], bytes]] = {"csv": to_csv, "xlsx": to_xlsx}
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
