"""Forms of the way to open a channel."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants.channel_law.contracts import LONGEST_LABEL


def _day(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, help_text=help_text)


class OpinionForm(forms.Form):
    author = forms.CharField(label=_("Who gave the opinion"), max_length=200)
    signed_on = _day(_("Signed on"))
    valid_until = _day(
        _("Holds until"), required=False, help_text=_("Empty: until it is taken back.")
    )
    conclusion = forms.CharField(
        label=_("Conclusion in short"), widget=forms.Textarea(attrs={"rows": 3}), max_length=2000,
        help_text=_("The company's officer reads it before deciding."),
    )  # fmt: skip
    content = forms.FileField(label=_("The opinion, PDF of up to 5 MB"))


class SenderIdForm(forms.Form):
    name = forms.CharField(label=_("Sender's name"), max_length=20)
    mobile_operator = forms.CharField(label=_("Mobile operator"), max_length=100)
    contract_number = forms.CharField(label=_("Number of the contract"), max_length=60)
    valid_from = _day(_("In force from"))
    valid_to = _day(_("In force until"), required=False)


class CallLabelForm(forms.Form):
    number = forms.CharField(label=_("Number that calls"), max_length=20)
    name = forms.CharField(
        label=_("Name on the subscriber's screen"), max_length=LONGEST_LABEL,
        help_text=_("Up to 32 characters."),
    )  # fmt: skip
    category = forms.CharField(label=_("Kind of the calls"), max_length=60)
    mobile_operator = forms.CharField(label=_("Mobile operator"), max_length=100)
    valid_from = _day(_("In force from"))
    valid_to = _day(_("In force until"), required=False)


class CloseForm(forms.Form):
    reason = forms.CharField(label=_("Why the channel is closed"), max_length=300)
