"""Forms of letters, senders and test addresses."""

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.channels.models import MessageClass
from campaigns.channels.problems import TemplateProblem
from campaigns.channels.rendering import TemplateSource

_SOURCE = {"spellcheck": "false", "autocapitalize": "off"}


class TemplateForm(forms.Form):
    """A letter; `source` is what the checks and the preview read."""

    name = forms.CharField(label=_("Name of the letter"), max_length=200,
                           help_text=_("Readers do not see it."))  # fmt: skip
    message_class = forms.ChoiceField(
        label=_("Kind"), choices=MessageClass.choices, widget=forms.RadioSelect,
        help_text=_("One word of advertising makes the whole letter advertising."),
    )  # fmt: skip
    subject = forms.CharField(label=_("Subject"), max_length=300)
    preheader = forms.CharField(
        label=_("Preheader"), max_length=300, required=False,
        help_text=_("The line that the list of letters shows after the subject."),
    )  # fmt: skip
    html = forms.CharField(
        label=_("Letter, HTML"), strip=False,
        widget=forms.Textarea(attrs={"class": "source", "rows": 24, **_SOURCE}),
    )  # fmt: skip
    text = forms.CharField(
        label=_("Text version"), required=False, strip=False,
        widget=forms.Textarea(attrs={"class": "source s", "rows": 8, **_SOURCE}),
        help_text=_("Left empty, it is made from the HTML."),
    )  # fmt: skip

    def source(self) -> TemplateSource:
        values = self.cleaned_data
        return TemplateSource(
            subject=values["subject"], html=values["html"], preheader=values["preheader"],
            text=values["text"],
        )  # fmt: skip

    def blame(self, problems: list[TemplateProblem]) -> None:
        """Puts each problem at its field, with the line where there is one."""
        for problem in problems:
            line = str(_("Line %(line)s: ") % {"line": problem.line}) if problem.line else ""
            self.add_error(problem.part.value, f"{line}{problem.message}")


class SenderForm(forms.Form):
    name = forms.CharField(label=_("Name that readers see"), max_length=100)
    email = forms.EmailField(label=_("Address of the sender"))
    reply_to = forms.EmailField(label=_("Address for answers"), required=False)
    organisation = forms.CharField(
        label=_("Organisation"), max_length=300,
        help_text=_("Stands in every letter: the law wants to know who writes."),
    )  # fmt: skip
    postal_address = forms.CharField(label=_("Postal address"), max_length=300)
    is_default = forms.BooleanField(label=_("Choose it for new broadcasts"), required=False)


class SeedForm(forms.Form):
    email = forms.EmailField(label=_("Address for test letters"))
    note = forms.CharField(label=_("Whose it is"), max_length=100, required=False)
