"""Row C: one EMA cross over 45,031 bars in backtesting.py. Long above, short below, one unit, 0.05 % a trade."""

import logging
import warnings
from importlib.metadata import version

import measure
import pandas as pd
import shared_data
from backtesting import Backtest, Strategy

FAST, SLOW = 12, 40
warnings.simplefilter("ignore")
logging.disable()


def average(closes, length):
    return pd.Series(closes).ewm(span=length, adjust=False).mean()


class Cross(Strategy):
    def init(self):
        self.fast = self.I(average, self.data.Close, FAST)
        self.slow = self.I(average, self.data.Close, SLOW)

    def next(self):
        was_above, is_above = self.fast[-2] > self.slow[-2], self.fast[-1] > self.slow[-1]
        if is_above and not was_above:
            self.buy(size=1)
        elif was_above and not is_above:
            self.sell(size=1)


times, columns = shared_data.bars()
frame = pd.DataFrame({name.capitalize(): values for name, values in columns.items()}, index=pd.to_datetime(times))
fresh = lambda: Backtest(frame, Cross, cash=10_000_000, commission=0.0005, exclusive_orders=True, finalize_trades=True)
seconds, result = measure.laps(5, fresh, lambda test: test.run())
work = f"EMA cross, one run over {len(frame):,} bars, {result['# Trades']} trades"
measure.line("C", "backtesting.py", version("backtesting"), work, seconds, len(frame), "bar-steps")
