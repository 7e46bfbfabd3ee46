import csv
import uuid
from pathlib import Path

import numpy as np
import pytest

from cvm_platform.demo import names
from cvm_platform.demo.coffee import CoffeeShop
from cvm_platform.demo.coffee.files import lines_for_import, people_for_import, write_table
from cvm_platform.demo.coffee.public_ids import CUSTOMERS, ORDERS, public_ids


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _kopecks(text: str) -> int:
    whole, rest = text.lstrip("-").split(".")
    return (int(whole) * 100 + int(rest)) * (-1 if text.startswith("-") else 1)


def test_written_lines_carry_the_whole_money(shop: CoffeeShop, tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    written = write_table(path, lines_for_import(shop.order_chunks(), shop.catalog))
    rows = _rows(path)
    chunks = list(shop.order_chunks())

    assert written == len(rows) == sum(len(chunk.lines["number"]) for chunk in chunks)
    money = sum(int(chunk.orders["revenue"].sum()) for chunk in chunks)
    assert sum(_kopecks(row["amount"]) for row in rows) == money
    walk_ins = sum(int((chunk.orders["customer_no"] == 0).sum()) for chunk in chunks)
    assert len({row["order_no"] for row in rows if not row["customer_no"]}) == walk_ins
    assert rows[0]["at"].endswith("+00:00")


def test_written_people_have_birthdays_or_none(shop: CoffeeShop, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    write_table(path, people_for_import(shop.customer_chunks()))
    rows = _rows(path)

    known = [row["birthday"] for row in rows if row["birthday"]]
    assert 0.4 < len(known) / len(rows) < 0.5
    assert min(known) > "1940-01-01"
    assert max(known) < "2009-01-01"
    assert "has_birth_day" not in rows[0]


def test_never_is_written_as_nothing(shop: CoffeeShop, tmp_path: Path) -> None:
    path = tmp_path / "consents.csv"
    write_table(path, shop.consent_chunks())

    for row in _rows(path):
        assert bool(row["ended_at"]) == (row["status"] == "REVOKED")


def test_public_ids_are_ordered_version_seven_uuids() -> None:
    numbers = np.arange(1, 1001)
    moments = 1_700_000_000 + numbers
    ids = public_ids(numbers, moments, seed=7, kind=CUSTOMERS)

    assert ids == sorted(ids)
    assert len(set(ids)) == 1000
    parsed = [uuid.UUID(text) for text in ids]
    assert {value.version for value in parsed} == {7}
    assert {value.variant for value in parsed} == {uuid.RFC_4122}
    assert parsed[0].int >> 80 == 1_700_000_001_000
    assert ids == public_ids(numbers, moments, seed=7, kind=CUSTOMERS)
    for seed, kind in ((8, CUSTOMERS), (7, ORDERS)):
        assert not set(ids) & set(public_ids(numbers, moments, seed=seed, kind=kind))


@pytest.mark.parametrize(
    ("russian", "spelled"),
    [("Щербаков", "shcherbakov"), ("Юлия", "yuliya"), ("Артём", "artem"), ("Игорь", "igor")],
)
def test_latin_spelling(russian: str, spelled: str) -> None:
    assert names.latin(russian) == spelled


@pytest.mark.parametrize(
    ("his", "hers"), [("Иванов", "Иванова"), ("Покровский", "Покровская"), ("Кузьмин", "Кузьмина")]
)
def test_feminine_surnames(his: str, hers: str) -> None:
    assert names.woman_surname(his) == hers
