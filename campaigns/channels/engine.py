"""The template engine as this product sets it up: minijinja, compiled, with fuel, closed."""

from collections.abc import Callable, Iterable, Mapping

from django.utils.translation import gettext as _
from minijinja import Environment, TemplateError

from campaigns.channels.markup import split_literals

_MOST_FUEL, _LEAST_FUEL = 100_000, 5_000
_MOST_CHARACTERS = 100_000_000  # what one message may cost in memory before fuel ends
_GLOBALS = ("debug", "cycler", "dict", "joiner", "namespace")


def make_environment(
    templates: Mapping[str, str], *, sign_link: Callable[[str], str] | None = None
) -> Environment:
    """The templates compiled; those named "html" escape their values.

    Raises:
        TemplateError: one of them does not read; its name is the template's.

    """
    environment = Environment(
        debug=False,
        fuel=_fuel(templates.values()),
        undefined_behavior="strict",
        pycompat=False,
        keep_trailing_newline=True,
        auto_escape_callback=lambda name: name == "html",
    )
    for name in _GLOBALS:
        environment.remove_global(name)
    if sign_link is not None:
        environment.add_filter("_sign", sign_link)
    for name, source in templates.items():
        environment.add_template(name, source)
    return environment


def used_names(source: str) -> set[str]:
    """Dotted names that a template takes from its context; empty when it does not read."""
    try:
        names: set[str] = Environment().undeclared_variables_in_str(source, nested=True)
    except TemplateError:
        return set()
    return names - {"loop", "range"}


def explain(error: TemplateError) -> str:
    """The engine's words in the author's language, as far as they can be."""
    match error.kind:
        case "UndefinedError":
            return _("A value of this line is missing for this customer.")
        case "OutOfFuel":
            return _("The template works too long: shorten its loops.")
        case "SyntaxError":
            return _("This does not read: %(detail)s.") % {"detail": error.detail}
    return _("This cannot be printed: %(detail)s.") % {"detail": error.detail or error.message}


def _fuel(sources: Iterable[str]) -> int:
    """Fuel counts instructions; one may print a whole literal, so long literals give less."""
    longest = max(
        (
            len(piece)
            for source in sources
            for kind, piece in split_literals(source)
            if kind == "literal"
        ),
        default=0,
    )
    return min(_MOST_FUEL, max(_LEAST_FUEL, _MOST_CHARACTERS // (longest + 1)))
