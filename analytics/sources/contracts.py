"""Words and shapes of imports: our fields, reasons for refusing a row, how a file is laid out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cvm_platform.common.errors import InvalidInput

DEFAULT_SOURCE = "import"


class FileProblem(InvalidInput):
    """The file cannot be loaded as it is; the text names the row where that shows."""

    code = "bad_file"

    def __init__(self, message: str, *, row: int | None = None, code: str | None = None) -> None:
        super().__init__(
            message, code=code, fields={"file": message}, params={} if row is None else {"row": row}
        )
        self.row = row


class Cancelled(Exception):
    """Somebody pressed Cancel while the import ran."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a file: found out once, confirmed by a person, kept in the job's settings."""

    format: str  # csv or xlsx
    is_gzip: bool = False
    encoding: str = "utf-8"
    delimiter: str = ","
    columns: list[str] = field(default_factory=list)
    samples: list[list[str]] = field(default_factory=list)  # the first rows

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        return cls(**settings["layout"])


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a column may mean. `names` are headers it is recognised by, normalised."""

    key: str
    label: str | Promise
    names: tuple[str, ...]


ORDER_FIELDS: tuple[Field, ...] = (
    Field("order", _("Order number"), (
        "invoiceno", "invoice", "order", "orderid", "orderno", "ordernumber", "номерзаказа",
        "заказ", "номер", "nзаказа", "№заказа", "чек", "номерчека", "receipt", "transactionid")),
    Field("ts", _("Date and time of the order"), (
        "invoicedate", "date", "orderdate", "datetime", "createdat", "paidat", "ts", "timestamp",
        "дата", "датазаказа", "датадок", "датаивремя", "датапокупки", "датаоплаты")),
    Field("customer", _("Customer: id in the source"), (
        "customerid", "customer", "clientid", "userid", "buyerid", "customercode", "клиент",
        "покупатель", "кодклиента", "кодпокупателя", "idклиента", "контрагенткод", "контрагент",
        "карталояльности", "номеркарты")),
    Field("product", _("Product: article"), (
        "stockcode", "sku", "product", "productid", "article", "item", "itemid", "артикул",
        "артикулноменклатуры", "товар", "кодтовара", "номенклатура")),
    Field("name", _("Product: name"), (
        "description", "productname", "itemname", "name", "название", "наименование",
        "названиетовара", "наименованиетовара", "товар", "номенклатура")),
    Field("category", _("Product: category"), (
        "category", "productcategory", "категория", "категориятовара", "группа", "группатоваров")),
    Field("quantity", _("Quantity"), (
        "quantity", "qty", "count", "pieces", "количество", "колво", "колвошт",
        "колвоштсучетомвозвратов", "штук")),
    Field("price", _("Price of one piece"), (
        "unitprice", "price", "itemprice", "цена", "ценазаштуку", "ценаединицы")),
    Field("amount", _("Paid for the line"), (
        "amount", "total", "linetotal", "sum", "сумма", "суммастроки", "стоимость", "итого")),
    Field("discount", _("Discount on the line"), ("discount", "скидка", "суммаскидки")),
    Field("cost", _("Cost price of one piece"), (
        "cost", "unitcost", "costprice", "себестоимость", "себест", "себестбезндс",
        "себестоимостьединицы")),
    Field("country", _("Customer: country"), ("country", "страна")),
    Field("city", _("Customer: city"), ("city", "город")),
)  # fmt: skip

CUSTOMER_FIELDS: tuple[Field, ...] = (
    Field("customer", _("Customer: id in the source"), (
        "customerid", "customer", "clientid", "userid", "id", "externalid", "клиент", "кодклиента",
        "кодпокупателя", "idклиента", "контрагенткод")),
    Field("email", _("E-mail"), ("email", "mail", "почта", "электроннаяпочта", "емейл", "имейл")),
    Field("phone", _("Phone"), ("phone", "phonenumber", "mobile", "tel", "телефон",
                                "номертелефона", "мобильный")),
    Field("first_name", _("First name"), ("firstname", "givenname", "имя")),
    Field("last_name", _("Last name"), ("lastname", "surname", "familyname", "фамилия")),
    Field("middle_name", _("Middle name"), ("middlename", "patronymic", "отчество")),
    Field("city", _("Customer: city"), ("city", "город")),
    Field("country", _("Customer: country"), ("country", "страна")),
    Field("timezone", _("Customer: time zone"), ("timezone", "tz", "часовойпояс")),
    Field("pd_consent_at", _("Consent to processing: date"), (
        "pdconsentat", "consentat", "датасогласия", "согласиенаобработку", "согласиепдн")),
    Field("email_permission_at", _("E-mail advertising allowed: date"), (
        "emailpermissionat", "emailconsentat", "optinat", "subscribedat", "датаподписки",
        "согласиенарассылку", "согласиеemail")),
    Field("sms_permission_at", _("SMS advertising allowed: date"), (
        "smspermissionat", "smsconsentat", "согласиеsms", "согласиенасмс")),
    Field("document", _("Document: PD_CONSENT or AD_PERMISSION"), ("document", "документ")),
    Field("purpose", _("Document: purpose"), ("purpose", "цель")),
    Field("channel", _("Document: channel"), ("channel", "канал")),
    Field("address", _("Document: address"), ("address", "адрес")),
    Field("given_at", _("Document: given"), ("givenat", "даносогласие", "дано")),
    Field("withdrawn_at", _("Document: withdrawn"), ("withdrawnat", "unsubscribedat", "отозвано",
                                                     "датаотзыва", "датаотписки")),
    Field("method", _("How the consent was checked"), (
        "method", "consentmethod", "identityproof", "способ", "способсогласия")),
)  # fmt: skip

# Whoever looks at an import is not thereby entitled to names and addresses: samples of a customer
# file are kept of these columns only.
SAFE_SAMPLES = frozenset({
    "customer", "city", "country", "timezone", "pd_consent_at", "email_permission_at",
    "sms_permission_at", "document", "purpose", "channel", "given_at", "withdrawn_at", "method",
})  # fmt: skip
MASKED = "•••"

FIELDS: Mapping[str, tuple[Field, ...]] = {"orders": ORDER_FIELDS, "customers": CUSTOMER_FIELDS}
# each group needs at least one of its fields
REQUIRED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "orders": (("order",), ("ts",), ("quantity", "amount"), ("price", "amount")),
    "customers": (("customer", "email", "phone"),),
}

REASONS: Mapping[str, str | Promise] = {
    "columns": _("Another number of columns than in the header"),
    "no_order": _("No order number"),
    "bad_date": _("The date cannot be read"),
    "old_date": _("The date is before 2000"),
    "future_date": _("The date is in the future"),
    "bad_quantity": _("The quantity is no whole number"),
    "zero_quantity": _("The quantity is zero"),
    "bad_price": _("The price is no number"),
    "zero_price": _("The price is zero"),
    "negative_price": _("The price is negative"),
    "bad_amount": _("The sum is no number"),
    "bad_discount": _("The discount is no number"),
    "bad_cost": _("The cost price is no number"),
    "long_value": _("A value is longer than its field"),
    "bad_text": _("A value holds bytes that are no text"),
    "bad_email": _("This is not an e-mail address"),
    "bad_phone": _("This is not a phone number"),
    "bad_timezone": _("Unknown time zone"),
    "nobody": _("Neither an id, nor an e-mail, nor a phone"),
    "bad_document": _("Neither PD_CONSENT nor AD_PERMISSION"),
    "no_address": _("A permission without an address"),
    "bad_channel": _("Unknown channel"),
}
