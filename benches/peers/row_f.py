"""Row F: what an order costs in nautilus_trader as orders grow, on the same quotes: market orders that all fill, and bids
that rest and are cancelled."""

import statistics
import sys
from importlib.metadata import version

import exchange
import measure

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 32_000
FEWEST = 80


def timed(make):
    last = []

    def prepare():
        strategy = make()
        last[:] = [strategy]
        return exchange.engine(ticks, strategy)

    seconds, _ = measure.laps(3, prepare, lambda engine: engine.run(), lambda engine: engine.dispose())
    return seconds, last[0]


ticks = exchange.wrangled(exchange.frame(COUNT))
idle = statistics.median(timed(lambda: exchange.Taker(COUNT + 1))[0])
for what, kind in (("market orders", exchange.Taker), ("bids placed and cancelled", exchange.Rester)):
    first = None
    for every in (FEWEST, FEWEST // 4, FEWEST // 16):
        seconds, strategy = timed(lambda: kind(every))
        more = statistics.median(seconds) - idle
        first = first or (strategy.sent, more)
        growth = f"{strategy.sent / first[0]:.0f}x the orders cost {more / first[1]:.3g}x"
        work = (
            f"{COUNT:,} quotes, {strategy.sent:,} {what}, {strategy.filled:,} fills: {more / strategy.sent * 1e6:.0f} us an order"
            f" beyond the {idle:.2f} s of the quotes; {growth}"
        )
        measure.line("F", "nautilus_trader Python", version("nautilus_trader"), work, seconds, strategy.sent, "orders")
