//! The closed lists of configuration: each word of each list, and what it means.

use super::setting::{Setting, Written};
use crate::market::TriggerSource;

/// Where the ranges of production-rules §6 bind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ceilings {
    /// The ranges bind.
    Production,
    /// Any arithmetically meaningful value is allowed; results are stamped and the gate refuses them.
    Research,
}

/// The kind of an order where a proposal does not say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DefaultKind {
    /// At the reference or better.
    Limit,
    /// At once, within the collar.
    Market,
}

/// How good an order is where a proposal does not say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DefaultTif {
    /// Until cancelled.
    Gtc,
    /// At once or not at all.
    Ioc,
    /// All at once or nothing.
    Fok,
}

/// How much confidence is asked for beyond the regime's minimum.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Strictness {
    /// 0.05 less.
    Relaxed,
    /// Nothing more.
    Normal,
    /// 0.05 more.
    Strict,
    /// 0.10 more.
    VeryStrict,
}

/// The kind of stop that protects a position (production-rules §3.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum StopKind {
    /// Becomes a market order: certainty of exit outranks price.
    StopMarket,
    /// Becomes a limit order, `protection.stop_limit_offset` beyond the trigger.
    StopLimit,
}

/// The kind of target that takes profit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TargetKind {
    /// A limit order that rests.
    Limit,
    /// A trigger that becomes a market order.
    Market,
    /// A trigger that becomes a limit order.
    TriggerLimit,
}

/// What happens to a position held too long.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum HoldingAction {
    /// The exit ladder begins.
    Exit,
    /// A person is told.
    Alert,
}

/// What becomes of orders and holdings that are not ours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ExternalPolicy {
    /// They are counted and left alone.
    Adopt,
    /// They are counted and exited.
    AdoptAndExit,
}

/// What a kill does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum KillMode {
    /// Entries end, protection stays.
    Halt,
    /// Entries end, positions are closed.
    Flatten,
}

/// When the venue's dead-man timer is armed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DmsPolicy {
    /// Never.
    Off,
    /// Only without positions.
    FlatOnly,
    /// Always.
    Flatten,
}

/// Whether a resting exit ties up the lots it would sell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ReservesExits {
    /// Taken as yes.
    Unknown,
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// How cash posted for a fill is rounded to the asset's unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CostRounding {
    /// Halves to the even neighbour.
    HalfEven,
}

/// Something a venue may lack for an instrument.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ability {
    /// Orders that expire at an instant.
    Gtd,
    /// All at once or nothing.
    Fok,
    /// Orders that never take.
    PostOnly,
    /// A trigger that becomes a market order against the position.
    StopMarket,
    /// A trigger that becomes a limit order against the position.
    StopLimit,
    /// A trigger that becomes a market order in the position's favour.
    TargetMarket,
    /// A trigger that becomes a limit order in the position's favour.
    TargetLimit,
    /// Orders that may only shrink a position.
    ReduceOnly,
    /// Changing an order in place.
    Amend,
    /// Refusing an order that arrives after its deadline.
    Deadline,
}

/// What a venue lacks, written `gtd, fok`; `nothing` where it has everything.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Lacks(pub Vec<Ability>);

impl Setting for Lacks {
    const FORM: &'static str = "nothing, or what the venue lacks such as \"gtd, fok\"";

    fn read(text: &str) -> Option<Self> {
        if text == "nothing" {
            return Some(Self::default());
        }
        text.split(',').map(|part| Ability::read(part.trim())).collect::<Option<_>>().map(Self)
    }

    fn within(&self, _: &Self, _: &Self) -> bool {
        true
    }
}

impl Written for Lacks {
    fn write(&self) -> String {
        if self.0.is_empty() {
            return "nothing".to_owned();
        }
        self.0.iter().map(Written::write).collect::<Vec<_>>().join(", ")
    }
}

macro_rules! words {
    ($($of:ty, $form:literal: $($word:literal => $value:ident),*;)*) => {$(
        impl Setting for $of {
            const FORM: &'static str = $form;
            fn read(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$value),)* _ => None }
            }
        }
        impl Written for $of {
            fn write(&self) -> String {
                match self { $(Self::$value => $word.to_owned(),)* }
            }
        }
    )*};
}
words! {
    Ceilings, "production or research": "production" => Production, "research" => Research;
    DefaultKind, "limit or market": "limit" => Limit, "market" => Market;
    DefaultTif, "gtc, ioc or fok": "gtc" => Gtc, "ioc" => Ioc, "fok" => Fok;
    Strictness, "relaxed, normal, strict or very_strict":
        "relaxed" => Relaxed, "normal" => Normal, "strict" => Strict, "very_strict" => VeryStrict;
    StopKind, "stop_market or stop_limit": "stop_market" => StopMarket, "stop_limit" => StopLimit;
    TargetKind, "limit, market or trigger_limit":
        "limit" => Limit, "market" => Market, "trigger_limit" => TriggerLimit;
    TriggerSource, "last, mark, index or touch":
        "last" => Last, "mark" => Mark, "index" => Index, "touch" => Touch;
    HoldingAction, "exit or alert": "exit" => Exit, "alert" => Alert;
    ExternalPolicy, "adopt or adopt_and_exit": "adopt" => Adopt, "adopt_and_exit" => AdoptAndExit;
    KillMode, "halt or flatten": "halt" => Halt, "flatten" => Flatten;
    DmsPolicy, "off, flat_only or flatten": "off" => Off, "flat_only" => FlatOnly, "flatten" => Flatten;
    ReservesExits, "unknown, yes or no": "unknown" => Unknown, "yes" => Yes, "no" => No;
    CostRounding, "half_even": "half_even" => HalfEven;
    Ability, "gtd, fok, post_only, stop_market, stop_limit, target_market, target_limit, reduce_only or amend":
        "gtd" => Gtd, "fok" => Fok, "post_only" => PostOnly, "stop_market" => StopMarket, "stop_limit" => StopLimit,
        "target_market" => TargetMarket, "target_limit" => TargetLimit, "reduce_only" => ReduceOnly, "amend" => Amend,
        "deadline" => Deadline;
}
