import pytest

from campaigns.channels.contracts import Fault, Rejected, Sent
from campaigns.channels.email.config import SmtpConfig, Tls
from campaigns.channels.email.replies import Reply, Stage, accepted, is_full, refused


@pytest.mark.parametrize(
    ("stage", "code", "text", "permanent", "fault"),
    [
        (Stage.RECIPIENT, 550, "5.1.1 no such user", True, Fault.RECIPIENT),
        (Stage.RECIPIENT, 550, "no such user", True, Fault.RECIPIENT),
        (Stage.RECIPIENT, 550, "5.2.1 mailbox disabled", True, Fault.RECIPIENT),
        (Stage.RECIPIENT, 552, "5.2.2 mailbox full", False, Fault.RECIPIENT),
        (Stage.RECIPIENT, 450, "4.2.1 greylisted", False, Fault.RECIPIENT),
        (Stage.RECIPIENT, 451, "try later", False, Fault.SERVER),
        (Stage.RECIPIENT, 550, "5.7.1 relaying denied", True, Fault.SERVER),
        (Stage.RECIPIENT, 554, "5.7.1 policy", True, Fault.SERVER),
        (Stage.SENDER, 550, "5.1.8 sender's domain", True, Fault.SERVER),
        (Stage.SENDER, 550, "5.1.1 odd", True, Fault.SERVER),
        (Stage.SENDER, 530, "5.7.0 log in first", True, Fault.SERVER),
        (Stage.SENDER, 552, "5.3.4 too big", True, Fault.MESSAGE),
        (Stage.CONTENT, 554, "5.6.0 bad content", True, Fault.MESSAGE),
        (Stage.CONTENT, 554, "spam", True, Fault.MESSAGE),
        (Stage.CONTENT, 550, "5.1.1 no such user", True, Fault.RECIPIENT),
        (Stage.CONTENT, 451, "4.3.0 local error", False, Fault.SERVER),
    ],
)
def test_what_a_refusal_is_about(
    stage: Stage, code: int, text: str, permanent: bool, fault: Fault
) -> None:  # fmt: skip
    enhanced = text.split(maxsplit=1)[0] if text[0].isdigit() else ""
    assert refused(stage, Reply(code, text), "anna@example.com") == Rejected(
        f"{stage}: {text}", f"{code} {enhanced}".strip(), permanent, fault
    )


def test_the_address_is_taken_out_of_the_servers_words() -> None:
    reply = Reply(550, "5.1.1 <Anna@Example.com>: unknown " + "x" * 1000)
    reason = refused(Stage.RECIPIENT, reply, "anna@example.com").reason
    assert reason.startswith("RCPT: 5.1.1 <<recipient>>: unknown")
    assert len(reason) == 500


@pytest.mark.parametrize(
    ("text", "provider_id"),
    [
        ("2.0.0 Ok: queued as 4ZQ1xK0mJ", "4ZQ1xK0mJ"),
        ("OK id=1rXyZ-0001Ab-2C", "1rXyZ-0001Ab-2C"),
        ("2.0.0 OK", ""),
    ],
)
def test_the_servers_own_number(text: str, provider_id: str) -> None:
    assert accepted(Reply(250, text)) == Sent(provider_id)


@pytest.mark.parametrize(
    ("stage", "code", "text", "full"),
    [
        (Stage.SENDER, 452, "4.3.1 Insufficient system storage", True),
        (Stage.RECIPIENT, 452, "4.3.1 Insufficient system storage", True),
        (Stage.CONTENT, 452, "no room", True),
        (Stage.RECIPIENT, 452, "too many recipients", False),
        (Stage.RECIPIENT, 452, "4.2.2 mailbox full", False),
        (Stage.SENDER, 451, "later", False),
    ],
)
def test_a_full_server_is_not_a_full_mailbox(
    stage: Stage, code: int, text: str, full: bool
) -> None:  # fmt: skip
    assert is_full(stage, Reply(code, text)) is full


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", SmtpConfig("mail.example", 25)),
        ("smtps://mail.example", SmtpConfig("mail.example", 465, Tls.IMPLICIT)),
        (
            "smtp://u%40x:p%2F%3A@mail.example?window=3&timeout=5&helo=me.example",
            SmtpConfig("mail.example", 587, Tls.STARTTLS, "u@x", "p/:", 3, 5.0, helo="me.example"),
        ),
        ("smtp://127.0.0.1:8025?tls=none", SmtpConfig("127.0.0.1", 8025, Tls.NONE)),
    ],
)  # fmt: skip
def test_a_servers_url(url: str, expected: SmtpConfig) -> None:
    assert SmtpConfig.from_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example", "smtp://", "mail.example", "smtp://mail.example?tls=maybe",
        "smtp://mail.example?windows=3", "smtp://u:p@mail.example?tls=may",
        "smtp://mail.example?window=many", "smtp://mail.example?helo=a%0D%0Ab",
    ],
)  # fmt: skip
def test_a_wrong_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        SmtpConfig.from_url(url)


def test_a_password_is_never_printed() -> None:
    assert "secret" not in repr(SmtpConfig.from_url("smtp://u:secret@mail.example"))
