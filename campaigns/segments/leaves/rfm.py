"""RFM scores and the named groups made of them. Those who never bought have no score."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.features.presets import BY_CODE, PRESETS
from campaigns.segments.contracts import Node, Predicate
from campaigns.segments.fields import ChoicesField, Problem, ScoresField
from campaigns.segments.registry import Build, Leaf, Words, register
from campaigns.segments.words import quoted

SCORES = {
    "recency": gettext_lazy("recency"),
    "frequency": gettext_lazy("frequency"),
    "monetary": gettext_lazy("money"),
}


def _compile_scores(node: Node, build: Build) -> Predicate:
    rfm = build.rfm()
    parts = [
        f"{rfm}.{name} = ANY({build.param(sorted(node[name]))})" for name in SCORES if name in node
    ]
    return Predicate(" AND ".join(parts) if len(parts) == 1 else f"({' AND '.join(parts)})")


def _check_scores(node: Node) -> Iterator[tuple[str, Problem]]:
    if not any(name in node for name in SCORES):
        yield "recency", Problem("empty", _("Choose at least one score."))


def _describe_scores(node: Node, _words: Words) -> str:
    parts = [
        f"{label} {', '.join(str(score) for score in sorted(node[name]))}"
        for name, label in SCORES.items()
        if name in node
    ]
    return _("RFM scores: %(scores)s") % {"scores": "; ".join(parts)}


def _compile_preset(node: Node, build: Build) -> Predicate:
    return Predicate(f"{build.rfm()}.preset = ANY({build.param(sorted(node['presets']))})")


def _describe_preset(node: Node, _words: Words) -> str:
    names = ", ".join(quoted(BY_CODE[code].title) for code in node["presets"])
    return _("RFM group: %(names)s") % {"names": names}


register(
    Leaf(
        name="rfm_preset",
        title=gettext_lazy("RFM group"),
        menu=gettext_lazy("Value"),
        fields=(
            ChoicesField(
                "presets",
                gettext_lazy("RFM group, any of"),
                choices=lambda: [(preset.code, preset.title) for preset in PRESETS],
            ),
        ),
        compile=_compile_preset,
        describe=_describe_preset,
        start={"presets": ["champions"]},
    )
)
register(
    Leaf(
        name="rfm",
        title=gettext_lazy("RFM scores"),
        menu=gettext_lazy("Value"),
        fields=tuple(ScoresField(name, label) for name, label in SCORES.items()),
        compile=_compile_scores,
        describe=_describe_scores,
        start={"recency": [4, 5]},
        check=_check_scores,
    )
)
