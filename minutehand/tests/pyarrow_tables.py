"""Parquet to and from pyarrow: what it writes is read as the same bars in CSV are, and it reads what backtests write.

`python pyarrow_tables.py MINUTEHAND` takes a build with the feature `parquet`. Needs what pyarrow.requirements.txt
lists; `.ci/deep parquet` runs it.
"""

import decimal
import pathlib
import random
import subprocess
import sys
import tempfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

BARS = 3_000
PRICES = ["open", "high", "low", "close", "volume"]
# Each strategy decides what it is told: all that was read of a bar stands in the table of minutes.
PLAN = "[trader]\nephemeral = true\n" + "".join(
    f"[[generator]]\nname = '{name}'\nsource = 'bars.csv'\nsignal = '{name}'\n"
    f"[[strategy]]\nname = 'of-{name}'\nsignals = ['{name}']\n"
    for name in PRICES
)


def bars():
    """A random walk in cents, with a minute in fifty left out."""
    chance = random.Random(5)
    close, rows = 10_000, []
    for minute in range(BARS):
        opened, close = close, close + chance.randint(-40, 40)
        high, low = max(opened, close) + chance.randint(0, 9), min(opened, close) - chance.randint(0, 9)
        if chance.randrange(50):
            rows.append((minute, opened / 100, high / 100, low / 100, close / 100, chance.randint(0, 10**9) / 10**6))
    frame = pd.DataFrame(rows, columns=["timestamp", *PRICES])
    frame["timestamp"] = pd.Timestamp("2024-03-01", tz="UTC") + pd.to_timedelta(frame["timestamp"], unit="min")
    return frame


def files(frame, directory):
    """The same bars as different programs and settings write them, by name."""
    frame.to_csv(directory / "bars.csv", index=False, date_format="%Y-%m-%dT%H:%M:%SZ")
    frame.to_parquet(directory / "pandas.parquet", index=False)
    frame.set_index("timestamp").to_parquet(directory / "index.parquet", compression="zstd")
    naive = frame.assign(timestamp=frame["timestamp"].dt.tz_localize(None).astype("datetime64[ms]"))
    naive.to_parquet(directory / "naive.parquet", compression="gzip", index=False)
    frame.to_parquet(directory / "spark.parquet", index=False, use_deprecated_int96_timestamps=True)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    plain = {"use_dictionary": False, "compression": "none", "write_page_checksum": True}
    pq.write_table(table, directory / "plain.parquet", **plain, row_group_size=700)
    split = {name: "BYTE_STREAM_SPLIT" for name in PRICES} | {"timestamp": "DELTA_BINARY_PACKED"}
    paged = {"data_page_version": "2.0", "data_page_size": 1_000, "compression": "snappy"}
    pq.write_table(table, directory / "split.parquet", use_dictionary=False, column_encoding=split, **paged)
    text = table.set_column(0, "time", pa.array(frame["timestamp"].dt.strftime("%Y-%m-%d %H:%M:%S")))
    pq.write_table(text, directory / "text.parquet")
    epoch = table.set_column(0, "unix", pa.array(frame["timestamp"].astype("int64") // 10**9, pa.int32()))
    for name in PRICES:
        exact = pa.array([decimal.Decimal(repr(value)) for value in frame[name]], pa.decimal128(38, 18))
        epoch = epoch.set_column(epoch.column_names.index(name), name, exact)
    pq.write_table(epoch, directory / "decimal.parquet")
    short = epoch.cast(pa.schema([epoch.field(0), *(pa.field(name, pa.decimal128(18, 6)) for name in PRICES)]))
    pq.write_table(short, directory / "integers.parquet", store_decimal_as_integer=True)
    return sorted(file.stem for file in directory.glob("*.parquet"))


def run(minutehand, directory, data):
    """What a backtest over `data` writes, as bytes of CSV and as tables of Parquet."""
    out = directory / f"of-{data}"
    subprocess.run(
        [minutehand, "backtest", directory / "plan.toml", "--data", directory / data, "--once", "--csv", out, "--parquet", out],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    tables = [pq.read_table(out / f"{name}.parquet") for name in ("minutes", "states")]
    return [(out / f"{name}.csv").read_bytes() for name in ("minutes", "states")], tables, out


def main(minutehand):
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        (directory / "plan.toml").write_text(PLAN)
        names = files(bars(), directory)
        expected, (minutes, states), out = run(minutehand, directory, "bars.csv")
        assert minutes.num_rows > BARS * 0.9, minutes.num_rows
        for name in names:
            written, _, _ = run(minutehand, directory, f"{name}.parquet")
            assert written == expected, f"{name}.parquet was not read as bars.csv"
        for name, table in [("minutes", minutes), ("states", states)]:
            times = [column for column in ("minute", "at", "since") if column in table.column_names]
            text = pd.read_csv(out / f"{name}.csv", parse_dates=times, float_precision="round_trip")
            for time in times:
                assert table.schema.field(time).type == pa.timestamp("us", tz="UTC"), table.schema
                text[time] = text[time].astype("datetime64[us, UTC]")
            pd.testing.assert_frame_equal(table.to_pandas(), text, check_exact=True, check_dtype=False)
        print(f"pyarrow {pa.__version__}: {', '.join(names)} are read as CSV is; {minutes.num_rows} minutes and "
              f"{states.num_rows} states are read by it")


main(pathlib.Path(sys.argv[1]).resolve())
