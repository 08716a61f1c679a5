"""Row G: cold start. A new process each lap, from nothing to the first result; CPU of the process, wall time beside it.

`row_g.py hftbacktest|nautilus|vectorbt` in that peer's environment. The data is on disk as the peer likes it best.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import time
from importlib.metadata import version

import measure

LAPS = 3
FRAME = pathlib.Path(os.environ.get("PEERS_DIR", "/tmp/seatrial-peers")) / "quotes.pickle"
QUOTES = 1_000_000

HFTBACKTEST = """
import capture, maker
data, rows = capture.load()
bot = capture.backtest("vector", data)
print(maker.quote(bot, capture.TICK, capture.LOT, 100_000_000), bot.state_values(0).num_trades)
"""
NAUTILUS_IMPORT = "import exchange"
NAUTILUS = f"""
import exchange, pandas
ticks = exchange.wrangled(pandas.read_pickle({str(FRAME)!r}))
print(len(ticks))
"""
VECTORBT = """
import pandas, shared_data, vectorbt
times, columns = shared_data.bars()
close = pandas.Series(columns["close"], index=pandas.to_datetime(times))
fast, slow = (vectorbt.MA.run(close, length, ewm=True) for length in (12, 40))
print(vectorbt.Portfolio.from_signals(close, fast.ma_crossed_above(slow), fast.ma_crossed_below(slow)).total_return())
"""
STARTS = {
    "hftbacktest": [("hftbacktest", "import, compile, first result of the market maker of row A", HFTBACKTEST)],
    "nautilus": [
        ("nautilus_trader", "import alone", NAUTILUS_IMPORT),
        ("nautilus_trader", f"import, then wrangle {QUOTES:,} quotes of a data frame; nothing run yet", NAUTILUS),
    ],
    "vectorbt": [("vectorbt", "import, compile, first result of one EMA cross of row C", VECTORBT)],
}


def cold(script):
    """CPU seconds, wall seconds and peak MiB of a process that runs a script."""
    started = time.monotonic()
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, "the script runs"
    return used.ru_utime + used.ru_stime, time.monotonic() - started, used.ru_maxrss / 1024


peer = sys.argv[1]
if peer == "nautilus" and not FRAME.exists():
    cold(f"import exchange; exchange.frame({QUOTES}).to_pickle({str(FRAME)!r})")
for package, work, script in STARTS[peer]:
    laps = [cold(script) for _ in range(LAPS)]
    wall = statistics.median(lap[1] for lap in laps)
    work = f"{work}; {wall:.2f} s of wall time"
    measure.line("G", package, version(package), work, [lap[0] for lap in laps], 0, "", max(lap[2] for lap in laps))
