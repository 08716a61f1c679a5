//! Agreement with LEAN's published result on real bars (`lean-expected`): a fee in the asset received.
//!
//! On every bar of the window a market order at its close: flat, it buys a tenth of a coin; holding, it
//! sells all that is left. The venue takes the fee of a buy in base and that of a sell in quote; the books book
//! what the venue reports. Fees and equity must be the published ones to the last digit published. Repeat with `cargo test --test lean`.
#![cfg(feature = "simulator")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use flate2::read::GzDecoder;
use rust_decimal::{Decimal, RoundingStrategy};
use seatrial::market::{
    Account, AssetId, Balance, Bar, Command, Contract, DeskId, FeeAsset, FeeSchedule, Instrument, InstrumentId,
    MarketEvent, Money, NewOrder, OrderId, OrderKind, PathPoint, Price, Qty, Rate, ReportKind, RiskPassId, Rules, Side,
    Span, TimeInForce, Timestamp, TriggerSource, VenueMessage,
};
use seatrial::trading::booking::{Books, Execution, Marks, Outcome};
use seatrial::venue::{FillProfile, Venue, VenueConfig};
use serde_json::Value;

const BASE: AssetId = AssetId(0);
const QUOTE: AssetId = AssetId(1);
const DESK: DeskId = DeskId(0);

#[test]
fn fees_in_the_asset_received_come_to_the_published_cent() {
    let Some((bars, expected, readme)) = read() else {
        println!("skipped: ../shared/data/lean-expected is not there");
        return;
    };
    let orders = usize::try_from(expected["orders"].as_u64().expect("a number of orders")).expect("few orders");
    let published = |key: &str| decimal(expected[key].as_str().expect("a decimal as text"));
    let wanted = [published("total_fees_in_quote"), published("end_equity")];
    let start = between(&readme, "bars starting ", " to ").and_then(|first| bars.iter().position(|bar| bar.0 == first));
    let came = match start {
        Some(start) => result(&bars[start..start + orders], &expected),
        // A window that nobody wrote down is the one that comes to what was published.
        None => (0..=bars.len() - orders)
            .map(|start| result(&bars[start..start + orders], &expected))
            .find(|came| agree(*came, wanted))
            .expect("no window of the bars comes to the published result"),
    };
    println!("{orders} orders: fees {}, equity {}", came[0], came[1]);
    assert!(agree(came, wanted), "fees and equity are {came:?}, not {wanted:?}");
    let checked = between(&readme, "gives fees ", " and equity ").zip(between(&readme, " and equity ", ".\n"));
    if let Some((fees, equity)) = checked {
        assert!(agree(came, [decimal(fees), decimal(&equity.replace(',', ""))]), "{came:?}: {fees}, {equity}");
    }
}

/// Rounded to as many decimals as were published.
fn agree(ours: [Decimal; 2], theirs: [Decimal; 2]) -> bool {
    let rounded = |ours: Decimal, theirs: Decimal| {
        ours.round_dp_with_strategy(theirs.scale(), RoundingStrategy::MidpointNearestEven)
    };
    ours.into_iter().zip(theirs).all(|(ours, theirs)| rounded(ours, theirs) == theirs)
}

/// Fees of all orders in quote, and equity just before the last.
fn result(bars: &[(String, [Decimal; 5])], expected: &Value) -> [Decimal; 2] {
    let rate = expected["fee_rate"].to_string();
    let cash = Money::new(decimal(&expected["start_cash"].to_string()));
    let mut client = Client::new(bars, Rate::new(decimal(&rate)), cash);
    let mut equity = Money::ZERO;
    for (number, (_, figures)) in bars.iter().enumerate() {
        let close = client.bar(number, figures);
        equity = client.equity(close);
        client.trade(number);
    }
    [client.fees.decimal(), equity.decimal()]
}

struct Client {
    venue: Venue,
    books: Books,
    instrument: Instrument,
    now: Timestamp,
    fees: Money,
}

impl Client {
    fn new(bars: &[(String, [Decimal; 5])], rate: Rate, cash: Money) -> Self {
        let finest = bars.iter().flat_map(|(_, figures)| &figures[..4]).map(Decimal::scale).max().unwrap_or(0);
        let instrument = instrument(Decimal::new(1, finest), rate);
        let balances = vec![Balance { asset: QUOTE, total: cash }];
        // The other engine fills a market order whole at the close, whatever was traded there.
        let config =
            VenueConfig { profile: FillProfile::ParityFull, ..VenueConfig::new(vec![instrument.clone()], balances) };
        let mut books = Books::new();
        books.opening(Timestamp(0), &[(QUOTE, cash)]);
        Self { venue: Venue::new(config), books, instrument, now: Timestamp(0), fees: Money::ZERO }
    }

    /// A bar passes; its close.
    fn bar(&mut self, number: usize, figures: &[Decimal; 5]) -> Price {
        let price = |figure: Decimal| self.instrument.exact_price(figure).expect("the tick is the data's own");
        let [open, high, low, close] = [figures[0], figures[1], figures[2], figures[3]].map(price);
        let volume = self.instrument.qty_down(figures[4], self.now).expect("a volume");
        let (instrument, length) = (self.instrument.id, Span::from_hours(1));
        let bar = Bar { instrument, opened: hour(number), length, open, high, low, close, volume };
        let points = [PathPoint::Open, PathPoint::FirstExtreme, PathPoint::SecondExtreme, PathPoint::Close];
        for (quarter, point) in (0..).zip(points) {
            self.now = Timestamp(bar.opened.0 + quarter * (length.0 / 4));
            let mut told = Vec::new();
            self.venue.on_market(self.now, &MarketEvent::Path(point, bar), &mut told);
            assert!(told.is_empty(), "nothing rests: {told:?}");
        }
        close
    }

    fn trade(&mut self, number: usize) {
        let held = self.books.position(DESK, self.instrument.id).map_or(Qty::ZERO, |position| position.qty);
        let tenth = self.instrument.exact_qty(decimal("0.1")).expect("a whole number of lots");
        let (side, qty) = if held.is_zero() { (Side::Buy, tenth) } else { (Side::Sell, held) };
        let order = NewOrder {
            id: OrderId(number as u64),
            instrument: self.instrument.id,
            side,
            kind: OrderKind::Market,
            trigger_by: TriggerSource::Last,
            qty,
            tif: TimeInForce::Ioc,
            post_only: false,
            reduce_only: false,
            leverage: 1,
            deadline: Timestamp::MAX,
            risk_pass: RiskPassId(0),
        };
        let mut told = Vec::new();
        self.venue.on_command(self.now, &Command::New(order), &mut told);
        for message in told {
            let VenueMessage::Report(report) = message else { panic!("not asked for: {message:?}") };
            match report.kind {
                ReportKind::Accepted => {}
                ReportKind::Filled(fill) => {
                    assert_eq!(fill.qty, qty, "order {number} fills whole");
                    let received = if side == Side::Buy { BASE } else { QUOTE };
                    assert_eq!(fill.fee.map(|fee| fee.asset), Some(received), "order {number}");
                    let (instrument, fill) = (&self.instrument, &fill);
                    let execution =
                        Execution { desk: DESK, instrument, at: report.at, fill, fee_rate: None, new_entry: true };
                    let Ok(Outcome::Booked(booked)) = self.books.book(self.now, &execution) else {
                        panic!("order {number}: {fill:?} was not booked");
                    };
                    self.fees += booked.charge.value;
                }
                other => panic!("order {number}: {other:?}"),
            }
        }
        self.books.verify(std::slice::from_ref(&self.instrument)).unwrap_or_else(|breach| panic!("{breach}"));
        for balance in self.venue.balances() {
            assert_eq!(self.books.ledger().balance(Account::Cash, balance.asset), balance.total, "order {number}");
        }
    }

    fn equity(&self, close: Price) -> Money {
        let mut marks = Marks::default();
        marks.rates.insert(QUOTE, Money::new(Decimal::ONE));
        marks.rates.insert(BASE, Money::new(self.instrument.price(close)));
        self.books.equity(std::slice::from_ref(&self.instrument), &marks).expect("everything is marked")
    }
}

/// The instant at which a bar of the window opens.
fn hour(number: usize) -> Timestamp {
    Timestamp(0).after(Span::from_hours(i64::try_from(number).expect("few bars")))
}

/// Spot with lots of a millionth, its fee in what is received; money keeps more decimals than the products of the
/// data have.
fn instrument(price_unit: Decimal, rate: Rate) -> Instrument {
    let rules = Rules::unbounded(FeeSchedule { maker: rate, taker: rate, asset: FeeAsset::Received });
    Instrument {
        id: InstrumentId(0),
        symbol: "BASE/QUOTE".to_owned(),
        base: BASE,
        quote: QUOTE,
        base_scale: 12,
        quote_scale: 14,
        contract: Contract::Spot,
        price_unit,
        qty_unit: decimal("0.000001"),
        timeline: vec![rules],
    }
}

type Bars = Vec<(String, [Decimal; 5])>;

/// Bars by their time, what was published, and what is said of it; none where there is no folder.
fn read() -> Option<(Bars, Value, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/lean-expected");
    let mut names = fs::read_dir(&folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let bars = names.find(|path| path.to_string_lossy().ends_with(".csv.gz"))?;
    let expected = fs::read_to_string(folder.join("expected.json")).ok()?;
    let readme = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
    let lines = BufReader::new(GzDecoder::new(File::open(bars).ok()?)).lines();
    let row = |line: String| {
        let mut cells = line.trim().split(',');
        let time = cells.next().unwrap_or_default();
        // As the README writes it.
        let time = format!("{}-{}-{}{}", &time[..4], &time[4..6], &time[6..8], &time[8..]);
        let figures: Vec<Decimal> = cells.map(decimal).collect();
        (time, figures.try_into().unwrap_or_else(|row| panic!("{line}: {row:?}")))
    };
    let bars = lines.map(|line| row(line.expect("the bars can be read"))).collect();
    Some((bars, serde_json::from_str(&expected).expect("the expectation is JSON"), readme))
}

/// What stands between two marks of a text.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let rest = &text[text.find(from)? + from.len()..];
    rest.find(to).map(|end| &rest[..end])
}

fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap_or_else(|error| panic!("`{text}` is not a decimal: {error}"))
}
