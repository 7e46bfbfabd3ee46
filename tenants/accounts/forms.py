"""What people type about the team, keys and the company."""

from datetime import UTC, datetime, time
from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from cvm_platform.common.errors import DomainError
from cvm_platform.common.money import SYMBOLS
from tenants.accounts.contracts import Role, Scope
from tenants.accounts.models import User
from tenants.tenancy.models import Plan, Tenant

_RUSSIAN_ZONES = (
    "Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk",
    "Asia/Novosibirsk", "Asia/Krasnoyarsk", "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok",
    "Asia/Magadan", "Asia/Kamchatka",
)  # fmt: skip


def add_refusal(form: forms.Form, error: DomainError) -> None:
    """A service's refusal stands at the field to blame, else above the form."""
    for field, text in error.fields.items():
        form.add_error(field if field in form.fields else None, text)
    if not error.fields:
        form.add_error(None, error.message)


def zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    rest = sorted(zone for zone in available_timezones() - set(_RUSSIAN_ZONES) if "/" in zone)
    return [
        (str(_("Russia")), [(zone, zone) for zone in _RUSSIAN_ZONES]),
        (str(_("Other")), [(zone, zone) for zone in rest]),
    ]


class _DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, roles: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["role"])
        field.choices = [(role.value, str(role.label)) for role in roles]


class InviteForm(RoleForm):
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(
        attrs={"autocomplete": "off", "placeholder": "name@company.example"}
    ))  # fmt: skip
    name = forms.CharField(label=_("Name"), max_length=150)
    side = forms.ChoiceField(label=_("Whose person"), choices=User.Side.choices)
    field_order = ("email", "name", "side", "role")


class TrainingForm(forms.Form):
    has_signed = forms.BooleanField(label=_("The confidentiality undertaking is signed"),
                                    required=False)  # fmt: skip
    training_valid_until = forms.DateField(
        label=_("Training in personal data is valid until"), widget=_DateInput
    )


class ApiKeyForm(forms.Form):
    name = forms.CharField(
        label=_("Integration"), max_length=100,
        help_text=_("For example: online shop, 1C, loyalty programme."),
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        label=_("What the key may do"), widget=forms.CheckboxSelectMultiple
    )  # fmt: skip
    networks = forms.CharField(
        label=_("Allowed networks"), required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "203.0.113.0/24"}),
        help_text=_("One per line. Empty: from anywhere."),
    )  # fmt: skip
    expires_on = forms.DateField(label=_("Valid through"), required=False, widget=_DateInput)

    def __init__(self, *args: Any, scopes: list[Scope], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.MultipleChoiceField", self.fields["scopes"])
        field.choices = [(scope.value, scope.value) for scope in scopes]

    def expires_at(self) -> datetime | None:
        """The end of the named day, in UTC."""
        chosen = self.cleaned_data["expires_on"]
        return datetime.combine(chosen, time.max, UTC) if chosen else None


class MarginForm(forms.Form):
    assumed_margin = forms.DecimalField(
        label=_("Margin where goods have no cost price, %"), required=False, min_value=0,
        max_value=100, decimal_places=2, localize=True,
        help_text=_("Every figure that rests on this assumption is marked."),
    )  # fmt: skip

    def margin_bp(self) -> int | None:
        """Hundredths of a percent."""
        margin = self.cleaned_data["assumed_margin"]
        return int(margin * 100) if margin is not None else None


class SettingsForm(MarginForm):
    name = forms.CharField(label=_("Company name"), max_length=200)
    legal_name = forms.CharField(label=_("Legal name"), max_length=300, required=False)
    address = forms.CharField(label=_("Legal address"), max_length=300, required=False)
    timezone = forms.ChoiceField(
        label=_("Time zone"), choices=zone_choices,
        help_text=_("Days and quiet hours are counted in it."),
    )  # fmt: skip
    field_order = ("name", "legal_name", "address", "timezone", "assumed_margin")

    @classmethod
    def of(cls, tenant: Tenant, data: Any = None) -> "SettingsForm":
        margin = tenant.assumed_margin_bp
        initial = {
            "name": tenant.name, "legal_name": tenant.legal_name, "address": tenant.address,
            "timezone": tenant.timezone,
            "assumed_margin": margin / 100 if margin is not None else None,
        }  # fmt: skip
        return cls(data, initial=initial)

    def values(self) -> dict[str, Any]:
        """For the service, in its words."""
        names = ("name", "legal_name", "address", "timezone")
        chosen = {name: self.cleaned_data[name] for name in names}
        return {**chosen, "assumed_margin_bp": self.margin_bp()}


def _plans() -> list[tuple[str, str]]:
    return [(plan.code, plan.name) for plan in Plan.objects.all()]


class CompanyForm(MarginForm):
    name = forms.CharField(label=_("Company name"), max_length=200)
    slug = forms.CharField(
        label=_("Address"), max_length=32,
        help_text=_("Latin letters, digits, hyphens. The company works at this sub-domain."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "placeholder": "coffee"}),
    )  # fmt: skip
    industry = forms.CharField(label=_("Industry"), max_length=100, required=False)
    plan = forms.ChoiceField(label=_("Plan"), choices=_plans)
    currency = forms.ChoiceField(
        label=_("Currency"), choices=[(code, f"{code} {mark}") for code, mark in SYMBOLS.items()],
        help_text=_("Cannot be changed later: all sums are stored in it."),
    )  # fmt: skip
    timezone = forms.ChoiceField(
        label=_("Time zone"), choices=zone_choices, initial="Europe/Moscow",
        help_text=_("Days and quiet hours are counted in it."),
    )  # fmt: skip
    field_order = ("name", "slug", "industry", "plan", "currency", "timezone", "assumed_margin")

    def values(self) -> dict[str, Any]:
        names = ("name", "slug", "industry", "plan", "currency", "timezone")
        chosen = {name: self.cleaned_data[name] for name in names}
        return {**chosen, "assumed_margin_bp": self.margin_bp()}
