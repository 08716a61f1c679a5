//! Drills of the go-live gate (gate.md §5.4 D): what is rehearsed, of which parts it is made, and what is drawn for a
//! run so that each part occurs in it.
//!
//! A scenario asks for them with `drills = "all"`. Their moments follow from the seed and the run alone, by a stream of their
//! own, so that they move nothing else that is drawn. A fault of a message waits for its occasion, so that it hits
//! whenever the run trades at all; what needs several things to meet is tried several times. Whether a part occurred is
//! read off the journal afterwards, never taken from here.

mod plan;

pub use plan::{Drawn, draw};

/// A drill: what is rehearsed, and the parts that must all occur.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Drill {
    /// Its id in the criteria.
    pub id: &'static str,
    /// What is rehearsed.
    pub name: &'static str,
    /// Its parts.
    pub parts: &'static [(&'static str, Sign)],
}

/// How a part shows in a journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// A fault of this kind hit, with this term where one is named.
    Fault(&'static str, Option<(&'static str, &'static str)>),
    /// A person, or the host, did or said this.
    Given(Given),
    /// The trader met this.
    Met(Met),
}

/// What a person or the host gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Given {
    /// The kill switch, in the configured mode.
    Halt,
    /// Everything is flattened.
    FlattenAll,
    /// One desk is flattened.
    FlattenDesk,
    /// One order is cancelled.
    CancelOne,
    /// A person lets it trade again.
    Rearm,
    /// The clock is off by more than is allowed.
    ClockOff,
    /// The journal has no room.
    JournalFull,
    /// The journal cannot be written.
    JournalFailed,
    /// The key may not trade.
    KeyLost,
    /// A limit is tightened.
    Tightened,
}

/// What a trader meets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Met {
    /// A fill of an order that had ended.
    FillAfterEnd,
    /// A fill of an order that was taken for absent.
    FillAfterVoid,
    /// An entry that was filled in part and then ended.
    PartAndEnd,
    /// A part of an entry that is heard of when its cancel has left.
    PartAfterCancel,
    /// A stop or a target with an entry's part that is held.
    Bracket,
    /// The daily-loss breaker.
    DailyLoss,
    /// The repeated-execution throttle.
    Throttle,
    /// A size denied.
    SizeDenied,
    /// An exposure denied.
    ExposureDenied,
    /// A process that came back.
    Restart,
}

const fn fault(kind: &'static str) -> Sign {
    Sign::Fault(kind, None)
}

const fn with(kind: &'static str, key: &'static str, value: &'static str) -> Sign {
    Sign::Fault(kind, Some((key, value)))
}

/// Every drill, in order.
pub const DRILLS: [Drill; 12] = [
    Drill {
        id: "D1",
        name: "ack lost, late, duplicated, reordered",
        parts: &[
            ("lost", with("report_lost", "what", "ack")),
            ("late", with("report_late", "what", "ack")),
            ("duplicated", with("report_twice", "what", "ack")),
            ("reordered", with("report_overtakes", "what", "fill")),
        ],
    },
    Drill {
        id: "D2",
        name: "fill lost in a disconnect, after a cancel, after \"not found\"",
        parts: &[
            ("lost in a disconnect", with("links_drop", "what", "fill")),
            ("after the order's end", Sign::Met(Met::FillAfterEnd)),
            ("after \"not found\"", Sign::Met(Met::FillAfterVoid)),
        ],
    },
    Drill {
        id: "D3",
        name: "partial fill, bracket and cancel",
        parts: &[
            ("filled in part, then ended", Sign::Met(Met::PartAndEnd)),
            ("bracket on the part", Sign::Met(Met::Bracket)),
            ("cancel late", with("request_late", "what", "cancel")),
            ("part heard of after its cancel left", Sign::Met(Met::PartAfterCancel)),
        ],
    },
    Drill {
        id: "D4",
        name: "venue outage, maintenance, halted instrument",
        parts: &[
            ("outage", fault("outage")),
            ("maintenance", fault("maintenance")),
            ("halted", with("session", "state", "halted")),
        ],
    },
    Drill {
        id: "D5",
        name: "feed gap, stale, crossed; clock jump",
        parts: &[
            ("gap", fault("feed_gap")),
            ("stale", fault("feed_frozen")),
            ("crossed", fault("feed_crossed")),
            ("clock jump", Sign::Given(Given::ClockOff)),
        ],
    },
    Drill {
        id: "D6",
        name: "rate-limit storm, twice the messages",
        parts: &[
            ("refused for the rate", with("rejected", "reason", "rate_limited")),
            ("every report twice", with("report_twice", "what", "report")),
            ("the market twice", fault("feed_flood")),
        ],
    },
    Drill {
        id: "D7",
        name: "rejected for notional, tick, band, margin, post-only",
        parts: &[
            ("minimum notional", with("rejected", "reason", "min_notional")),
            ("tick", with("rejected", "reason", "tick")),
            ("band", with("rejected", "reason", "price_band")),
            ("margin", with("rejected", "reason", "insufficient_balance")),
            ("post-only", with("rejected", "reason", "post_only_would_cross")),
        ],
    },
    Drill {
        id: "D8",
        name: "kill switch: an order, a strategy, everything",
        parts: &[
            ("an order", Sign::Given(Given::CancelOne)),
            ("a strategy", Sign::Given(Given::FlattenDesk)),
            ("everything", Sign::Given(Given::FlattenAll)),
            ("halt", Sign::Given(Given::Halt)),
            ("re-armed by a person", Sign::Given(Given::Rearm)),
        ],
    },
    Drill {
        id: "D9",
        name: "loss, exposure, size and repetition limits",
        parts: &[
            ("limit tightened", Sign::Given(Given::Tightened)),
            ("daily loss", Sign::Met(Met::DailyLoss)),
            ("size", Sign::Met(Met::SizeDenied)),
            ("exposure", Sign::Met(Met::ExposureDenied)),
            ("repetition", Sign::Met(Met::Throttle)),
        ],
    },
    Drill {
        id: "D10",
        name: "crash at any event, restart",
        parts: &[("crash", fault("crash")), ("restart", Sign::Met(Met::Restart))],
    },
    Drill {
        id: "D11",
        name: "disk full, journal cannot be written",
        parts: &[("no room", Sign::Given(Given::JournalFull)), ("write failed", Sign::Given(Given::JournalFailed))],
    },
    Drill {
        id: "D12",
        name: "credential or permission lost",
        parts: &[
            ("key may not trade", Sign::Given(Given::KeyLost)),
            ("refused for permission", with("rejected", "reason", "permission")),
        ],
    },
];
