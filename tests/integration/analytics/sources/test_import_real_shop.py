"""The real shop's file against counts made with pandas, and against the published ones."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analytics.events.models import CustomerStats, Event, Order, OrderLine, Product
from analytics.sources.services import import_file
from cvm_platform.demo.retail import TIME_ZONE, write_retail_csv
from tenants.customers.models import Customer
from tenants.tenancy.models import Tenant


def _expected(file: Path) -> dict[str, Any]:
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    minor = (frame.UnitPrice.astype(float) * 100).round().astype(int)
    quantity = frame.Quantity.astype(int)
    good = frame[minor > 0].assign(minor=minor, quantity=quantity)
    good["amount"] = good.minor * good.quantity
    orders = good.groupby("InvoiceNo").agg(
        amount=("amount", "sum"), customer=("CustomerID", "min"), quantity=("quantity", "sum")
    )
    known = orders[orders.customer != ""]
    sales = known[~known.index.str.startswith("C")]
    return {
        "rows": len(frame),
        "rows_without_customer": int((frame.CustomerID == "").sum()),
        "customers_in_file": frame.CustomerID[frame.CustomerID != ""].nunique(),
        "zero_price": int((minor == 0).sum()),
        "negative_price": int((minor < 0).sum()),
        "lines": len(good),
        "negative_lines": int((good.quantity < 0).sum()),
        "orders": len(orders),
        "returns": int(orders.index.str.startswith("C").sum()),
        "revenue": int(good.amount.sum()),
        "customers": good.CustomerID[good.CustomerID != ""].nunique(),
        "events": len(known),
        "products": good.StockCode.nunique(),
        "by_customer": known.groupby("customer").amount.sum().sort_values().tolist(),
        "sales": len(sales),
    }


def _check(acme: Tenant, file: Path) -> dict[str, Any]:
    expected = _expected(file)
    job = import_file(path=file, options={"zone": TIME_ZONE})
    report = job.report
    for name in ("rows", "rows_without_customer", "lines", "negative_lines", "orders", "returns",
                 "revenue", "customers", "events"):  # fmt: skip
        assert (name, report[name]) == (name, expected[name])
    rejected = {"zero_price": expected["zero_price"], "negative_price": expected["negative_price"]}
    assert report["rejected"] == {code: count for code, count in rejected.items() if count}
    assert report["damaged_orders"] == 0  # what was refused was no part of a loaded order
    assert job.rows_loaded + job.rows_rejected == job.rows_read == expected["rows"]
    assert report["lines_with_customer"] + report["lines_without_customer"] == expected["lines"]
    assert Order.objects.count() == expected["orders"]
    assert OrderLine.objects.count() == expected["lines"]
    assert Event.objects.count() == expected["events"]
    assert Product.objects.count() == expected["products"]
    assert Customer.objects.count() == CustomerStats.objects.count() == expected["customers"]
    stats = CustomerStats.objects.order_by("revenue").values_list("revenue", flat=True)
    assert list(stats) == expected["by_customer"]
    assert sum(CustomerStats.objects.values_list("orders", flat=True)) == expected["sales"]
    again = import_file(path=file, options={"zone": TIME_ZONE}).report
    assert (again["added"], again["changed"], again["same"]) == (0, 0, expected["orders"])
    assert OrderLine.objects.count() == expected["lines"]
    return expected


def test_two_weeks_of_the_real_shop(acme: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "retail.csv"
    write_retail_csv(file, until=datetime(2010, 12, 15))  # noqa: DTZ001 the shop's own clock
    expected = _check(acme, file)
    assert expected["zero_price"] > 0
    assert expected["returns"] > 0


@pytest.mark.slow
def test_the_whole_real_shop(acme: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "retail.csv"
    write_retail_csv(file)
    expected = _check(acme, file)
    # as published with the data set (UCI Machine Learning Repository, number 352)
    assert expected["rows"] == 541_909
    assert expected["rows_without_customer"] == 135_080
    assert expected["customers_in_file"] == 4_372
