"""The filter of the log."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants.audit.contracts import Action, Result
from tenants.audit.selectors import LogQuery


class LogFilter(forms.Form):
    """Read from the address; a wrong value is told at its field and does not narrow."""

    subject = forms.IntegerField(required=False, min_value=1, label=_("Customer No."))
    action = forms.ChoiceField(
        required=False, label=_("Action"), choices=[("", _("Any action")), *Action.choices]
    )
    actor = forms.CharField(required=False, max_length=60, label=_("Who"))
    result = forms.ChoiceField(
        required=False, label=_("Outcome"), choices=[("", _("Any outcome")), *Result.choices]
    )
    since = forms.DateField(
        required=False, label=_("From"), widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        required=False, label=_("To"), widget=forms.DateInput(attrs={"type": "date"})
    )
    before = forms.IntegerField(required=False, min_value=1)

    def query(self) -> LogQuery:
        self.is_valid()
        given: dict[str, Any] = self.cleaned_data
        return LogQuery(
            subject_id=given.get("subject"), action=given.get("action", ""),
            actor=given.get("actor", ""), result=given.get("result", ""),
            since=given.get("since"), until=given.get("until"), before_id=given.get("before"),
        )  # fmt: skip


class ChangesFilter(LogFilter):
    """Of the trail of changes, whose actions are words of the apps."""

    action = forms.CharField(required=False, max_length=60)  # type: ignore[assignment]  # a narrower field than above
