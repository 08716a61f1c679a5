"""Row D: best quotes through nautilus_trader's engine, without a strategy and with an EMA cross on every quote."""

import sys
from importlib.metadata import version

import exchange
import measure

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
ticks = exchange.wrangled(exchange.frame(COUNT))
for word, make in (("no strategy", lambda: None), ("EMA cross 100/1000 of the mid", lambda: exchange.Cross(100, 1000))):
    orders = []

    def prepare():
        strategy = make()
        return exchange.engine(ticks, strategy), strategy

    def run(prepared):
        engine, strategy = prepared
        engine.run()
        orders.append(strategy.sent if strategy else 0)

    seconds, _ = measure.laps(3, prepare, run, lambda prepared: prepared[0].dispose())
    work = f"{COUNT:,} quotes, {word}, {orders[-1]:,} orders"
    measure.line("D", "nautilus_trader Python", version("nautilus_trader"), work, seconds, COUNT, "quotes")
