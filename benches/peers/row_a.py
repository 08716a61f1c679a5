"""Row A: a market maker over the real capture, with queue position and latency, in hftbacktest's Python package."""

from importlib.metadata import version

import capture
import maker
import measure

data, rows = capture.load()
inside = capture.range_of_interest(data)[2]
for depth in capture.DEPTHS:
    for every_ns, how in ((100_000_000, "decides every 100 ms"), (0, "decides at every event")):
        counts = {}

        def run(bot):
            wakes, orders = maker.quote(bot, capture.TICK, capture.LOT, every_ns)
            counts.update(wakes=wakes, orders=orders, fills=int(bot.state_values(0).num_trades))

        measure.laps(1, lambda: capture.backtest(depth, data), run, lambda bot: bot.close())  # compiles
        seconds, _ = measure.laps(11, lambda: capture.backtest(depth, data), run, lambda bot: bot.close())
        part = f", {inside:.0%} of them in its range" if depth == "vector" else ""
        work = f"market maker, {rows:,} rows{part}; {how}: {counts['wakes']:,} wakes, {counts['orders']} orders, {counts['fills']} fills"
        measure.line("A", f"hftbacktest Python, {depth} depth", version("hftbacktest"), work, seconds, rows, "rows")
