#!/bin/sh
# Instructions of the loop for one event of each kind, counted by callgrind: exact and repeatable for one build. Two runs that
# differ in how much market there is are subtracted, so that what a run costs once is in none of the figures.
#
#   cargo build --release && benches/count.sh [BINARY] [DATA_ROOT]
set -eu
cd "$(dirname "$0")/.."
binary=${1:-target/release/seatrial}
data=${2:-../shared/data}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Instructions of the loop, or of a function in it, of one run.
count() {
    within=$1
    shift
    valgrind --tool=callgrind --callgrind-out-file="$out/run" --toggle-collect="$within" "$binary" run -q "$@" 2>&1 |
        sed -n 's/.*Collected : //p'
}
loop='seatrial::sim::run::run'
# What the scenario expects of another strategy is nothing here.
events() { "$binary" run --json "$@" 2>/dev/null | sed -n 's/.*"events": *\([0-9]*\).*/\1/p' | head -1; }
told() { printf '%-64s %10d\n' "$1" "$2"; }

# No bar ever comes of depth: this strategy is asked for nothing, and every message is idle.
idle="scenarios/first-trial.toml --set strategy.name=ema_flip"
half=$(count "$loop" $idle --set market.to=2024-01-01T00:05:00Z)
whole=$(count "$loop" $idle)
n=$(($(events $idle) - $(events $idle --set market.to=2024-01-01T00:05:00Z)))
told "idle path, a row or a delivery that concerns nobody ($n)" $(((whole - half) / n))
told "book update, a level told later (118,125)" $(($(count '*Exchange*recall*' $idle) / 118125))

if [ -d "$data/btc-perp-1m" ]; then
    bars="scenarios/sweep-perp.toml --data-root $data --set strategy.warmup=1000"
    few=$(count "$loop" $bars --set market.to=2022-01-01T03:01:00Z)
    more=$(count "$loop" $bars --set market.to=2022-01-01T13:01:00Z)
    told "bar step, nothing held (600 bars)" $(((more - few) / 600))
    held="scenarios/sweep-perp.toml --data-root $data"
    long=$(count "$loop" $held --set strategy.ema=200)
    short=$(count "$loop" $held --set strategy.ema=10)
    told "bar step, mostly held, its orders among it (45,031 bars)" $((long / 45031))
    told "fill, with its order, its stop and their answers (5,206 more)" $(((short - long) / 5206))
else
    echo "skipped: bars, $data/btc-perp-1m is not there"
fi
