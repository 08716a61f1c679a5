"""Row B: the feed alone through hftbacktest's engine, no strategy: it keeps the exchange's book and the local one."""

from importlib.metadata import version

import capture
import measure
from numba import njit


@njit
def drain(bot, second_ns):
    while bot.elapse(second_ns) == 0:
        pass


data, rows = capture.load()
for depth in capture.DEPTHS:

    def run(bot):
        drain(bot, 1_000_000_000)

    measure.laps(1, lambda: capture.backtest(depth, data), run, lambda bot: bot.close())  # compiles
    seconds, _ = measure.laps(11, lambda: capture.backtest(depth, data), run, lambda bot: bot.close())
    work = f"feed without a strategy, {rows:,} rows, two books kept"
    measure.line("B", f"hftbacktest Python, {depth} depth", version("hftbacktest"), work, seconds, rows, "rows")
