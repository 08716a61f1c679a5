"""A market maker for hftbacktest with the rules of seatrial's `quoter`, as far as they go: two post-only quotes,
skewed by the inventory, replaced when the wanted price is far enough away and the last act is old enough."""

import math

from hftbacktest import GTX, LIMIT
from numba import njit

HALF_SPREAD, SKEW, REQUOTE = 0.0001, 0.0001, 0.00005
SIZE, MAX_INVENTORY = 250.0, 1000.0
REFRESH_NS = 1_000_000_000
TIMEOUT_NS = 3_600_000_000_000
END_OF_DATA = 1


@njit
def quote(bot, tick, lot, every_ns):
    """Runs to the end: decides every so often, or with 0 at every feed event and order response. Wakes and orders."""
    order_of, acted, wakes, orders = [0, 0], [-REFRESH_NS, -REFRESH_NS], 0, 0
    while True:
        answer = bot.elapse(every_ns) if every_ns > 0 else bot.wait_next_feed(True, TIMEOUT_NS)
        if answer == END_OF_DATA:
            return wakes, orders
        wakes += 1
        depth = bot.depth(0)
        mid = (depth.best_bid + depth.best_ask) / 2.0
        if not mid > 0.0:
            continue
        now = bot.current_timestamp
        held = bot.position(0) * mid
        centre = mid * (1.0 - SKEW * held / MAX_INVENTORY)
        qty = max(round(SIZE / mid / lot), 1) * lot
        for side in range(2):
            sign = 1 - 2 * side
            if side == 0:
                price = math.floor(min(centre * (1.0 - HALF_SPREAD), depth.best_ask - tick) / tick) * tick
            else:
                price = math.ceil(max(centre * (1.0 + HALF_SPREAD), depth.best_bid + tick) / tick) * tick
            resting = order_of[side] != 0 and order_of[side] in bot.orders(0)
            if resting:
                order = bot.orders(0).get(order_of[side])
                if (
                    order.cancellable
                    and now - acted[side] >= REFRESH_NS
                    and abs(order.price - price) >= REQUOTE * mid
                ):
                    bot.cancel(0, order_of[side], False)
                    acted[side] = now
            elif now - acted[side] >= REFRESH_NS and sign * held + SIZE <= MAX_INVENTORY:
                orders += 1
                order_of[side] = orders
                acted[side] = now
                if side == 0:
                    bot.submit_buy_order(0, orders, price, qty, GTX, LIMIT, False)
                else:
                    bot.submit_sell_order(0, orders, price, qty, GTX, LIMIT, False)
        bot.clear_inactive_orders(0)
