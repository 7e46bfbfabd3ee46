"""The form of a draft."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.broadcasts import selectors
from campaigns.broadcasts.contracts import MOST_CONTROL_BP
from campaigns.broadcasts.models import Broadcast
from campaigns.broadcasts.services import LONGEST_WINDOW_DAYS
from cvm_platform.common.money import to_minor


class ChannelSelect(forms.Select):
    """Channels that cannot be chosen stand there too, with the reason: nobody has to wonder."""

    closed: frozenset[str] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if str(value) in self.closed:
            option["attrs"]["disabled"] = True
        return option


class BroadcastForm(forms.Form):
    """Percents and money as people write them; `values` gives them as the service takes them."""

    channel = forms.ChoiceField(
        label=pgettext_lazy("broadcast", "Channel"), widget=ChannelSelect, initial="EMAIL",
        required=False,
    )  # fmt: skip
    brand = forms.ChoiceField(
        label=_("Brand"), required=False,
        help_text=_("Only those get it whose permission names this brand."),
    )  # fmt: skip
    name = forms.CharField(label=_("Name of the broadcast"), max_length=200)
    segment: Any = forms.ModelChoiceField(
        label=_("To whom"), queryset=None, required=False, empty_label=_("Choose a segment")
    )
    template: Any = forms.ModelChoiceField(
        label=_("Letter"), queryset=None, required=False, empty_label=_("Choose a letter")
    )
    sender: Any = forms.ModelChoiceField(
        label=_("From whom"), queryset=None, required=False, empty_label=_("Choose a sender")
    )
    control_percent = forms.IntegerField(
        label=_("Control group of this broadcast, %"), min_value=0,
        max_value=MOST_CONTROL_BP // 100, initial=10,
        help_text=_("These people stay silent, so that the effect can be proved."),
    )  # fmt: skip
    window_days = forms.IntegerField(
        label=_("How many days purchases count"), min_value=1, max_value=LONGEST_WINDOW_DAYS,
        initial=14,
    )  # fmt: skip
    hypothesis = forms.CharField(
        label=_("What we expect and why"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Written down before the start, shown beside the result."),
    )  # fmt: skip
    content_cost = forms.DecimalField(
        label=_("Cost of design and texts"), min_value=0, max_digits=10, decimal_places=2,
        initial=0, required=False, help_text=_("Subtracted once from the result."),
    )  # fmt: skip

    def __init__(
        self, *args: Any, broadcast: Broadcast | None = None, segment: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **{"initial": _initial(broadcast, segment), **kwargs})
        self._offer_channels(broadcast)
        choices: dict[str, Any] = {
            "segment": selectors.usable_segments(),
            "template": selectors.usable_templates(),
            "sender": selectors.senders(),
        }
        for name, queryset in choices.items():
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = queryset

    def _offer_channels(self, broadcast: Broadcast | None) -> None:
        channel, brand = self.fields["channel"], self.fields["brand"]
        offered = selectors.channel_choices()
        if isinstance(channel, forms.ChoiceField) and isinstance(channel.widget, ChannelSelect):
            channel.choices = [
                (code, f"{name} — {reason}" if reason else name) for code, name, reason in offered
            ]
            channel.widget.closed = frozenset(code for code, _name, reason in offered if reason)
        known = selectors.brands()
        if broadcast is not None and broadcast.brand and broadcast.brand not in known:
            known.append(broadcast.brand)
        if isinstance(brand, forms.ChoiceField):
            brand.choices = [("", _("The company as such")), *((each, each) for each in known)]

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "name": given["name"], "brand": given["brand"],
            "channel": given["channel"] or "EMAIL",
            **{f"{name}_id": given[name].pk if given[name] else None
               for name in ("segment", "template", "sender")},
            "control_bp": given["control_percent"] * 100,
            "window_days": given["window_days"],
            "hypothesis": given["hypothesis"],
            "content_cost": to_minor(given["content_cost"] or 0),
        }  # fmt: skip


def _initial(broadcast: Broadcast | None, segment: str) -> dict[str, Any]:
    """`segment` is the public id that the segment's own page sends along."""
    if broadcast is None:
        default = selectors.senders().first()
        chosen = selectors.usable_segment(segment)
        return {
            "sender": default.pk if default else None,
            "segment": chosen.pk if chosen else None,
        }
    return {
        "name": broadcast.name,
        "channel": broadcast.channel,
        "brand": broadcast.brand,
        "segment": broadcast.segment_id,
        "template": broadcast.template_id,
        "sender": broadcast.sender_id,
        "control_percent": broadcast.control_bp // 100,
        "window_days": broadcast.window_days,
        "hypothesis": broadcast.hypothesis,
        "content_cost": f"{broadcast.content_cost / 100:.2f}",
    }
