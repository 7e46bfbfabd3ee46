"""Forms of the consents' screens, and the boxes of a public form."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cvm_platform.common.errors import DomainError
from tenants.privacy.contracts import FORM_FIELDS
from tenants.privacy.models import Channel, ConsentText
from tenants.privacy.services import DeclarationDraft

FIELD_LABELS = {
    "email": _("E-mail"),
    "phone": _("Phone"),
    "first_name": pgettext_lazy("person", "First name"),
    "last_name": pgettext_lazy("person", "Last name"),
    "city": _("City"),
}
METHODS = [
    ("NONE", _("As each row says")),
    ("DOI_EMAIL", _("Confirmed by a link in a letter")),
    ("OTP_SMS", _("Confirmed by a code by SMS")),
    ("AUTH_SESSION", _("In the personal account, signed in")),
    ("PAPER_SIGNED", _("Signed on paper")),
    ("POS_OTP", _("At the cash desk with a code")),
    ("CALL_RECORDING", _("In a recorded call")),
    ("E_SIGNATURE", _("With an electronic signature")),
]


def put_error(form: forms.Form, error: DomainError) -> None:
    """A refusal of a service at the fields it names, or above the form."""
    for name, message in error.fields.items():
        form.add_error(name if name in form.fields else None, message)
    if not error.fields:
        form.add_error(None, error.message)


class Lines(forms.CharField):
    """A list, one a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return [line.strip() for line in (text or "").splitlines() if line.strip()]


class TextForm(forms.Form):
    document = forms.ChoiceField(label=_("What it is"), choices=ConsentText.Document.choices)
    title = forms.CharField(label=_("Title"), max_length=200)
    label = forms.CharField(label=_("What stands at the box"), max_length=400)
    body = forms.CharField(label=_("Text"), widget=forms.Textarea(attrs={"rows": 14}))
    purposes = forms.MultipleChoiceField(
        label=_("Purpose"), widget=forms.CheckboxSelectMultiple, required=False
    )
    channels = forms.MultipleChoiceField(
        label=_("Channels"), choices=Channel.choices, required=False,
        widget=forms.CheckboxSelectMultiple, help_text=_("Of a permission to advertise only."),
    )  # fmt: skip
    brands = Lines(label=_("Brands whose advertising it is"), required=False)
    pd_list = Lines(label=_("Data, one kind a line"), required=False)
    actions = Lines(label=_("Actions, one a line"), required=False)
    methods = forms.CharField(label=_("How the data are processed"), max_length=100, required=False)
    term = forms.CharField(label=_("For how long"), max_length=200, required=False)
    term_months = forms.IntegerField(
        label=_("Ends by itself after, months"), min_value=1, max_value=120, required=False
    )
    withdrawal_methods = Lines(
        label=_("How to withdraw: an electronic way and the postal address"), required=False
    )

    def __init__(self, *args: Any, purposes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["purposes"].choices = purposes  # type: ignore[attr-defined]  # of its class


class DeclarationForm(forms.Form):
    pd_text = forms.ModelChoiceField(
        label=_("Text of the consent to processing"),
        required=False,
        queryset=ConsentText.objects.none(),
    )
    ad_text = forms.ModelChoiceField(
        label=_("Text of the permission to advertise"),
        required=False,
        queryset=ConsentText.objects.none(),
    )
    method = forms.ChoiceField(label=_("How it was checked who agreed"), choices=METHODS)
    given_from = forms.DateField(label=_("Given from"),
                                 widget=forms.DateInput(attrs={"type": "date"}))  # fmt: skip
    given_to = forms.DateField(label=_("Given to"),
                               widget=forms.DateInput(attrs={"type": "date"}))  # fmt: skip
    kept_where = forms.CharField(label=_("Where the originals are kept"), max_length=300)
    accepts_legacy = forms.BooleanField(
        label=_("Count consents given before 1 September 2025 inside other documents"),
        required=False,
        help_text=_("The law does not say what becomes of them. The decision is the operator's "
                    "and stays on record."),
    )  # fmt: skip
    risk_note = forms.CharField(
        label=_("Why this risk is taken"), required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    signed_by = forms.CharField(label=_("Who signs: full name"), max_length=200)
    signed_position = forms.CharField(label=_("Position"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        shown = ConsentText.objects.exclude(status=ConsentText.Status.DRAFT)
        for name, document in (("pd_text", "PD_CONSENT"), ("ad_text", "AD_PERMISSION")):
            field = self.fields[name]
            field.queryset = shown.filter(document=document)  # type: ignore[attr-defined]  # of its class

    def draft(self, **values: Any) -> DeclarationDraft:
        return DeclarationDraft(**self.cleaned_data, **values)


class PageForm(forms.Form):
    """A consent form of the company's own."""

    name = forms.CharField(label=_("Name for yourselves"), max_length=100)
    title = forms.CharField(label=_("Heading that people see"), max_length=200)
    intro = forms.CharField(
        label=_("Words under it"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    fields_asked = forms.MultipleChoiceField(
        label=_("What is asked"), choices=[(name, FIELD_LABELS[name]) for name in FORM_FIELDS],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    texts = forms.ModelMultipleChoiceField(
        label=_("Boxes: one for each document"), queryset=ConsentText.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["texts"].queryset = ConsentText.objects.filter(  # type: ignore[attr-defined]  # of its class
            status=ConsentText.Status.PUBLISHED
        )

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "name": data["name"], "title": data["title"], "intro": data["intro"],
            "fields": data["fields_asked"],
            "controls": [{"text": text.pk, "is_required": False} for text in data["texts"]],
        }  # fmt: skip


class PublicConsentForm(forms.Form):
    """Fields and boxes of one `ConsentForm`; no box is ticked at first."""

    def __init__(self, *args: Any, names: list[str], texts: list[tuple[Any, bool]],
                 **kwargs: Any) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        for name in names:
            kind = forms.EmailField if name == "email" else forms.CharField
            self.fields[name] = kind(label=FIELD_LABELS[name], max_length=200, required=False)
        for text, _required in texts:
            self.fields[f"text_{text.pk}"] = forms.BooleanField(
                label=text.label, required=False, initial=False
            )

    def ticked(self) -> list[int]:
        return [int(name.removeprefix("text_")) for name, value in self.cleaned_data.items()
                if name.startswith("text_") and value]  # fmt: skip

    def filled(self) -> dict[str, str]:
        return {name: value for name, value in self.cleaned_data.items()
                if not name.startswith("text_")}  # fmt: skip
