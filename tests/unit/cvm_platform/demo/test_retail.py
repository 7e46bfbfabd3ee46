import csv
import hashlib
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from cvm_platform.demo import retail, retail_contacts, retail_pack

# SHA-256 of the public CSV (47,226,132 bytes) from which the packed file was made
SOURCE_SHA256 = "1b8d9b40edc8ca0f4a23760dae263a9a69b1b9550257866296056af8224899a4"
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> retail.RetailSplit:
    folder = tmp_path_factory.mktemp("retail")
    return retail.split_retail(
        history=folder / "history.csv", outcome=folder / "outcome.csv", today=TODAY
    )


@pytest.fixture(scope="module")
def people(split: retail.RetailSplit) -> list[retail_contacts.Buyer]:
    return retail_contacts.buyers(shift=split.shift, until=split.cut)


def _lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle))


def test_packed_file_writes_the_source_back_byte_for_byte(tmp_path: Path) -> None:
    written = retail.write_retail_csv(tmp_path / "back.csv")

    assert written.rows == retail.ROWS
    assert written.first_at == datetime.fromisoformat("2010-12-01T08:26")
    assert written.last_at == datetime.fromisoformat("2011-12-09T12:50")
    assert hashlib.sha256(written.path.read_bytes()).hexdigest() == SOURCE_SHA256


def test_packing_again_keeps_every_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source.csv"
    source.write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        '536365,85123A,"MIRROR ""GLAMOROUS""",6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n'
        "C536379,D,,-1,2010-12-01 09:41:00,0.001,,EIRE\n"
        "A563185,B,Adjust bad debt,1,2011-08-12 14:50:00,-11062.06,,United Kingdom\n",
        encoding="utf-8",
    )
    packed = tmp_path / "packed.parquet"

    assert retail_pack.pack_csv(source, packed) == 3
    monkeypatch.setattr(retail, "PARQUET", packed)
    retail.write_retail_csv(tmp_path / "back.csv")

    assert (tmp_path / "back.csv").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("offset", range(14))
def test_history_ends_in_the_last_seven_days_on_the_same_weekday(offset: int) -> None:
    today = TODAY + timedelta(days=offset)
    last_day = retail.LAST_DAY + retail.shift_for(today)

    assert 1 <= (today - last_day).days <= 7
    assert last_day.weekday() == retail.LAST_DAY.weekday()
    assert retail.shift_for(today) % timedelta(weeks=1) == timedelta(0)


def test_cut_leaves_a_whole_window_behind_it() -> None:
    last_day = retail.LAST_DAY + retail.shift_for(TODAY)

    assert retail.default_cut(TODAY).date() + timedelta(days=retail.OUTCOME_DAYS - 1) == last_day
    assert retail.OUTCOME_DAYS >= 28


def test_both_files_add_up_to_the_whole(split: retail.RetailSplit) -> None:
    header, body = split.outcome.path.read_bytes().split(b"\n", 1)
    whole = retail.write_retail_csv(split.history.path.with_name("whole.csv"), shift=split.shift)

    assert header.decode().split(",") == list(retail_pack.COLUMNS)
    assert split.history.path.read_bytes() + body == whole.path.read_bytes()
    assert body.count(b"\n") == split.outcome.rows
    assert split.history.rows + split.outcome.rows == whole.rows == retail.ROWS
    assert split.history.last_at is not None
    assert split.outcome.first_at is not None
    assert split.history.last_at < split.cut <= split.outcome.first_at


def test_empty_range_writes_a_header_only(tmp_path: Path) -> None:
    written = retail.write_retail_csv(
        tmp_path / "none.csv", until=datetime.fromisoformat("2000-01-01")
    )

    assert (written.rows, written.first_at, written.last_at) == (0, None, None)
    assert _lines(written.path) == [list(retail_pack.COLUMNS)]


def test_contacts_are_invented_on_reserved_domains(
    split: retail.RetailSplit, people: list[retail_contacts.Buyer], tmp_path: Path
) -> None:
    files = retail_contacts.write_contacts(
        people, contacts=tmp_path / "c.csv", consents=tmp_path / "k.csv", until=split.cut
    )
    contacts = [
        dict(zip(retail_contacts.CONTACT_COLUMNS, row, strict=True))
        for row in _lines(tmp_path / "c.csv")[1:]
    ]

    assert files.contacts == len(contacts) == len({row["CustomerID"] for row in contacts}) == 4062
    mails = [row["Email"] for row in contacts if row["Email"]]
    assert len(set(mails)) == len(mails) == files.contacts - files.unreachable
    assert {mail.rsplit(".", 1)[1] for mail in mails} == {"example"}
    assert all(datetime.fromisoformat(row["RegisteredAt"]) < split.cut for row in contacts)


def test_consents_match_the_contacts(
    split: retail.RetailSplit, people: list[retail_contacts.Buyer], tmp_path: Path
) -> None:
    files = retail_contacts.write_contacts(
        people, contacts=tmp_path / "c.csv", consents=tmp_path / "k.csv", until=split.cut
    )
    address = {row[0]: row[3] for row in _lines(tmp_path / "c.csv")[1:]}
    consents = [
        dict(zip(retail_contacts.CONSENT_COLUMNS, row, strict=True))
        for row in _lines(tmp_path / "k.csv")[1:]
    ]
    permissions = [row for row in consents if row["Document"] == "AD_PERMISSION"]
    left = [row for row in permissions if row["Status"] == "REVOKED"]

    assert len(consents) == files.consents
    assert files.allowed + files.revoked == len(permissions)
    assert files.revoked == len(left)
    assert 0.83 < files.allowed / files.contacts < 0.87
    assert all(row["Address"] == address[row["CustomerID"]] != "" for row in permissions)
    assert all(row["GivenAt"] <= row["RevokedAt"] < str(split.cut) for row in left)
    processing = {row["CustomerID"] for row in consents if row["Document"] == "PD_CONSENT"}
    assert {row["CustomerID"] for row in permissions} < processing
    states = files.allowed + files.revoked + files.processing_only + files.unreachable
    assert states == files.contacts


def test_contacts_repeat_for_the_same_seed_only(
    split: retail.RetailSplit, people: list[retail_contacts.Buyer], tmp_path: Path
) -> None:
    def digest(seed: int) -> str:
        retail_contacts.write_contacts(
            people[:200],
            contacts=tmp_path / "c.csv",
            consents=tmp_path / "k.csv",
            until=split.cut,
            seed=seed,
        )
        both = (tmp_path / "c.csv").read_bytes() + (tmp_path / "k.csv").read_bytes()
        return hashlib.sha256(both).hexdigest()

    assert digest(1) == digest(1) != digest(2)
