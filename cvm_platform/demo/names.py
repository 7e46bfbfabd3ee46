"""Invented people: name lists, Latin spelling and addresses nobody can own (RFC 2606 domains)."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Texts = NDArray[np.str_]

MAIL_DOMAINS = ("mail.example", "post.example", "box.example", "inbox.example")

_LISTS: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "data" / "names.json").read_text(encoding="utf-8")
)
ENGLISH_FIRST = _LISTS["english_first"]
ENGLISH_LAST = _LISTS["english_last"]
RUSSIAN_WOMEN = _LISTS["russian_women"]
RUSSIAN_MEN = _LISTS["russian_men"]
RUSSIAN_LAST = _LISTS["russian_last"]
_CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_LATIN = "a|b|v|g|d|e|e|zh|z|i|i|k|l|m|n|o|p|r|s|t|u|f|kh|ts|ch|sh|shch||y||e|yu|ya"
_LATIN_OF = dict(zip(_CYRILLIC, _LATIN.split("|"), strict=True))


def latin(text: str) -> str:
    """Lower-case Latin spelling of a Russian word, good enough for an address."""
    return "".join(_LATIN_OF.get(letter, letter) for letter in text.lower())


def woman_surname(surname: str) -> str:
    """The feminine form of a surname in -ов, -ев, -ин or -ский."""
    return f"{surname[:-2]}ая" if surname.endswith("ский") else f"{surname}а"


def addresses(first: Texts, last: Texts, numbers: Ints) -> Texts:
    """E-mail addresses in the form anna.ivanova.17@mail.example; unique as `numbers` are.

    `first` and `last` are Latin, lower case. The domain follows from the number, so an address
    depends on nothing but its owner.
    """
    domains = np.array(MAIL_DOMAINS)[numbers % len(MAIL_DOMAINS)]
    box = np.char.add(np.char.add(first, "."), np.char.add(last, "."))
    return np.char.add(np.char.add(box, numbers.astype(np.str_)), np.char.add("@", domains))
