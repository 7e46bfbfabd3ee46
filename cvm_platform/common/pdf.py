"""Documents as PDF: headings, paragraphs, tables, lines to sign. No system library is needed.

fpdf2 instead of a renderer of HTML: what we print are acts and letters, and a machine without
Pango must be able to print them too.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.fonts import FontFace

_FAMILY = "dejavu"
_MARGIN_MM, _LINE_MM, _SIGN_MM = 20, 5.5, 12
_BODY_PT, _SMALL_PT, _HEADING_PT, _TITLE_PT = 10, 8, 12, 15
_SHADE = (240, 240, 240)


@cache
def _font(name: str) -> Path:
    found = finders.find(f"vendor/pdf/{name}.ttf")
    return (
        Path(str(found)) if found else Path(settings.STATIC_ROOT) / "vendor" / "pdf" / f"{name}.ttf"
    )


class _Sheet(FPDF):
    def footer(self) -> None:
        self.set_y(-_MARGIN_MM + _LINE_MM)
        self.set_font(_FAMILY, size=_SMALL_PT)
        text = _("Page %(page)s of %(pages)s") % {"page": self.page_no(), "pages": "{nb}"}
        self.cell(0, _LINE_MM, text, align="R")


class Document:
    """One A4 document, written from top to bottom.

    Args:
        title: first line and the file's title.
        subtitle: a line under it, e.g. number and date.
    """

    def __init__(self, title: str, subtitle: str = "") -> None:
        self._sheet = _Sheet(format="A4")
        self._sheet.add_font(_FAMILY, fname=_font("DejaVuSans"))
        self._sheet.add_font(_FAMILY, style="B", fname=_font("DejaVuSans-Bold"))
        self._sheet.set_margin(_MARGIN_MM)
        self._sheet.set_auto_page_break(auto=True, margin=_MARGIN_MM)
        self._sheet.set_title(title)
        self._sheet.add_page()
        self._write(title, _TITLE_PT, "B")
        if subtitle:
            self._write(subtitle, _BODY_PT)
        self._sheet.ln(_LINE_MM / 2)

    def _write(self, text: str, size: int, style: str = "") -> None:
        self._sheet.set_font(_FAMILY, style=style, size=size)
        self._sheet.multi_cell(0, size * 0.52, text, new_x="LMARGIN", new_y="NEXT")

    def heading(self, text: str) -> None:
        self._sheet.ln(_LINE_MM / 2)
        self._write(text, _HEADING_PT, "B")
        self._sheet.ln(1)

    def paragraph(self, text: str) -> None:
        self._write(text, _BODY_PT)
        self._sheet.ln(1)

    def small(self, text: str) -> None:
        self._write(text, _SMALL_PT)

    def pairs(self, rows: Iterable[tuple[str, str]]) -> None:
        """Names and values, a line of a two-column table each."""
        self._table([list(row) for row in rows], widths=(35, 65), head=())

    def table(
        self, head: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[int] = ()
    ) -> None:
        """The head is repeated on every page; widths are shares."""
        self._table([list(row) for row in rows], widths=widths, head=head)

    def _table(
        self, rows: Sequence[Sequence[str]], *, widths: Sequence[int], head: Sequence[str]
    ) -> None:
        if not rows and not head:
            return
        self._sheet.set_font(_FAMILY, size=_SMALL_PT)
        with self._sheet.table(
            col_widths=tuple(widths) or None, text_align="LEFT", line_height=_LINE_MM,
            first_row_as_headings=bool(head), num_heading_rows=int(bool(head)),
            headings_style=FontFace(emphasis="BOLD", fill_color=_SHADE), padding=1,
        ) as table:  # fmt: skip
            for each in ([head] if head else []) + list(rows):
                line = table.row()
                for text in each:
                    line.cell(text or " ")
        self._sheet.ln(_LINE_MM / 2)

    def signature(self, role: str, name: str = "") -> None:
        """A line to sign on: position, signature, name."""
        self._sheet.ln(_SIGN_MM)
        self._write(f"{role}  ______________________  / {name or '______________________'} /",
                    _BODY_PT)  # fmt: skip

    def content(self) -> bytes:
        return bytes(self._sheet.output())
