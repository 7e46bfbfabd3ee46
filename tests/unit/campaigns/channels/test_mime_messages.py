import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.channels.contracts import Address, EmailStream, Fault, OutgoingEmail
from campaigns.channels.headers import MessageRefused, check_mailbox
from campaigns.channels.mime import MAX_LINE_BYTES, MimeTemplate, encode_body, has_short_lines

STREAM = EmailStream(
    key="acme-b42",
    from_=Address("news@shop.example", "Кофейня «Зерно»"),
    return_path="bounce+{ref}@bounce.shop.example",
    message_id_domain="shop.example",
    reply_to=Address("hello@shop.example", 'Shop "Beans" \\ Co'),
    list_id="news.shop.example",
    feedback_id="b42:acme:bulk:cvm",
    headers={"X-Postmaster-Msgtype": "b42"},
)
MESSAGE = OutgoingEmail(
    message_id=12,
    to=Address("anna@example.com", "Анна"),
    stream=STREAM,
    subject="Новый урожай",
    html="<p>Привет</p>\n.\n..x\nFrom y\n",
    text="Привет\n.\n",
    unsubscribe_url="https://go.shop.example/u/TOKEN",
    unsubscribe_mailto="unsubscribe@shop.example",
    ref="0198-abc",
)
WRITER = MimeTemplate(STREAM)


def _parse(message: OutgoingEmail, *, eight_bit: bool = True) -> EmailMessage:
    raw = WRITER.build(message, eight_bit=eight_bit)
    parsed = message_from_bytes(raw, policy=default)
    assert parsed.defects == []
    return parsed


def _bodies(parsed: EmailMessage) -> dict[str, str]:
    return {
        part.get_content_type(): part.get_payload(decode=True).decode()  # type: ignore[union-attr]  # leaf parts are bytes
        for part in parsed.walk()
        if not part.is_multipart()
    }


def _crlf(text: str) -> str:
    return re.sub(r"\r\n?", "\n", text).replace("\0", "").replace("\n", "\r\n")


def _header(raw: bytes, name: str) -> str:
    text = raw.decode().replace("\r\n", "\n")
    found = re.findall(rf"^{name}: (.*(?:\n[ ].*)*)", text, re.MULTILINE)
    assert len(found) == 1
    return str(make_header(decode_header(found[0].replace("\n ", " "))))


def test_a_message_reads_back_as_it_was_meant() -> None:
    parsed = _parse(MESSAGE)
    moment = parsedate_to_datetime(parsed["date"])
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 5
    assert parsed["message-id"] == "<0198-abc.acme-b42@shop.example>"
    assert parsed["from"].addresses[0].addr_spec == "news@shop.example"
    assert parsed["from"].addresses[0].display_name == "Кофейня «Зерно»"
    assert parsed["reply-to"].addresses[0].display_name == 'Shop "Beans" \\ Co'
    assert parsed["to"].addresses[0].addr_spec == "anna@example.com"
    assert parsed["to"].addresses[0].display_name == "Анна"
    assert parsed["subject"] == "Новый урожай"
    assert parsed["list-id"] == "<news.shop.example>"
    assert parsed["precedence"] == "bulk"
    assert parsed["feedback-id"] == "b42:acme:bulk:cvm"
    assert parsed["x-postmaster-msgtype"] == "b42"
    assert parsed["list-unsubscribe"] == (
        "<https://go.shop.example/u/TOKEN>, <mailto:unsubscribe@shop.example?subject=unsubscribe>"
    )
    assert parsed["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert parsed.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert [part["content-transfer-encoding"] for part in parsed.iter_parts()] == ["8bit", "8bit"]
    assert _bodies(parsed) == {
        "text/plain": _crlf(MESSAGE.text),
        "text/html": _crlf(MESSAGE.html),
    }
    names = [name.lower() for name in parsed.keys()]  # noqa: SIM118 all fields, not the distinct
    assert len(names) == len(set(names))


def test_a_service_message_may_have_one_part_and_no_refusal() -> None:
    plain = replace(
        STREAM, reply_to=None, list_id="", feedback_id="", headers={}, return_path="b@shop.example"
    )
    message = replace(MESSAGE, stream=plain, html="", unsubscribe_url="", ref="")
    raw = MimeTemplate(plain).build(message)
    parsed = message_from_bytes(raw, policy=default)
    assert parsed.get_content_type() == "text/plain"
    assert parsed["message-id"] == "<12.acme-b42@shop.example>"
    assert {
        "list-unsubscribe",
        "list-unsubscribe-post",
        "list-id",
        "precedence",
        "reply-to",
    }.isdisjoint(
        name.lower()
        for name in parsed.keys()  # noqa: SIM118 as above
    )
    only_html = MimeTemplate(plain).build(replace(message, text="", html="<p>x</p>"))
    assert message_from_bytes(only_html, policy=default).get_content_type() == "text/html"


def test_the_envelope_sender_names_the_message() -> None:
    assert WRITER.return_path(MESSAGE) == "bounce+0198-abc@bounce.shop.example"


nasty = st.text(max_size=300) | st.text("\r\n.=? -<>я€😀\0\u2028\x85From", max_size=300)


@given(nasty, nasty, st.booleans())
@example("", "", False)
@example("\r", "\n", True)
@example(".\r\n.\r\n", "..", True)
@example("я" * 600, "x" * 999, True)
@example("x " * 600 + "\n" + "я", "trailing \t\n", False)
def test_any_text_survives(html: str, text: str, eight_bit: bool) -> None:
    message = replace(MESSAGE, html=html, text=text)
    raw = WRITER.build(message, eight_bit=eight_bit)
    lines = raw.split(b"\r\n")
    assert all(b"\r" not in line and b"\n" not in line for line in lines)
    assert b"\0" not in raw
    assert max(map(len, lines)) <= MAX_LINE_BYTES
    assert eight_bit or raw.isascii()
    found = _bodies(_parse(message, eight_bit=eight_bit))
    if html and text:
        assert found == {"text/plain": _crlf(text), "text/html": _crlf(html)}
    else:  # one part: the message's own last line end may follow
        kind = "text/html" if html else "text/plain"
        assert set(found) == {kind}
        assert found[kind] in {_crlf(html or text), _crlf(html or text) + "\r\n"}


printable = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\u2028\u2029"),
    min_size=1,
    max_size=150,
)


@given(printable)
@example("=?utf-8?B?0JA=?=")
@example(" лишние  пробелы ")
@example("a" * 200)
@example("😀" * 40)
def test_any_subject_survives(subject: str) -> None:
    raw = WRITER.build(replace(MESSAGE, subject=subject))
    head = raw.partition(b"\r\n\r\n")[0]
    assert head.isascii()
    assert _header(raw, "Subject") == subject
    assert all(len(line) <= 76 for line in head.split(b"\r\n") if b"=?" in line)


@given(printable)
def test_any_name_survives_and_the_address_stays(name: str) -> None:
    raw = WRITER.build(replace(MESSAGE, to=Address("anna@example.com", name)))
    parsed = message_from_bytes(raw, policy=default)
    assert [each.addr_spec for each in parsed["to"].addresses] == ["anna@example.com"]


@pytest.mark.parametrize("breaker", ["\r\n", "\n", "\r", "\0", "\x0b", "\x85", "\u2028"])
def test_no_header_takes_a_line_of_a_stranger(breaker: str) -> None:
    evil = f"x{breaker}Bcc: victim@example.com"
    for message in (
        replace(MESSAGE, subject=evil),
        replace(MESSAGE, headers={"X-A": evil}),
        replace(MESSAGE, headers={evil: "x"}),
        replace(MESSAGE, ref=evil),
        replace(MESSAGE, unsubscribe_url=f"https://a.example/{evil}"),
        replace(MESSAGE, unsubscribe_mailto=evil),
        replace(MESSAGE, to=Address(f"a@example.com{evil}")),
    ):
        with pytest.raises(MessageRefused):
            WRITER.build(message)
    for stream in (
        replace(STREAM, key=evil),
        replace(STREAM, from_=Address(evil)),
        replace(STREAM, list_id=evil),
        replace(STREAM, feedback_id=evil),
        replace(STREAM, message_id_domain=evil),
        replace(STREAM, return_path=evil),
        replace(STREAM, headers={"X-A": evil}),
    ):
        with pytest.raises(MessageRefused):
            MimeTemplate(stream)


@pytest.mark.parametrize("name", ["Bcc", "to", "Content-Type", "SUBJECT", "DKIM Signature", ""])
def test_the_platforms_own_headers_are_not_to_be_set(name: str) -> None:
    with pytest.raises(MessageRefused):
        WRITER.build(replace(MESSAGE, headers={name: "x"}))


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("anna@example.com", "anna@example.com"),
        ("a.b+c'd@sub.example.com", "a.b+c'd@sub.example.com"),
        ("anna@почта.example", "anna@xn--80a1acny.example"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_good_addresses(address: str, wire: str) -> None:
    assert check_mailbox(address) == wire


@pytest.mark.parametrize(
    "address",
    [
        "", "@", "a", "a@", "@b", "a b@example.com", "a@b@example.com", "анна@example.com",
        ".a@example.com", "a..b@example.com", "a@-b.example", "a@b..example", "a@b.example.",
        "a@[127.0.0.1]", f"{'a' * 65}@example.com", f"a@{'b' * 64}.example",
        "a@" + "b." * 130 + "example", "<a@example.com>", "a@exa mple.com", "a@example.com>",
        f"a@{'я' * 64}.example",
    ],
)  # fmt: skip
def test_bad_addresses_are_the_recipients_fault(address: str) -> None:
    with pytest.raises(MessageRefused) as caught:
        check_mailbox(address)
    assert (caught.value.code, caught.value.fault) == ("bad_address", Fault.RECIPIENT)
    assert caught.value.reason in {"The address is wrong.", "The address's domain is wrong."}


@pytest.mark.parametrize(
    ("size", "is_short"), [(0, True), (998, True), (999, False), (5000, False)]
)
def test_the_limit_of_a_line(size: int, is_short: bool) -> None:
    line = b"x" * size
    around = b"y" * 400 + b"\r\n"
    for body in (
        line,
        around * 7 + line + b"\r\n" + around * 7,
        around + line,
        line + b"\r\n" + around,
    ):
        assert has_short_lines(body) is is_short


def test_the_encoding_fits_the_text() -> None:
    def encoding(text: str, *, eight_bit: bool) -> str:
        head = encode_body("plain", text, eight_bit=eight_bit)[0].decode()
        return head.split("Encoding: ")[1].strip()

    assert encoding("Привет", eight_bit=True) == "8bit"
    assert encoding("Привет", eight_bit=False) == "base64"
    assert encoding("Hello", eight_bit=False) == "8bit"
    assert (
        encoding("Hello, я and a long text of plain letters", eight_bit=False) == "quoted-printable"
    )
    assert encoding("я" * 999, eight_bit=True) == "base64"
    assert encoding("x" * 999, eight_bit=True) == "quoted-printable"
