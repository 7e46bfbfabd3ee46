"""Forms of the registers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cvm_platform.common.errors import DomainError
from tenants.registers.contracts import CLAUSES, Category, PdAction, SubjectCategory
from tenants.registers.models import LeakIncident, Operator, ProcessorAgreement


def put_error(form: forms.Form, error: DomainError) -> None:
    """A refusal of a service at the fields it names, or above the form."""
    for name, message in error.fields.items():
        form.add_error(name if name in form.fields else None, message)
    if not error.fields:
        form.add_error(None, error.message)


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class OperatorForm(forms.Form):
    legal_name = forms.CharField(label=_("Legal name"), max_length=300)
    brands = forms.CharField(
        label=_("Brands, one a line"), widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Consents to advertising name them."),
    )  # fmt: skip
    inn = forms.CharField(label=_("INN"), max_length=12, required=False)
    ogrn = forms.CharField(label=_("OGRN"), max_length=15, required=False)
    address = forms.CharField(label=_("Postal address"), max_length=300)
    email_for_subjects = forms.EmailField(label=_("E-mail for people's requests"), required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    dpo_name = forms.CharField(label=_("Data protection officer: name"), max_length=150)
    dpo_email = forms.EmailField(label=_("Data protection officer: e-mail"))
    dpo_phone = forms.CharField(
        label=_("Data protection officer: phone"), max_length=30, required=False
    )
    policy_url = forms.URLField(
        label=_("Address of the published policy"), required=False, assume_scheme="https"
    )
    rkn_number = forms.CharField(
        label=_("Number in the regulator's registry of operators"), max_length=40, required=False
    )
    rkn_date = forms.DateField(label=_("Entered in the registry on"), required=False, widget=_day())
    regulated = forms.ChoiceField(
        label=_("Kind of company"), choices=Operator.Regulated.choices, required=False
    )
    foreign_messenger_prohibited = forms.BooleanField(
        label=_("May not write to people in foreign messengers"), required=False
    )

    def values(self) -> dict[str, Any]:
        return {**self.cleaned_data, "brands": self.cleaned_data["brands"].splitlines()}


class AgreementForm(forms.Form):
    number = forms.CharField(label=_("Number of the contract"), max_length=60)
    signed_at = forms.DateField(label=_("Signed on"), required=False, widget=_day())
    valid_from = forms.DateField(label=_("Valid from"), required=False, widget=_day())
    valid_to = forms.DateField(
        label=_("Valid to"), required=False, widget=_day(), help_text=_("Empty: until it is ended.")
    )
    processor_name = forms.CharField(label=_("Who processes the data"), max_length=300)
    processor_address = forms.CharField(label=_("The processor's address"), max_length=300)
    processor_inn = forms.CharField(label=_("The processor's INN"), max_length=12, required=False)
    pd_categories = forms.MultipleChoiceField(
        label=_("Data"), choices=Category.choices, widget=forms.CheckboxSelectMultiple,
        required=False,
    )  # fmt: skip
    subject_categories = forms.MultipleChoiceField(
        label=_("Whose data"), choices=SubjectCategory.choices,
        widget=forms.CheckboxSelectMultiple, required=False,
    )  # fmt: skip
    actions = forms.MultipleChoiceField(
        label=_("What may be done"), choices=PdAction.choices,
        widget=forms.CheckboxSelectMultiple, required=False,
    )  # fmt: skip
    purposes = forms.MultipleChoiceField(
        label=_("Purposes"), widget=forms.CheckboxSelectMultiple, required=False
    )
    leak_notice_hours = forms.IntegerField(
        label=_("Hours to tell of a leak"), min_value=1, max_value=12, initial=4
    )
    on_end = forms.ChoiceField(
        label=_("When it ends"), choices=ProcessorAgreement.OnEnd.choices,
        initial=ProcessorAgreement.OnEnd.RETURN_AND_DESTROY,
    )  # fmt: skip
    on_end_days = forms.IntegerField(label=_("Within days"), min_value=1, max_value=30, initial=30)

    def __init__(self, *args: Any, purposes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purposes"].choices = purposes  # type: ignore[attr-defined]  # of its class
        for name, label in CLAUSES.items():
            self.fields[name] = forms.BooleanField(label=label, required=False)


class IncidentForm(forms.Form):
    text = forms.CharField(
        label=_("What was noticed"), widget=forms.Textarea(attrs={"rows": 4}), max_length=2000,
        help_text=_("Nothing has to be certain. The terms run from the first notice by anybody."),
    )  # fmt: skip
    detected_by = forms.ChoiceField(label=_("Who noticed it"), choices=LeakIncident.Source.choices)


class FactsForm(forms.Form):
    affected_subjects = forms.IntegerField(label=_("People"), min_value=0, required=False)
    affected_identifiers = forms.IntegerField(label=_("Identifiers"), min_value=0, required=False)
    presumed_causes = forms.CharField(
        label=_("Presumed causes"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    presumed_harm = forms.CharField(
        label=_("Presumed harm"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    measures_taken = forms.CharField(
        label=_("Measures taken"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
