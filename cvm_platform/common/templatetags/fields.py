"""Fields of forms in our look (a builtin library: nothing to load)."""

from typing import Any

from django import template
from django.forms import BoundField
from django.forms.boundfield import BoundWidget
from django.utils.safestring import SafeString

register = template.Library()

_CONTROLS = {"checkbox": "form-check-input", "radio": "form-check-input", "select": "form-select"}


@register.filter
def control(field: BoundField) -> SafeString:
    """The field's widget in our look, tied to its help and error texts."""
    widget: Any = field.field.widget
    if field.use_fieldset:  # the class would go to the box around the group
        return field.as_widget()
    kind = widget.input_type if hasattr(widget, "input_type") else ""
    about = [f"{field.auto_id}_help"] if field.help_text else []
    about += [f"{field.auto_id}_error"] if field.errors else []
    classes = _CONTROLS.get(kind, "form-control") + (" fld-err" if field.errors else "")
    attributes: dict[str, str | bool] = {
        "class": f"{widget.attrs.get('class', '')} {classes}".strip()
    }
    if str(widget.attrs.get("placeholder", "")) == str(field.label):
        del widget.attrs["placeholder"]  # the label stands above already
    if about:
        attributes["aria-describedby"] = " ".join(about)
    return field.as_widget(attrs=attributes)


@register.filter
def checkbox(box: BoundWidget) -> SafeString:
    """One box of a group, in our look."""
    box.data["attrs"]["class"] = "form-check-input"
    return box.tag()
