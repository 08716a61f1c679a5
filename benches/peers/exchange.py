"""A nautilus_trader backtest of best quotes on one perpetual: 5,000,000 USDT, fees of 0.02 and 0.05 %, one net position."""

from decimal import Decimal

import pandas as pd
import shared_data
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.indicators import ExponentialMovingAverage
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide, PriceType
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import QuoteTickDataWrangler
from nautilus_trader.risk.config import RiskEngineConfig
from nautilus_trader.trading.strategy import Strategy

VENUE = Venue("SEA")
QUANTITY = Quantity.from_str("0.010")
PERPETUAL = CryptoPerpetual(
    instrument_id=InstrumentId(Symbol("BTCUSDT"), VENUE),
    raw_symbol=Symbol("BTCUSDT"),
    base_currency=BTC,
    quote_currency=USDT,
    settlement_currency=USDT,
    is_inverse=False,
    price_precision=2,
    size_precision=3,
    price_increment=Price.from_str("0.01"),
    size_increment=Quantity.from_str("0.001"),
    ts_event=0,
    ts_init=0,
    margin_init=Decimal("0.05"),
    margin_maint=Decimal("0.025"),
    maker_fee=Decimal("0.0002"),
    taker_fee=Decimal("0.0005"),
)


def frame(count):
    """So many best quotes as the wrangler wants them."""
    columns = ("at", "bid_price", "ask_price", "bid_size", "ask_size")
    quotes = pd.DataFrame(shared_data.quotes(count), columns=columns)
    quotes.index = pd.to_datetime(quotes.pop("at"), utc=True)
    quotes.index.name = "timestamp"
    return quotes.astype(float)


def wrangled(quotes):
    return QuoteTickDataWrangler(PERPETUAL).process(quotes)


def engine(ticks, strategy=None):
    """Ready to run; logs nothing, makes no statistics, and lets a strategy order as often as it likes."""
    config = BacktestEngineConfig(
        logging=LoggingConfig(bypass_logging=True),
        risk_engine=RiskEngineConfig(max_order_submit_rate="1000000/00:00:01"),
        run_analysis=False,
    )
    made = BacktestEngine(config=config)
    made.add_venue(
        venue=VENUE,
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        starting_balances=[Money(5_000_000, USDT)],
    )
    made.add_instrument(PERPETUAL)
    made.add_data(ticks)
    if strategy is not None:
        made.add_strategy(strategy)
    return made


class Customer(Strategy):
    """Sees every quote and counts its orders and fills; a subclass orders."""

    def __init__(self):
        super().__init__(StrategyConfig(log_events=False, log_commands=False))
        self.sent, self.filled = 0, 0

    def on_start(self):
        self.subscribe_quote_ticks(PERPETUAL.id)

    def take(self, side):
        self.sent += 1
        self.submit_order(self.order_factory.market(PERPETUAL.id, side, QUANTITY))

    def on_order_filled(self, event):
        self.filled += 1


class Cross(Customer):
    """Long above the cross of two averages of the mid, short below."""

    def __init__(self, fast, slow):
        super().__init__()
        self.fast = ExponentialMovingAverage(fast, PriceType.MID)
        self.slow = ExponentialMovingAverage(slow, PriceType.MID)
        self.was_above = None

    def on_start(self):
        self.register_indicator_for_quote_ticks(PERPETUAL.id, self.fast)
        self.register_indicator_for_quote_ticks(PERPETUAL.id, self.slow)
        super().on_start()

    def on_quote_tick(self, tick):
        if not self.indicators_initialized():
            return
        is_above = self.fast.value > self.slow.value
        if self.was_above is not None and is_above != self.was_above:
            self.take(OrderSide.BUY if is_above else OrderSide.SELL)
        self.was_above = is_above


class EveryNth(Customer):
    """Acts once every so many quotes."""

    def __init__(self, every):
        super().__init__()
        self.every, self.seen = every, 0

    def on_quote_tick(self, tick):
        self.seen += 1
        if self.seen % self.every == 0:
            self.act(self.seen // self.every % 2 == 1)


class Taker(EveryNth):
    """Buys and sells in turn with market orders."""

    def act(self, is_odd):
        self.take(OrderSide.BUY if is_odd else OrderSide.SELL)


class Rester(EveryNth):
    """Cancels the bid it has and rests another, too low to fill; orders without fills."""

    def act(self, is_odd):
        self.cancel_all_orders(PERPETUAL.id)
        self.sent += 1
        price = Price.from_str("50000.00" if is_odd else "50000.01")
        self.submit_order(self.order_factory.limit(PERPETUAL.id, OrderSide.BUY, QUANTITY, price))
