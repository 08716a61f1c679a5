//! What the tests of the journal share: a header, records by number, and a disk in memory.

#![allow(dead_code, reason = "each test uses its part")]

pub mod guarded;
pub mod story;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use seatrial::journal::{Body, Disk, Header, InstrumentCard, Journal, JournalError, Profile, ScenarioStamp, TapeCard};
use seatrial::market::{
    Alert, Asset, AssetId, Command, Contract, Decision, Event, FeeAsset, FeeSchedule, LinkEvent, Money, OrderId, Price,
    Qty, Query, Rate, Rules, Severity, Timestamp,
};

pub const FILE_HEAD: usize = 16;
pub const FRAME_HEAD: usize = 20;

pub fn header() -> Header {
    let rules = Rules {
        from: Timestamp::MIN,
        tick: Price(1),
        lot: Qty(1),
        min_qty: Qty(10_000),
        max_qty: Qty(i64::MAX),
        min_notional: Money::ZERO,
        band: None,
        fees: FeeSchedule { maker: Rate::from_bps(25), taker: Rate::from_bps(40), asset: FeeAsset::Quote },
    };
    let asset = |name: &str| Asset { name: name.to_owned(), scale: 8 };
    Header {
        scenario: ScenarioStamp { name: "calm".into(), path: "scenarios/calm.toml".into(), text: "seed = 1\n".into() },
        seed: 1,
        run: 0,
        build: "test".into(),
        tapes: vec![TapeCard { file: "day.csv".into(), hash: "abc".into(), from: Timestamp(0), to: Timestamp(9) }],
        assets: vec![asset("BTC"), asset("USDT")],
        instruments: vec![InstrumentCard {
            symbol: "BTC/USDT".into(),
            base: AssetId(0),
            quote: AssetId(1),
            base_scale: 8,
            quote_scale: 8,
            contract: Contract::Spot,
            price_unit: "0.01".into(),
            qty_unit: "0.00000001".into(),
            timeline: vec![rules],
            believed: Vec::new(),
            plan: None,
            forced: None,
            opening: None,
        }],
        account: AssetId(1),
        profiles: vec![Profile { name: "latency".into(), stamp: "none@1".into() }],
        config: Vec::new(),
        faults: Vec::new(),
        again: None,
    }
}

/// Bodies of different sizes and kinds, by number.
pub fn body(number: u64) -> Body {
    match number % 6 {
        0 => Body::Market,
        1 => Body::Event(Event::Link(LinkEvent::Ambiguous(OrderId(number)))),
        2 => {
            Body::Decision(Decision::Anomaly { order: None, text: "x".repeat(usize::try_from(number).expect("small")) })
        }
        3 => Body::Command(Command::Query(Query::Order(OrderId(number)))),
        4 => Body::Wake(Timestamp(i64::try_from(number).expect("small") << 20)),
        _ => Body::Alert(Alert { severity: Severity::Info, instrument: None, order: None, text: "look".into() }),
    }
}

pub fn fill(journal: &mut Journal, numbers: std::ops::Range<u64>) -> Result<(), JournalError> {
    for number in numbers {
        journal.append(Timestamp(1_700_000_000_000_000_000), number / 2, &body(number))?;
    }
    Ok(())
}

/// A disk in memory that everybody can look at, and that fails when told to.
#[derive(Clone, Default)]
pub struct Memory {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// Writes and syncs still to succeed; the next one fails.
    left: Arc<Mutex<Option<u32>>>,
}

impl Memory {
    pub fn failing_after(successes: u32) -> Self {
        Self { left: Arc::new(Mutex::new(Some(successes))), ..Self::default() }
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().expect("one thread").clone()
    }

    fn may_fail(&self) -> io::Result<()> {
        match self.left.lock().expect("one thread").as_mut() {
            None => Ok(()),
            Some(0) => Err(io::Error::other("no space left on the test's disk")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

impl Write for Memory {
    /// At most seven bytes at a time, so that a record is written in many parts.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.may_fail()?;
        let part = &bytes[..bytes.len().min(7)];
        self.bytes.lock().expect("one thread").extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Disk for Memory {
    fn sync(&mut self) -> io::Result<()> {
        self.may_fail()
    }
}

/// A finished journal's bytes.
pub fn finished(records: u64) -> Vec<u8> {
    let disk = Memory::default();
    let mut journal = Journal::to_disk("f.journal", Box::new(disk.clone()));
    journal.append(Timestamp(0), 0, &Body::Header(Box::new(header()))).expect("a header");
    fill(&mut journal, 1..records).expect("records");
    journal.finish().expect("an end");
    disk.bytes()
}

/// Where each record begins, and the end.
pub fn bounds(bytes: &[u8]) -> Vec<usize> {
    let mut bounds = vec![FILE_HEAD];
    while let Some(length) = bytes.get(*bounds.last().expect("never empty")..).and_then(|rest| rest.first_chunk::<4>())
    {
        let length = u32::from_le_bytes(*length) as usize;
        bounds.push(bounds.last().expect("never empty") + FRAME_HEAD + length);
    }
    bounds
}
