"""Parameters of leaves: each knows its JSON Schema, its errors, its form and its SQL."""

from campaigns.segments.fields.base import Field, Problem
from campaigns.segments.fields.choices import ChoiceField, ChoicesField, ScoresField
from campaigns.segments.fields.comparison import ComparisonField
from campaigns.segments.fields.text import TextField, TextsField
from campaigns.segments.fields.window import WindowField

__all__ = [
    "ChoiceField",
    "ChoicesField",
    "ComparisonField",
    "Field",
    "Problem",
    "ScoresField",
    "TextField",
    "TextsField",
    "WindowField",
]
