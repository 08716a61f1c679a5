"""Row C: one EMA cross over 45,031 bars in backtrader. Long above, short below, one unit, 0.05 % a trade."""

from importlib.metadata import version

import backtrader as bt
import measure
import pandas as pd
import shared_data

FAST, SLOW = 12, 40


class Cross(bt.Strategy):
    def __init__(self):
        self.cross = bt.indicators.CrossOver(
            bt.indicators.EMA(self.data.close, period=FAST), bt.indicators.EMA(self.data.close, period=SLOW)
        )
        self.filled = 0

    def notify_order(self, order):
        self.filled += order.status == order.Completed

    def next(self):
        if self.cross[0]:
            self.order_target_size(target=int(self.cross[0]))


def fresh():
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(bt.feeds.PandasData(dataname=frame))
    cerebro.addstrategy(Cross)
    cerebro.broker.setcash(10_000_000.0)
    cerebro.broker.setcommission(commission=0.0005)
    return cerebro


times, columns = shared_data.bars()
frame = pd.DataFrame(columns, index=pd.to_datetime(times))
seconds, result = measure.laps(3, fresh, lambda cerebro: cerebro.run())
work = f"EMA cross, one run over {len(frame):,} bars, {result[0].filled} orders"
measure.line("C", "backtrader", version("backtrader"), work, seconds, len(frame), "bar-steps")
