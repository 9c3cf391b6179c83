"""Makes types.parquet: numbers and lists between columns of types that event columns have no counterpart for.

Needs pyarrow and numpy:  python make_types.py
"""

import datetime
import decimal

import numpy
import pyarrow
import pyarrow.parquet

DAY = datetime.date(2026, 11, 26)
NOON = datetime.datetime(2026, 11, 26, 12)

COLUMNS = {
    "price": pyarrow.array([decimal.Decimal("1.25"), decimal.Decimal("-3.50")], pyarrow.decimal128(10, 2)),
    "x": pyarrow.array([1.5, 2.5], pyarrow.float64()),
    "day": pyarrow.array([DAY, DAY], pyarrow.date32()),
    "jet_pt": pyarrow.array([[1.0, 2.0], [3.0]], pyarrow.list_(pyarrow.float32())),
    "moment": pyarrow.array([NOON, NOON], pyarrow.timestamp("us")),
    "moment_in_zone": pyarrow.array([NOON, NOON], pyarrow.timestamp("ns", tz="UTC")),
    "clock": pyarrow.array([datetime.time(1, 2), datetime.time(3, 4)], pyarrow.time64("us")),
    "delay": pyarrow.array([1, 2], pyarrow.duration("ms")),
    "half": pyarrow.array(numpy.array([1.5, 2.5], dtype="float16"), pyarrow.float16()),
    "halves": pyarrow.array([[numpy.float16(1)], []], pyarrow.list_(pyarrow.float16())),
    "bytes": pyarrow.array([b"a", b"b"], pyarrow.binary()),
    "word": pyarrow.array(["a", "b"], pyarrow.string()),
    "kind": pyarrow.array(["a", "b"]).dictionary_encode(),
    "pair": pyarrow.array([{"a": 1}, {"a": 2}], pyarrow.struct([("a", pyarrow.int32())])),
    "three": pyarrow.array([[1, 2, 3], [4, 5, 6]], pyarrow.list_(pyarrow.int32(), 3)),
    "map": pyarrow.array([[("a", 1)], []], pyarrow.map_(pyarrow.string(), pyarrow.int32())),
    "nothing": pyarrow.nulls(2),
    "n": pyarrow.array([7, 8], pyarrow.int16()),
}

pyarrow.parquet.write_table(pyarrow.table(COLUMNS), "types.parquet", store_schema=True)
pyarrow.parquet.write_table(pyarrow.table(COLUMNS), "types-without-schema.parquet", store_schema=False)
pyarrow.parquet.write_table(
    pyarrow.table({name: COLUMNS[name] for name in ["price", "day"]}), "nothing-readable.parquet"
)
