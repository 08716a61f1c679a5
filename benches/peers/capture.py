"""The real BTCUSDT capture as hftbacktest reads it, and a backtest over it; for rows A, B and G."""

import os
import pathlib

import hftbacktest as hft
import numpy as np

FILE = pathlib.Path(os.environ.get("PEERS_DIR", "/tmp/seatrial-peers")) / "usdm.npz"
TICK, LOT = 0.1, 0.001
MAKER_FEE, TAKER_FEE = 0.0002, 0.0005
ORDER_LATENCY_NS = 3_000_000
DEPTHS = {"vector": hft.ROIVectorMarketDepthBacktest, "hash": hft.HashMapMarketDepthBacktest}


def load():
    """The events, and how many rows of the tape they are (one that overtook another stands twice)."""
    data = np.load(FILE)["data"]
    rows = int(np.count_nonzero(data["ev"] & hft.EXCH_EVENT))
    return data, rows


def range_of_interest(data):
    """Two per cent around the first trade: the array the vector depth keeps. Rows outside are passed over by it."""
    first = data["px"][np.argmax((data["ev"] & 0xFF) == hft.TRADE_EVENT)]
    low, high = round(first * 0.98), round(first * 1.02)
    return low, high, float(np.mean((data["px"] >= low) & (data["px"] <= high)))


def backtest(depth, data):
    """One asset: queue position by probability, three milliseconds each way, fees on value, whole fills."""
    low, high, _ = range_of_interest(data)
    asset = (
        hft.BacktestAsset()
        .data(data)
        .linear_asset(1.0)
        .constant_order_latency(ORDER_LATENCY_NS, ORDER_LATENCY_NS)
        .power_prob_queue_model(2.0)
        .no_partial_fill_exchange()
        .trading_value_fee_model(MAKER_FEE, TAKER_FEE)
        .tick_size(TICK)
        .lot_size(LOT)
    )
    if depth == "vector":
        asset = asset.roi_lb(float(low)).roi_ub(float(high))
    return DEPTHS[depth]([asset])
