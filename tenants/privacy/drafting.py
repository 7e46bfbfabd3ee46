"""First drafts of the usual consent texts, made of what the registers know.

They pass our own linter; the operator's lawyer reads them before anybody is asked to agree.
In Russian on purpose: they are documents for people in Russia, not words of the interface.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tenants.privacy.linting import Ground
from tenants.privacy.models import ConsentText

Document = ConsentText.Document

_TERM = "три года с последнего обращения или покупки либо до отзыва, если он наступит раньше"
_TERM_MONTHS = 36
_METHODS = "автоматизированная, с передачей по внутренней сети и сети Интернет"
_ACTIONS = ("сбор", "запись", "систематизация", "накопление", "хранение", "уточнение",
            "извлечение", "использование", "передача (предоставление, доступ)", "блокирование",
            "удаление", "уничтожение")  # fmt: skip
_PD = {
    "PROMO_DIRECT": ("фамилия, имя, отчество", "адрес электронной почты", "номер телефона"),
    "PROMO_PROFILING": ("сведения о покупках", "сведения о посещениях сайта", "город",
                        "возрастная группа"),
}  # fmt: skip
_PURPOSES = {
    "PROMO_DIRECT": "продвижение товаров и услуг путём прямых контактов со мной",
    "PROMO_PROFILING": "подбор предложений по истории моих покупок и посещений",
}
_TITLES = {
    "PROMO_DIRECT": "Согласие на обработку данных для предложений",
    "PROMO_PROFILING": "Согласие на подбор предложений",
}
_LABELS = {
    "PROMO_DIRECT": "Согласен на обработку персональных данных, чтобы получать предложения",
    "PROMO_PROFILING": "Согласен, чтобы предложения подбирали по истории моих покупок",
}
CHANNEL_WORDS = {"EMAIL": "электронной почте", "SMS": "СМС", "MESSENGER_MAX": "в MAX",
                 "MESSENGER_VK": "ВКонтакте", "PUSH_APP": "в уведомлениях приложения",
                 "CALL_HUMAN": "в звонках сотрудников"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contact:
    """Where people write to the operator."""

    email: str
    address: str


def processing_text(purpose: str, ground: Ground, contact: Contact) -> dict[str, Any]:
    """Values of a `ConsentText` for one purpose; raises KeyError for one without a draft."""
    processors = "; ".join(f"{name} ({address})" for name, address in ground.processors)
    ways, who = withdrawal_ways(contact), f"{ground.operator_name} ({ground.operator_address})"
    body = "\n\n".join([
        f"Я даю согласие оператору {who} на обработку моих персональных данных.",
        f"Цель: {_PURPOSES[purpose]}.",
        f"Данные: {', '.join(_PD[purpose])}.",
        f"Действия: {', '.join(_ACTIONS)}. Обработка {_METHODS}.",
        f"По поручению оператора данные обрабатывают: {processors}." if processors
        else "Обработка другим лицам не поручена.",
        f"Срок: {_TERM}.",
        f"Согласие можно отозвать: {'; '.join(ways)}. Отказ не влияет на заказы и обслуживание.",
    ])  # fmt: skip
    return {
        "document": Document.PD_CONSENT, "title": _TITLES[purpose], "purposes": [purpose],
        "label": _LABELS[purpose], "body": body, "pd_list": list(_PD[purpose]),
        "actions": list(_ACTIONS), "methods": _METHODS, "term": _TERM,
        "term_months": _TERM_MONTHS, "withdrawal_methods": ways,
        "processors": [{"name": name, "address": at} for name, at in ground.processors],
    }  # fmt: skip


def advertising_text(
    brands: Sequence[str], channels: Sequence[str], ground: Ground, contact: Contact
) -> dict[str, Any]:
    where = ", ".join(CHANNEL_WORDS.get(channel, channel) for channel in channels)
    named = ", ".join(f"«{brand}»" for brand in brands)
    ways, who = withdrawal_ways(contact), f"{ground.operator_name} ({ground.operator_address})"
    body = "\n\n".join([
        f"Я разрешаю {who} присылать мне рекламу {named} по каналам: {where}.",
        "Разрешение действует только для адреса или номера, который я указал и подтвердил.",
        f"Срок: {_TERM}.",
        f"Отказаться можно в любой момент: по ссылке в каждом сообщении; {'; '.join(ways)}.",
    ])  # fmt: skip
    return {
        "document": Document.AD_PERMISSION, "title": f"Разрешение на рекламу: {where}",
        "purposes": ["PROMO_DIRECT"], "channels": list(channels), "brands": list(brands),
        "label": f"Хочу получать рекламу {named}: {where}", "body": body, "term": _TERM,
        "term_months": _TERM_MONTHS, "withdrawal_methods": ways,
    }  # fmt: skip


def withdrawal_ways(contact: Contact) -> list[str]:
    return [f"письмом на {contact.email}" if contact.email else "по ссылке в личном кабинете",
            f"почтой по адресу {contact.address}"]  # fmt: skip
