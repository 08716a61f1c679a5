"""Row C: an EMA cross of a thousand pairs over 45,031 bars in vectorbt, in one array call, by both of its engines.

Long above, short below, 0.01 BTC, 0.05 % of value for every order; asked for is the total return of each pair.
"""

import itertools
import sys
from importlib.metadata import version

import measure
import pandas as pd
import shared_data
import vectorbt as vbt

FAST, SLOW = range(5, 25), range(30, 80)
PAIRS = list(itertools.product(FAST, SLOW))


def sweep(close, pairs):
    fast = vbt.MA.run(close, [pair[0] for pair in pairs], ewm=True)
    slow = vbt.MA.run(close, [pair[1] for pair in pairs], ewm=True)
    above, below = fast.ma_crossed_above(slow), fast.ma_crossed_below(slow)
    portfolio = vbt.Portfolio.from_signals(
        close, entries=above, short_entries=below.to_numpy(), size=0.01, fees=0.0005, init_cash=100_000.0, freq="1min"
    )
    return portfolio, portfolio.total_return()


def main(engine):
    vbt.settings["engine"] = engine
    times, columns = shared_data.bars()
    close = pd.Series(columns["close"], index=pd.to_datetime(times))
    sweep(close[:500], PAIRS[:3])  # compiles
    orders = []

    def run(_):
        portfolio, returns = sweep(close, PAIRS)
        assert len(returns) == len(PAIRS) and returns.notna().all()
        orders.append(len(portfolio.orders.records_arr))

    seconds, _ = measure.laps(3, lambda: None, run)
    steps = len(close) * len(PAIRS)
    work = f"EMA cross, {len(PAIRS):,} pairs over {len(close):,} bars, {orders[-1]:,} orders"
    measure.line("C", f"vectorbt, {engine} engine", version("vectorbt"), work, seconds, steps, "bar-steps")


main(sys.argv[1])
