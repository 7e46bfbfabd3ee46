"""Packs the public CSV of Online Retail into the small Parquet file of the demo.

Run once when the file is made; kept because a redistributed copy must say how it came about.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
# Chosen by size, column by column: repeated texts want a dictionary, sorted numbers want deltas.
_DICTIONARY = ["StockCode", "Description", "Country"]
_ENCODING = {
    "InvoiceNo": "PLAIN",
    "Quantity": "BYTE_STREAM_SPLIT",
    "InvoiceDate": "DELTA_BINARY_PACKED",
    "UnitPrice": "PLAIN",
    "CustomerID": "PLAIN",
}


def pack_csv(source: Path, target: Path) -> int:
    """Write `target` (Parquet) from `source` (CSV, eight text columns) and return its rows.

    Quantity is int32, UnitPrice int32 in thousandths of a pound (four rows need the third digit),
    InvoiceDate a naive timestamp in seconds, CustomerID int32 or null. Row order is kept.
    """
    table = pa_csv.read_csv(
        source,
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(COLUMNS, pa.string()), strings_can_be_null=False
        ),
    )
    thousandths = np.rint(np.array(table["UnitPrice"].to_pylist(), dtype=np.float64) * 1000)
    customer = pc.if_else(pc.equal(table["CustomerID"], ""), None, table["CustomerID"])
    packed = pa.table(
        {
            "InvoiceNo": table["InvoiceNo"],
            "StockCode": table["StockCode"],
            "Description": table["Description"],
            "Quantity": table["Quantity"].cast(pa.int32()),
            "InvoiceDate": pc.strptime(table["InvoiceDate"], "%Y-%m-%d %H:%M:%S", "s"),
            "UnitPrice": pa.array(thousandths.astype(np.int32)),
            "CustomerID": customer.cast(pa.int32()),
            "Country": table["Country"],
        }
    )
    pq.write_table(
        packed,
        target,
        compression="zstd",
        compression_level=22,
        use_dictionary=_DICTIONARY,
        column_encoding=_ENCODING,
        write_statistics=False,
        row_group_size=1 << 20,
        data_page_size=1 << 24,
        dictionary_pagesize_limit=1 << 24,
    )
    return int(packed.num_rows)
