#!/usr/bin/env bash
# Times what install.sh has installed, row by row, as lines of a Markdown table; says what it skips. With letters, only
# those rows:  benches/peers/run.sh [A|B|C|D|E|F|G]...
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export PEERS_DIR=${PEERS_DIR:-/tmp/seatrial-peers}
export PEERS_DATA=${PEERS_DATA:-$root/../shared/data}
export PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore

wanted=" ${*:-A B C D E F G} "
skip() { printf 'skipped: %s\n' "$*" >&2; }

# The capture as hftbacktest reads it, written once by seatrial.
npz=$PEERS_DIR/usdm.npz
raw=$PEERS_DATA/binance-l2/usdm_btcusdt_20240808.gz
if [ ! -f "$npz" ] && [ -f "$raw" ]; then
  for seatrial in "${SEATRIAL:-}" "$PEERS_DIR/seatrial" "$root/target/release/seatrial"; do
    [ -x "$seatrial" ] && "$seatrial" --cache "$PEERS_DIR/cache" data export "$raw" --format hftbacktest --out "$npz" >&2 && break
  done
fi

# row ROW ENVIRONMENT FILE SCRIPT [ARGUMENT]...: with FILE there, in that environment.
row() {
  local letter=$1 peer=$2 file=$3
  shift 3
  [[ $wanted == *" $letter "* ]] || return 0
  if [ ! -x "$PEERS_DIR/$peer/bin/python" ]; then
    skip "row $letter, $peer is not installed"
  elif [ ! -f "$file" ]; then
    skip "row $letter, $peer: $file is not there"
  else
    "$PEERS_DIR/$peer/bin/python" "$here/$1" "${@:2}" || skip "row $letter, $peer ended with $?"
  fi
}

# crate PROGRAM LETTERS [FILE]: those of the letters that are wanted, in Rust.
crate() {
  local name=$1 program=$PEERS_DIR/crates/target/release/$1 letters=
  for letter in $2; do [[ $wanted == *" $letter "* ]] && letters+=$letter; done
  shift 2
  [ -n "$letters" ] || return 0
  if [ ! -x "$program" ]; then
    skip "$name, the crates are not built"
  elif [ $# -gt 0 ] && [ ! -f "$1" ]; then
    skip "$name: $1 is not there"
  else
    "$program" "$@" | grep "^| [$letters] "
    [ "${PIPESTATUS[0]}" = 0 ] || skip "$name ended early"
  fi
}

bars=$PEERS_DATA/btc-perp-1m/btc-perp-20211231-20220201_1m.csv.gz
printf '%s, %s cores, load %s\n\n' "$(date -u +%F)" "$(nproc)" "$(cut -d' ' -f1-3 /proc/loadavg)"
echo "| row | peer | version | work | CPU, median (least to most) | rate | peak memory | load |"
echo "|---|---|---|---|---|---|---|---|"
row A hftbacktest "$npz" row_a.py
crate row_ab "A B" "$npz"
row B hftbacktest "$npz" row_b.py
for engine in numba rust; do row C vectorbt "$bars" row_c_vectorbt.py $engine; done
row C backtesting "$bars" row_c_backtesting.py
row C backtrader "$bars" row_c_backtrader.py
row D nautilus "$raw" row_d.py
crate row_e E
row F nautilus "$raw" row_f.py
row G hftbacktest "$npz" row_g.py hftbacktest
row G nautilus "$raw" row_g.py nautilus
row G vectorbt "$bars" row_g.py vectorbt
