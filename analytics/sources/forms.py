"""Forms of the import: the file, and how to read it."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from analytics.sources.contracts import FIELDS, Layout
from analytics.sources.models import ImportJob
from analytics.sources.reading.text import DELIMITERS, ENCODINGS

DATE_ORDERS = [("dmy", _("day.month.year")), ("mdy", _("month/day/year"))]


class UploadForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What is in the file"), choices=ImportJob.Kind.choices, initial="orders"
    )
    file = forms.FileField(
        label=_("File"), allow_empty_file=True,
        help_text=_("CSV (also packed with gzip) or Excel .xlsx; the first row names the columns."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.gz,.txt,.tsv,.xlsx"}),
    )  # fmt: skip


class LayoutForm(forms.Form):
    """How this file says things. The columns themselves are selects named column-<index>."""

    encoding = forms.ChoiceField(
        label=_("Encoding"), choices=list(ENCODINGS.items()), required=False
    )
    delimiter = forms.ChoiceField(
        label=_("Delimiter"), choices=list(DELIMITERS.items()), required=False
    )
    zone = forms.CharField(label=_("Time zone of the dates"), max_length=60)
    date_order = forms.ChoiceField(label=_("Dates are written"), choices=DATE_ORDERS)
    source = forms.CharField(
        label=_("Where the ids come from"), max_length=40,
        help_text=_("Files of one system have one name here: the ids of customers and orders are matched within it."),  # noqa: E501 one text
    )  # fmt: skip
    keep_zero_price = forms.BooleanField(
        label=_("Keep lines with a zero price (gifts)"), required=False
    )

    @classmethod
    def for_job(cls, job: ImportJob, data: Any = None) -> "LayoutForm":
        layout = Layout.of(job.settings)
        form = cls(
            data,
            initial={**job.settings, "encoding": layout.encoding, "delimiter": layout.delimiter},
        )
        if layout.format == "xlsx":
            del form.fields["encoding"], form.fields["delimiter"]
        if job.kind != ImportJob.Kind.ORDERS:
            del form.fields["keep_zero_price"]
        return form

    def clean_zone(self) -> str:
        zone: str = self.cleaned_data["zone"].strip()
        if zone not in available_timezones():
            raise forms.ValidationError(
                _("Unknown time zone “%(zone)s”. Write it like Europe/Moscow."),
                params={"zone": zone},
            )
        return zone


def mapping_from(data: Any, job: ImportJob) -> dict[str, int]:
    """Our field → column from the selects; the first column that claims a field has it."""
    known = {field.key for field in FIELDS[job.kind]}
    mapping: dict[str, int] = {}
    for index in range(len(Layout.of(job.settings).columns)):
        key = data.get(f"column-{index}", "")
        if key in known:
            mapping.setdefault(key, index)
    return mapping
