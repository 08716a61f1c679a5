"""The recorded data of the rows, read with the standard library alone: bars of row C, best quotes of rows D, F and G."""

import csv
import gzip
import json
import os
import pathlib

FOLDER = pathlib.Path(os.environ.get("PEERS_DATA", pathlib.Path(__file__).parents[3] / "shared" / "data"))


def bars():
    """Columns of 45,031 one-minute bars: seconds since 1970, open, high, low, close, volume."""
    with gzip.open(FOLDER / "btc-perp-1m" / "btc-perp-20211231-20220201_1m.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    columns = {name: [float(row[name]) for row in rows] for name in ("open", "high", "low", "close", "volume")}
    return [row["timestamp"] for row in rows], columns


def quotes(count):
    """So many best quotes: those of the capture (66,089), again and again, each lap a second after the last.

    Each is (nanoseconds of receipt, bid, ask, bid quantity, ask quantity), the numbers as text.
    """
    once = []
    with gzip.open(FOLDER / "binance-l2" / "usdm_btcusdt_20240808.gz", "rt") as file:
        for line in file:
            if "@bookTicker" in line:
                received, _, frame = line.partition(" ")
                told = json.loads(frame)["data"]
                once.append((int(received), told["b"], told["a"], told["B"], told["A"]))
    lap_ns = once[-1][0] - once[0][0] + 1_000_000_000
    return [(at + k // len(once) * lap_ns, *rest) for k in range(count) for at, *rest in (once[k % len(once)],)]


def quotes_csv(count, path):
    """The same in the columns of Tardis `quotes`, which `seatrial data import` reads; times in microseconds."""
    with open(path, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow("exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,bid_amount".split(","))
        for at, bid, ask, bid_qty, ask_qty in quotes(count):
            out.writerow(("binance-futures", "BTCUSDT", at // 1000, at // 1000, ask_qty, ask, bid, bid_qty))


if __name__ == "__main__":
    import sys

    quotes_csv(int(sys.argv[1]), sys.argv[2])
