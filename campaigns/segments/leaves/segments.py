"""Another segment: its rule is taken in whole, so the answer is never older than the question."""

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.segments import suggestions
from campaigns.segments.contracts import Node, Predicate
from campaigns.segments.fields import ChoiceField
from campaigns.segments.registry import Build, Leaf, Words, register

UUID_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


def _compile(node: Node, build: Build) -> Predicate:
    return build.segment(UUID(node["segment"]))


def _describe(node: Node, words: Words) -> str:
    return _("in the segment “%(name)s”") % {"name": words.segment_name(node["segment"])}


register(
    Leaf(
        name="segment",
        title=gettext_lazy("In another segment"),
        menu=gettext_lazy("Segments"),
        fields=(
            ChoiceField(
                "segment", gettext_lazy("in the segment"), choices=suggestions.segments,
                is_open=True, pattern=UUID_PATTERN,
            ),
        ),
        compile=_compile,
        describe=_describe,
        start={"segment": ""},
    )
)  # fmt: skip
