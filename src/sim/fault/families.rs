//! Every kind of fault, family by family: its name in scenarios, how often it usually hits in a
//! million occasions (or seconds), and its terms with what they usually are.

use super::term::{Term, Terms};
use super::words::{Coin, Damage, Links, Message, Once, Reply, Request, Sends, Stops};
use crate::market::{RejectReason, SessionState, Side, Span};

const fn ms(millis: i64) -> Span {
    Span::from_millis(millis)
}

const fn secs(secs: i64) -> Span {
    Span::from_secs(secs)
}

macro_rules! family {
    ($(#[$doc:meta])* $family:ident {
        $($(#[$what:meta])* $kind:ident $name:literal $ppm:literal { $($term:ident: $type:ty = $usual:expr),* };)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $family {
            $($(#[$what])* $kind { $(#[doc = concat!("Its term `", stringify!($term), "`.")] $term: $type,)* },)*
        }

        impl $family {
            /// The names of its kinds.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];

            pub(super) fn with(name: &str, from: &mut impl Terms) -> Option<Self> {
                let _ = &from;
                match name {
                    $($name => Some(Self::$kind { $($term: from.term(stringify!($term), $usual),)* }),)*
                    _ => None,
                }
            }

            pub(super) const fn row(&self) -> (&'static str, u32) {
                match self { $(Self::$kind { .. } => ($name, $ppm),)* }
            }

            pub(super) fn terms(&self) -> Vec<(&'static str, String)> {
                match *self {
                    $(Self::$kind { $($term,)* } => vec![$((stringify!($term), Term::written($term)),)*],)*
                }
            }
        }
    };
}

family! {
    /// What goes wrong with a command, or is made of it.
    RequestFault {
        /// It never arrives and nothing is said (A05, C01).
        Lost "request_lost" 20_000 { what: Request = Request::New };
        /// It arrives late, and others pass it (A16).
        Late "request_late" 20_000 { what: Request = Request::New, by: Span = secs(3) };
        /// It arrives twice.
        Twice "request_twice" 20_000 { what: Request = Request::New, after: Span = ms(20) };
        /// A new order is held up until its cancel has arrived, at most so long (A11).
        Overtaken "cancel_overtakes" 20_000 { within: Span = secs(4) };
        /// The link says this of it; it arrives or not (A06, A09).
        Replied "reply" 20_000 { what: Request = Request::New, says: Reply = Reply::Ambiguous, arrives: bool = true };
        /// The venue refuses the new order (D01 to D16).
        Rejected "rejected" 20_000 { reason: RejectReason = RejectReason::Busy };
        /// The venue refuses the cancel: not open, or still open for a reason (C03, C04).
        CancelRefused "cancel_refused" 20_000 { open: bool = true, reason: RejectReason = RejectReason::Busy };
        /// The venue refuses the amend: not open, or still open for a reason.
        AmendRefused "amend_refused" 20_000 { open: bool = true, reason: RejectReason = RejectReason::Busy };
        /// The amend is half done: the old order is cancelled, a new one absent (C08).
        AmendHalf "amend_half" 20_000 {};
        /// A cancel of everything reaches every other order (C10).
        CancelAllHalf "cancel_all_half" 200_000 {};
    }
}

family! {
    /// What goes wrong with a message to the trader.
    MessageFault {
        /// It never arrives (A01, B01, C02).
        Lost "report_lost" 20_000 { what: Message = Message::Fill };
        /// The links go down as it is carried: it is lost, and the trader is told of the links after a while (B01).
        Dropped "links_drop" 10_000 { what: Message = Message::Fill, lasts: Span = secs(20), detect: Span = secs(2) };
        /// It arrives late, and others pass it (A02, A04, B02, B07, B09, E15).
        Late "report_late" 20_000 { what: Message = Message::Fill, by: Span = secs(4) };
        /// It arrives twice (A03, B03).
        Twice "report_twice" 20_000 { what: Message = Message::Fill, after: Span = ms(500) };
        /// It arrives at once and passes those sent before it (B06).
        Overtakes "report_overtakes" 20_000 { what: Message = Message::Fill };
        /// A second report follows under the same execution id, with other content (B05).
        Conflict "fill_conflict" 10_000 { after: Span = ms(500) };
        /// A second report follows under another execution id, with the same content (B04).
        OtherId "fill_other_id" 10_000 { after: Span = ms(500) };
        /// It is malformed; what is true is found by asking alone (B21).
        Malformed "fill_malformed" 10_000 { damage: Damage = Damage::ZeroQty };
        /// It names no fee, which follows in a second report (B14).
        FeeMissing "fee_missing" 20_000 { after: Span = secs(3) };
        /// It names no cumulative quantity.
        CumulativeMissing "cumulative_missing" 20_000 { what: Message = Message::End };
    }
}

family! {
    /// What the venue does with an order of its own accord.
    OrderFault {
        /// The fee of a fill is revised by so many millionths of itself (B14).
        FeeRevised "fee_revised" 10_000 { after: Span = secs(3), by_ppm: i64 = 100_000 };
        /// A last fill is followed by so many millionths of the order more (B11).
        Overfill "overfill" 5_000 { by_ppm: i64 = 100_000 };
        /// A fill is undone (B16).
        Bust "bust" 5_000 { after: Span = secs(3) };
        /// Its fills are so many ticks worse than they should be (B15).
        Worse "worse_than_limit" 5_000 { ticks: i64 = 10 };
        /// It is cancelled by the venue (C11).
        Cancelled "unsolicited_cancel" 10_000 { after: Span = secs(2) };
        /// It is refused after it was accepted (A15).
        RejectedLate "rejected_late" 10_000 { after: Span = ms(100) };
        /// The venue rounds its quantity down after it was accepted (A13).
        Changed "terms_changed" 10_000 { after: Span = ms(100) };
        /// A person acts on it while it is open: cancels it, or stops more than it (OP-1); at the venue's instant, before
        /// the trader can know of it, where nothing is waited for.
        Stopped "person_stops" 5_000 { what: Stops = Stops::Order, once: Once = Once::Accepted, after: Span = ms(500) };
        /// No query shows it for a while.
        Hidden "hidden" 10_000 { lasts: Span = secs(20) };
    }
}

family! {
    /// What the links do.
    LinkFault {
        /// Links are down; the trader is told after a while (E01 to E05).
        Outage "outage" 500 {
            links: Links = Links::ALL, lasts: Span = secs(30), detect: Span = secs(2), sends: Sends = Sends::Proof
        };
        /// Links go down and up again, several times (E06).
        Flapping "flapping" 200 {
            links: Links = Links::ALL, times: i64 = 4, lasts: Span = secs(2), pause: Span = secs(2),
            detect: Span = ms(200), sends: Sends = Sends::Ambiguous
        };
        /// Links go down one after another, and come back in another order (E06).
        Swizzle "swizzle" 200 { step: Span = secs(3), detect: Span = ms(500), sends: Sends = Sends::Lost };
    }
}

family! {
    /// What happens to the venue as a whole.
    VenueFault {
        /// A session, then open again (D09).
        Session "session" 200 { state: SessionState = SessionState::CancelOnly, lasts: Span = secs(60) };
        /// Maintenance, then cancel-only and post-only for a step each, then open (E10).
        Maintenance "maintenance" 100 { lasts: Span = secs(120), step: Span = secs(20) };
        /// The dead-man's switch fires by itself (E11).
        DeadMan "dead_mans_switch" 100 {};
        /// Every order, position and balance is as on the first day (E17).
        Reset "account_reset" 5 {};
        /// Answers to queries tell of the past (E15).
        Lag "queries_lag" 200 { lag: Span = secs(3), lasts: Span = secs(60) };
        /// The mark price is off by so many millionths (F20).
        MarkOff "mark_off" 100 { by_ppm: i64 = 50_000, lasts: Span = secs(30) };
        /// The index price is off by so many millionths (F19, F20).
        IndexOff "index_off" 100 { by_ppm: i64 = 50_000, lasts: Span = secs(30) };
        /// Funding is due: so many millionths of the position's value; told twice or once (G04).
        Funding "funding" 100 { by_ppm: i64 = 100, twice: bool = true };
    }
}

family! {
    /// What the trader sees of the market. The venue sees it as it was.
    FeedFault {
        /// Nothing arrives (F01, F03).
        Gap "feed_gap" 200 { lasts: Span = secs(20) };
        /// Quotes go on arriving and say what they said (F03).
        Frozen "feed_frozen" 200 { lasts: Span = secs(20) };
        /// Bid and ask are crossed (F04).
        Crossed "feed_crossed" 200 { lasts: Span = secs(10) };
        /// A side is empty (F06).
        OneSided "feed_one_sided" 200 { side: Side = Side::Buy, lasts: Span = secs(10) };
        /// Prices are off by so many millionths (F07, F14).
        Spike "feed_spike" 200 { by_ppm: i64 = -100_000, lasts: Span = ms(500) };
        /// Every message comes so many times, at most a hundred, and crowds its way (E19).
        Flood "feed_flood" 200 { times: i64 = 2, lasts: Span = secs(60) };
    }
}

family! {
    /// What other hands do in the same account (family J, and B20).
    HandFault {
        /// An order is placed: so many minimum quantities, to rest far from the market or to take (J01).
        Order "external_order" 100 { side: Side = Side::Buy, times: i64 = 5, rests: bool = true };
        /// The oldest order of ours is cancelled (J01).
        Cancel "external_cancel" 100 {};
        /// What is held is closed at the market (J01).
        Close "external_close" 100 {};
        /// Coins come, or go: in whole quote units or minimum base quantities (J02, J06).
        Transfer "transfer" 100 { coin: Coin = Coin::Quote, amount: i64 = 100 };
        /// The venue closes what is held by force (B20).
        Liquidation "liquidation" 50 {};
        /// The quote balance is off by so many of its smallest units, and nobody says so (E16).
        Off "balance_off" 50 { units: i64 = 1 };
    }
}

family! {
    /// What happens to the trader's process.
    ProcessFault {
        /// It dies after an input and comes back from its journal; what it sent then left or not (I01 to I04).
        Crash "crash" 200 { down: Span = secs(10), left: bool = true };
    }
}
