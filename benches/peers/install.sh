#!/usr/bin/env bash
# Installs the peers, each in an environment of its own below PEERS_DIR. With names, only those:
#   benches/peers/install.sh [hftbacktest|nautilus|vectorbt|backtesting|backtrader|crates]...
# What cannot be installed is told and left out; run.sh then skips it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
PEERS_DIR=${PEERS_DIR:-/tmp/seatrial-peers}
mkdir -p "$PEERS_DIR"

# The first Python of this machine between 3.13 and 3.11 that runs (nautilus_trader needs 3.12).
python=${PEERS_PYTHON:-}
for candidate in "$HOME"/.pyenv/versions/3.1[321].*/bin/python python3.13 python3.12 python3.11 python3; do
  [ -z "$python" ] && "$candidate" -c 'import sys; assert (3, 12) <= sys.version_info < (3, 14)' 2>/dev/null && python=$candidate
done
python=${python:-python3}

# Name of the environment, then what goes into it.
packages() {
  case $1 in
    hftbacktest) echo "hftbacktest==2.4.4 numba==0.68.1 numpy==2.2.6" ;;
    nautilus) echo "nautilus_trader==1.231.0 numpy==2.5.5 pandas==3.1.1" ;;
    vectorbt) echo "vectorbt==1.2.0 vectorbt-rust==1.2.0 numba==0.68.1 numpy==2.5.5 pandas==3.1.1" ;;
    backtesting) echo "backtesting==0.6.6 numpy==2.5.5 pandas==3.1.1" ;;
    backtrader) echo "backtrader==1.9.78.123 pandas==3.1.1" ;;
  esac
}

environment() {
  local dir=$PEERS_DIR/$1
  [ -x "$dir/bin/python" ] || "$python" -m venv "$dir" || return
  # shellcheck disable=SC2046 # one word per package
  "$dir/bin/pip" install --quiet --disable-pip-version-check $(packages "$1")
}

# A cargo project outside every workspace, written anew each time; our sources, their crates.
crates() {
  local dir=$PEERS_DIR/crates
  mkdir -p "$dir/src/bin" && cp "$here"/rust/row_*.rs "$dir/src/bin/" && cp "$here/rust/measure.rs" "$dir/src/lib.rs" && cat >"$dir/Cargo.toml" <<'TOML' &&
[package]
name = "seatrial-peers"
version = "0.0.0"
edition = "2024"
publish = false

[workspace]

[dependencies]
hftbacktest = { version = "=0.9.4", default-features = false, features = ["backtest"] }
libc = "0.2"
lobster = "=0.7.0"
orderbook-rs = "=0.15.3"

[profile.release]
lto = "thin"
codegen-units = 1
panic = "abort"
TOML
    (cd "$dir" && cargo build --release --quiet)
}

[ $# -gt 0 ] || set -- hftbacktest nautilus vectorbt backtesting backtrader crates
for peer in "$@"; do
  if [ "$peer" = crates ]; then crates; else environment "$peer"; fi &&
    echo "installed: $peer" || echo "not installed: $peer (exit $?)"
done
