"""Forms of the desk and of the public page."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from cvm_platform.common import clock
from cvm_platform.common.errors import DomainError
from tenants.requests.contracts import (
    Applicant,
    Channel,
    Decision,
    Finding,
    Identity,
    IdentityCheck,
    Party,
    Repeat,
    Type,
)
from tenants.tenancy.selectors import current_tenant

_ANY = [("", "—")]
# what a person may ask by the form; the regulator writes otherwise
PUBLIC_TYPES = [
    Type.STOP_PROMO_15_2, Type.ACCESS_14, Type.RECTIFY_20_3, Type.WITHDRAW_21_5,
    Type.STOP_21_5_1, Type.BLOCK_21_1, Type.OBJECT_AUTOMATED_16, Type.INFO_18_1,
]  # fmt: skip


def _area(rows: int = 4) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def put_error(form: forms.Form, error: DomainError) -> None:
    """A refusal of a service at the fields it names, or above the form."""
    for name, message in error.fields.items():
        form.add_error(name if name in form.fields else None, message)
    if not error.fields:
        form.add_error(None, error.message)


class DeskFilter(forms.Form):
    q = forms.CharField(required=False, max_length=100)
    kind = forms.ChoiceField(
        required=False, choices=[("", _("All kinds of requests")), *Type.choices]
    )
    overdue = forms.BooleanField(required=False)


class FindForm(forms.Form):
    who = forms.CharField(
        label=_("E-mail or phone of the customer"), max_length=254, required=False,
        help_text=_("Exactly as the customer wrote it. Leave it empty where nobody is known."),
    )  # fmt: skip


class RegisterForm(forms.Form):
    kind = forms.ChoiceField(label=_("What is asked"), choices=Type.choices)
    received_at = forms.DateTimeField(
        label=_("Received"), help_text=_("The day of receipt: the term of the law runs from it."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    channel = forms.ChoiceField(
        label=_("How it came"),
        choices=[each for each in Channel.choices if each[0] != Channel.API],
    )
    party = forms.ChoiceField(label=_("Who received it"), choices=Party.choices)
    name = forms.CharField(label=_("Who asks: name"), max_length=200, required=False)
    email = forms.CharField(label=_("E-mail for the answer"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    address = forms.CharField(label=_("Postal address"), max_length=300, required=False)
    text = forms.CharField(
        label=_("Text of the request"), widget=_area(), required=False, max_length=10_000
    )
    representative = forms.CharField(
        label=_("Representative: name"), max_length=200, required=False
    )
    authority = forms.CharField(
        label=_("Paper of the representative"), max_length=200, required=False,
        help_text=_("Kind, date, who certified it; no number of a passport."),
    )  # fmt: skip
    repeat_reason = forms.ChoiceField(
        label=_("Ground of a repeat within 30 days"), required=False,
        choices=[*_ANY, *Repeat.choices],
    )  # fmt: skip
    forward_now = forms.BooleanField(
        label=_("Hand over to the company at once"), required=False, initial=True
    )

    def __init__(self, *args: Any, is_agency: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = ZoneInfo(current_tenant().timezone)
        self.initial.setdefault("received_at", clock.now().astimezone(zone).replace(tzinfo=None))
        if is_agency:
            del self.fields["party"]
        else:
            del self.fields["forward_now"]

    def applicant(self) -> Applicant:
        given = self.cleaned_data
        names = ("name", "email", "phone", "address", "text", "representative")
        return Applicant(**{name: given.get(name, "") for name in names})


class IdentityForm(forms.Form):
    method = forms.ChoiceField(label=_("How it was made sure"), choices=Identity.choices)
    document_number = forms.CharField(
        label=_("Number of the document"), max_length=40, required=False,
        help_text=_("Only its fingerprint is kept."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    issued_on = forms.CharField(label=_("Issued on"), max_length=40, required=False)
    issuer = forms.CharField(label=_("Issued by"), max_length=100, required=False)
    signature = forms.CharField(
        label=_("Electronic signature: kind, result of the check"), max_length=100, required=False
    )
    relation = forms.CharField(
        label=_("What ties the person to the company"), max_length=100, required=False,
        help_text=_("Number of an order or of a contract: article 14(3)."),
    )  # fmt: skip

    def check(self) -> IdentityCheck:
        return IdentityCheck(**self.cleaned_data)


class ExtendForm(forms.Form):
    days = forms.IntegerField(label=_("Working days"), min_value=1, max_value=5, initial=5)
    reason = forms.CharField(
        label=_("Reason for the notice"), widget=_area(3), max_length=2_000,
        help_text=_("The person reads it: the notice goes out before the term is over."),
    )  # fmt: skip


class FindingForm(forms.Form):
    finding = forms.ChoiceField(label=_("What the check found"), choices=Finding.choices)
    reason = forms.CharField(label=_("On what it rests"), widget=_area(3), max_length=2_000)


class RectifyForm(forms.Form):
    last = forms.CharField(label=_("Last name"), max_length=100, required=False)
    first = forms.CharField(label=_("First name"), max_length=100, required=False)
    middle = forms.CharField(label=_("Middle name"), max_length=100, required=False)
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    proof = forms.CharField(
        label=_("What proves it"), max_length=200,
        help_text=_("Kind and date of the paper, no number. Empty fields are left as they are."),
    )  # fmt: skip

    def values(self) -> dict[str, str]:
        return {
            name: self.cleaned_data.get(name, "")
            for name in ("last", "first", "middle", "email", "phone")
        }


class AnswerForm(forms.Form):
    decision = forms.ChoiceField(label=_("Decision"), choices=Decision.choices)
    ground = forms.CharField(
        label=_("Article of the refusal"), max_length=200, required=False,
        help_text=_("Needed for a refusal in whole or in part, e.g. article 14(8)."),
    )  # fmt: skip
    form = forms.ChoiceField(
        label=_("How it was sent"),
        choices=[each for each in Channel.choices if each[0] != Channel.API],
    )
    text = forms.CharField(label=_("Text of the answer"), widget=_area(5), max_length=10_000)


class PublicForm(forms.Form):
    """Without a login. `website` is a trap: people do not see it, robots fill it in."""

    kind = forms.ChoiceField(label=_("What do you want"), widget=forms.RadioSelect)
    name = forms.CharField(
        label=_("Your name and surname"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    email = forms.EmailField(
        label=_("Your e-mail"), max_length=254,
        help_text=_("We send a link there: without it nobody can act in your name."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    phone = forms.CharField(
        label=_("Your phone"), max_length=30, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )  # fmt: skip
    text = forms.CharField(
        label=_("In your own words"), widget=_area(), required=False, max_length=5_000,
        help_text=_("An order's number helps us to find you. Do not write a passport's number."),
    )  # fmt: skip
    website = forms.CharField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = public_words()
        kind = self.fields["kind"]
        assert isinstance(kind, forms.ChoiceField)  # noqa: S101 narrows the type
        kind.choices = [(each.value, words[each]) for each in PUBLIC_TYPES]

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError(_g("Leave this field empty."), code="robot")
        return ""

    def applicant(self) -> Applicant:
        given = self.cleaned_data
        return Applicant(
            name=given["name"], email=given["email"], phone=given["phone"], text=given["text"]
        )


def public_words() -> Mapping[str, str]:
    """What the person wants, in the person's words."""
    return {
        Type.STOP_PROMO_15_2: _g("Stop sending me advertising"),
        Type.ACCESS_14: _g("Tell me what you keep about me"),
        Type.RECTIFY_20_3: _g("Correct my data"),
        Type.WITHDRAW_21_5: _g("I withdraw my consent, destroy my data"),
        Type.STOP_21_5_1: _g("Stop processing my data"),
        Type.BLOCK_21_1: _g("You process my data unlawfully: check it"),
        Type.OBJECT_AUTOMATED_16: _g("I object to a decision made by a program"),
        Type.INFO_18_1: _g("Explain how you process data"),
    }
