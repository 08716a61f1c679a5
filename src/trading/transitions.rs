//! The order state machine: what each input does to an order in each state.
//!
//! [`TABLE`] is production-rules §1.5 as data, one row per input and one column per state, in the
//! notation of that page; [`transition`] is its one reader. A row of that page whose effect
//! depends on a condition stands here as several rows, one per case. Terminal is terminal for
//! commands, never for money: a genuine fill is booked in every state.
//!
//! This module changes nothing and knows no order. Who applies a cell is `orders`.

use crate::market::OrderState;

/// Where an order goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Nowhere.
    Stay,
    /// To this state.
    To(OrderState),
    /// The input cannot happen in this state, by construction.
    Impossible,
}

/// What else happens; the letters are those of production-rules §1.5.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// **b**: book the fill.
    Book,
    /// **p**: bring protection in line with the position.
    Protect,
    /// **r**: release what can no longer fill.
    Release,
    /// **q**: ask the venue.
    Query,
    /// **x**: send a cancel.
    Cancel,
    /// **w**: a cancel is wanted as soon as the order is live.
    CancelWanted,
    /// **a**: adopt the venue's terms.
    Adopt,
    /// **f**: fills due; find the reported ones that are not booked.
    FillsDue,
    /// **d**: the command is denied.
    Deny,
    /// **n**: anomaly.
    Anomaly,
    /// **v**: reversal posting.
    Reverse,
    /// **R**: the instrument becomes reduce-only.
    ReduceOnly,
    /// **W**: warning.
    Warn,
    /// **!**: critical alert.
    Critical,
    /// **late**: mark the order as filled late.
    Late,
    /// Send the refused cancel or amend again, after its delay.
    Retry,
    /// Back to the terms before the amend.
    OldTerms,
    /// The next step of the resolution ladder.
    Ladder,
}

impl Effect {
    /// Every effect and its word in the table.
    pub const WORDS: [(Self, &'static str); 18] = [
        (Self::Book, "b"),
        (Self::Protect, "p"),
        (Self::Release, "r"),
        (Self::Query, "q"),
        (Self::Cancel, "x"),
        (Self::CancelWanted, "w"),
        (Self::Adopt, "a"),
        (Self::FillsDue, "f"),
        (Self::Deny, "d"),
        (Self::Anomaly, "n"),
        (Self::Reverse, "v"),
        (Self::ReduceOnly, "R"),
        (Self::Warn, "W"),
        (Self::Critical, "!"),
        (Self::Late, "late"),
        (Self::Retry, "retry"),
        (Self::OldTerms, "old"),
        (Self::Ladder, "ladder"),
    ];
}

/// One cell of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cell {
    /// Where the order goes.
    pub next: Next,
    effects: u32,
}

impl Cell {
    /// Whether an effect belongs to the cell.
    #[must_use]
    pub const fn has(self, effect: Effect) -> bool {
        self.effects & (1 << effect as u32) != 0
    }

    /// Whether the cell neither moves the order nor does anything.
    #[must_use]
    pub fn is_idle(self) -> bool {
        self.next == Next::Stay && self.effects == 0
    }
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// The destination a word names; `None` for an effect.
const fn destination(word: &[u8]) -> Option<Next> {
    const NAMES: [(&str, Next); 12] = [
        ("=", Next::Stay),
        ("-", Next::Impossible),
        ("L", Next::To(OrderState::Live)),
        ("U", Next::To(OrderState::UnknownSubmit)),
        ("CP", Next::To(OrderState::CancelPending)),
        ("UC", Next::To(OrderState::UnknownCancel)),
        ("AP", Next::To(OrderState::AmendPending)),
        ("UA", Next::To(OrderState::UnknownAmend)),
        ("Filled", Next::To(OrderState::Filled)),
        ("Cancelled", Next::To(OrderState::Cancelled)),
        ("Expired", Next::To(OrderState::Expired)),
        ("Rejected", Next::To(OrderState::Rejected)),
    ];
    let mut i = 0;
    while i < NAMES.len() {
        if same(word, NAMES[i].0.as_bytes()) {
            return Some(NAMES[i].1);
        }
        i += 1;
    }
    if same(word, b"Void") { Some(Next::To(OrderState::Void)) } else { None }
}

/// Reads a cell at compile time; an unknown word stops the build.
const fn cell(text: &str) -> Cell {
    let bytes = text.as_bytes();
    let mut read = Cell { next: Next::Stay, effects: 0 };
    let mut start = 0;
    while start < bytes.len() {
        let mut end = start;
        while end < bytes.len() && bytes[end] != b' ' {
            end += 1;
        }
        let word = bytes.split_at(start).1.split_at(end - start).0;
        if let Some(next) = destination(word) {
            read.next = next;
        } else {
            let mut i = 0;
            while !same(word, Effect::WORDS[i].1.as_bytes()) {
                i += 1;
            }
            read.effects |= 1 << Effect::WORDS[i].0 as u32;
        }
        start = end + 1;
    }
    read
}

macro_rules! table {
    ($($(#[$doc:meta])* $input:ident $row:literal: [$($live:literal)*] [$($terminal:literal)*];)*) => {
        /// What can happen to an order: a row of production-rules §1.5, or one case of it.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Input { $($(#[$doc])* $input,)* }

        impl Input {
            /// Every input, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$input,)*];

            /// The row of production-rules §1.5: 3 is TR-03.
            #[must_use]
            pub const fn row(self) -> u8 {
                match self { $(Self::$input => $row,)* }
            }
        }

        /// The table: per input, the states of [`OrderState::ALL`].
        pub const TABLE: [[Cell; OrderState::ALL.len()]; Input::ALL.len()] = [$([$(cell($live),)* $(cell($terminal),)*],)*];
    };
}

/// The cell for an input in a state.
#[must_use]
pub const fn transition(state: OrderState, input: Input) -> Cell {
    TABLE[input as usize][state as usize]
}

#[rustfmt::skip]
table! {
    // Columns:                 I        S        U        L        CP       UC       AP       UA        Filled  Cancelled  Expired  Rejected  Void
    /// The venue took the order.
    Accepted 1:                 ["L n !" "L"      "L"      "="      "="      "="      "="      "="]      ["= n"  "= n"  "= n"  "= n"  "L x !"];
    /// The venue took it under another id than before.
    AcceptedAgain 1:            ["L n !" "L"      "L"      "= n q !" "="     "="      "="      "="]      ["= n"  "= n"  "= n"  "= n"  "L x !"];
    /// The venue refused it; nothing is booked on it.
    Rejected 2:                 ["Rejected r n !" "Rejected r" "Rejected r" "Rejected r n W" "Rejected r n W" "Rejected r n W" "Rejected r n W" "Rejected r n W"] ["= n" "= n" "= n" "= n" "= n"];
    /// The venue refused an order that has fills.
    RejectedWithFills 2:        ["= n q !" "= n q !" "= n q !" "= n q !" "= n q !" "= n q !" "= n q !" "= n q !"] ["= n" "= n" "= n" "= n" "= n"];
    /// A fill that leaves something open.
    FilledInPart 3:             ["L b p n !" "L b p" "L b p" "= b p" "= b p"  "= b p"  "= b p"  "= b p"]  ["= b p late W" "= b p late W" "= b p late W" "= b p q late !" "L b p x late !"];
    /// A fill that reaches the quantity.
    FilledWhole 4:              ["Filled b p n !" "Filled b p" "Filled b p" "Filled b p" "Filled b p" "Filled b p" "Filled b p" "Filled b p"] ["= b p late W" "= b p late W" "= b p late W" "= b p late !" "Filled b p late !"];
    /// A fill that an end had announced by its own cumulative: TR-03 and TR-04 where it is not late.
    FilledDue 3:                ["-"     "-"      "-"      "-"      "-"      "-"      "-"      "-"]      ["= b p"  "= b p"  "= b p"  "= b p q late !" "L b p x late !"];
    /// While an amend is open: a fill that reaches only the smaller of old and new quantity.
    FilledSmallerTerms 4:       ["-"     "-"      "-"      "-"      "-"      "-"      "= b p q" "= b p q"] ["-" "-" "-" "-" "-"];
    /// A fill that exceeds the quantity.
    Overfilled 5:               ["Filled b p R n !" "Filled b p R !" "Filled b p R !" "Filled b p R !" "Filled b p R !" "Filled b p R !" "Filled b p R !" "Filled b p R !"] ["= b p R late !" "= b p R late !" "= b p R late !" "= b p R late !" "Filled b p R late !"];
    /// A fill already booked, with the same content.
    FillRepeated 6:             ["="     "="      "="      "="      "="      "="      "="      "="]      ["=" "=" "=" "=" "="];
    /// A fill whose id was booked with other content.
    FillConflicting 7:          ["= n q W" "= n q W" "= n q W" "= n q W" "= n q W" "= n q W" "= n q W" "= n q W"] ["= n q W" "= n q W" "= n q W" "= n q W" "= n q W"];
    /// A fill that cannot be true.
    FillMalformed 8:            ["= n q !" "= n q !" "= n q !" "= n q !" "= n q !" "= n q !" "= n q !" "= n q !"] ["= n q !" "= n q !" "= n q !" "= n q !" "= n q !"];
    /// The rest was cancelled.
    Cancelled 9:                ["Cancelled r f n !" "Cancelled r f" "Cancelled r f" "Cancelled r f p" "Cancelled r f p" "Cancelled r f p" "Cancelled r f p" "Cancelled r f p"] ["= n" "= f" "= n" "= n" "Cancelled f n !"];
    /// The rest expired.
    Expired 9:                  ["Expired r f n !" "Expired r f" "Expired r f" "Expired r f p" "Expired r f p" "Expired r f p" "Expired r f p" "Expired r f p"] ["= n" "= n" "= f" "= n" "Expired f n !"];
    /// The end of a superseded venue id.
    EndedSuperseded 9:          ["= n"   "= n"    "= n"    "= n"    "= n"    "= n"    "= n"    "= n"]    ["= n" "= n" "= n" "= n" "= n"];
    /// The venue changed the terms.
    Amended 10:                 ["L a n !" "L a n" "L a n" "= a n"  "= a n"  "= a n"  "L a"    "L a"]    ["= n" "= n" "= n" "= n" "= n"];
    /// A cancel was refused: the order is not open.
    CancelRefusedNotOpen 11:    ["= n"   "="      "="      "= n q"  "UC q"   "= q"    "= n q"  "= n q"]  ["=" "=" "=" "=" "="];
    /// A cancel was refused: the order stays.
    CancelRefusedStillOpen 12:  ["= n"   "="      "="      "= n"    "L W retry" "L W retry" "= n" "= n"] ["= n" "= n" "= n" "= n" "= n"];
    /// An amend was refused: the order is not open.
    AmendRefusedNotOpen 13:     ["= n"   "= n"    "= n"    "= n q"  "= q"    "= q"    "UA q"   "= q"]    ["=" "=" "=" "=" "="];
    /// An amend was refused: the order stays as it was.
    AmendRefusedStillOpen 14:   ["= n"   "= n"    "= n"    "= n"    "="      "="      "L W old" "L W old"] ["= n" "= n" "= n" "= n" "= n"];
    /// The venue says the order is open.
    StatusOpen 15:              ["L f n !" "L f"  "L f"    "= f"    "= f"    "CP x f" "= f"    "L a f"]  ["= n q" "= n q" "= n q" "= n q" "L x !"];
    /// The same, stamped later than our cancel by its time-out.
    StatusOpenLong 15:          ["L f n !" "L f"  "L f"    "= f"    "= x f"  "CP x f" "= f"    "L a f"]  ["= n q" "= n q" "= n q" "= n q" "L x !"];
    /// The second agreeing answer for an order that had ended.
    StatusOpenAgain 15:         ["L f n !" "L f"  "L f"    "= f"    "= f"    "CP x f" "= f"    "L a f"]  ["L x !" "L x !" "L x !" "L x !" "L x !"];
    /// The venue says it was cancelled.
    StatusCancelled 16:         ["Cancelled r f n !" "Cancelled r f" "Cancelled r f" "Cancelled r f p" "Cancelled r f p" "Cancelled r f p" "Cancelled r f p" "Cancelled r f p"] ["= n W" "= f" "= n W" "= n W" "Cancelled f !"];
    /// The venue says it expired.
    StatusExpired 16:           ["Expired r f n !" "Expired r f" "Expired r f" "Expired r f p" "Expired r f p" "Expired r f p" "Expired r f p" "Expired r f p"] ["= n W" "= n W" "= f" "= n W" "Expired f !"];
    /// The venue says it filled.
    StatusFilled 16:            ["Filled r f n !" "Filled r f" "Filled r f" "Filled r f p" "Filled r f p" "Filled r f p" "Filled r f p" "Filled r f p"] ["= f" "= n W" "= n W" "= n W" "Filled f !"];
    /// The venue says it refused it.
    StatusRejected 16:          ["Rejected r f n !" "Rejected r f" "Rejected r f" "Rejected r f p" "Rejected r f p" "Rejected r f p" "Rejected r f p" "Rejected r f p"] ["= n W" "= n W" "= n W" "= f" "Rejected f !"];
    /// The venue does not find the order.
    StatusNotFound 17:          ["="     "="      "="      "= q"    "UC q"   "= q"    "UA q"   "= q"]    ["=" "=" "=" "=" "="];
    /// The resolution ladder ended in absence, as far as it goes.
    AbsenceProven 17:           ["="     "="      "Void r W" "= R !" "UC q"  "= R !"  "UA q"   "= R !"]  ["=" "=" "=" "=" "="];
    /// The reply to our last command is ambiguous.
    ReplyAmbiguous 18:          ["-"     "U"      "="      "="      "UC"     "="      "UA"     "="]      ["=" "=" "=" "=" "="];
    /// Proof that no byte of our last command left.
    NotSent 19:                 ["-"     "Void r W" "Void r W" "= n" "L retry" "L retry" "L old" "L old"] ["= n" "= n" "= n" "= n" "= n"];
    /// The venue refused the client id as a duplicate.
    DuplicateId 20:             ["= n"   "U q"    "= q"    "="      "="      "="      "="      "="]      ["= n" "= n" "= n" "= n" "= n"];
    /// No reply came in time.
    ReplyTimer 21:              ["-"     "U"      "= ladder" "-"    "UC q"   "= ladder" "UA q" "= ladder"] ["-" "-" "-" "-" "-"];
    /// The order's expiry has passed on our clock.
    ExpiryTimer 22:             ["Void r" "= w"   "= w"    "CP x"   "="      "="      "= w"    "CP x"]   ["-" "-" "-" "-" "-"];
    /// Nothing was heard of the order for long.
    SilenceTimer 23:            ["-"     "-"      "-"      "= q"    "= q"    "= q"    "= q"    "= q"]    ["-" "-" "-" "-" "-"];
    /// A desk, protection or operator wants it cancelled.
    CancelWanted 24:            ["Void r" "= w"   "= w"    "CP x"   "="      "="      "= w"    "CP x"]   ["= d" "= d" "= d" "= d" "= d"];
    /// New terms are wanted, and passed risk.
    AmendWanted 25:             ["= d"   "= d"    "= d"    "AP"     "= d"    "= d"    "= d"    "= d"]    ["= d" "= d" "= d" "= d" "= d"];
    /// Kill or flatten names the order.
    Killed 26:                  ["Void r" "= w x" "= w x"  "CP x"   "="      "= x"    "CP x"   "CP x"]   ["=" "=" "=" "=" "="];
    /// The link was lost, or we restarted from the journal.
    LinkLost 27:                ["Void r" "U"     "="      "="      "UC"     "="      "UA"     "="]      ["=" "=" "=" "=" "="];
    /// A booked fill was undone by the venue.
    Busted 28:                  ["-"     "-"      "-"      "= v p W" "= v p W" "= v p W" "= v p W" "= v p W"] ["= v p W" "= v p W" "= v p W" "= v p W" "= v p W"];
    /// A fill we never booked was undone by the venue.
    BustedUnknown 28:           ["= n q !" "= n q !" "= n q !" "= n q !" "= n q !" "= n q !" "= n q !" "= n q !"] ["= n q !" "= n q !" "= n q !" "= n q !" "= n q !"];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(cell: Cell) -> String {
        let next = match cell.next {
            Next::Stay => "=".to_owned(),
            Next::Impossible => "—".to_owned(),
            Next::To(state) => format!("{state:?}"),
        };
        Effect::WORDS.iter().filter(|(effect, _)| cell.has(*effect)).fold(next, |text, (_, word)| text + " " + word)
    }

    /// Every state × every input.
    #[test]
    fn the_whole_table() {
        let mut text = String::new();
        for input in Input::ALL {
            for state in OrderState::ALL {
                let cell = transition(state, *input);
                let line = format!("TR-{:02} {input:?} {state:?}: {}\n", input.row(), written(cell));
                text.push_str(&line);
            }
        }
        expect_test::expect_file!["snapshots/transitions.txt"].assert_eq(&text);
    }

    #[test]
    fn money_is_booked_in_every_state_and_commands_never_leave_a_terminal_one() {
        for state in OrderState::ALL {
            for input in [Input::FilledInPart, Input::FilledWhole, Input::Overfilled] {
                assert!(transition(state, input).has(Effect::Book), "{state:?} {input:?}");
            }
            for input in [Input::CancelWanted, Input::AmendWanted] {
                let cell = transition(state, input);
                assert!(
                    !state.is_terminal() || cell.has(Effect::Deny) && cell.next == Next::Stay,
                    "{state:?} {input:?}"
                );
            }
        }
    }

    #[test]
    fn absence_never_ends_an_order_that_was_accepted() {
        use OrderState::{AmendPending, CancelPending, Live, UnknownAmend, UnknownCancel};
        for state in [Live, CancelPending, UnknownCancel, AmendPending, UnknownAmend] {
            for input in [Input::StatusNotFound, Input::AbsenceProven] {
                let ends = matches!(transition(state, input).next, Next::To(next) if next.is_terminal());
                assert!(!ends, "{state:?} {input:?}");
            }
        }
    }
}
