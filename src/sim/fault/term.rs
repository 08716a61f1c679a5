//! A term of a fault: a duration, a number, a truth or a word, how it is written, and how it is
//! drawn.

use super::Stream;
use crate::market::Span;
use crate::trading::setting::Setting;

/// Longest duration a fault may name.
const SPAN_MAX: Span = Span::from_hours(24);
/// Greatest number a fault may name, either way.
const NUMBER_MAX: i64 = 1_000_000_000;
/// A drawn number is the usual one times 2 to a power within this, either way.
const DOUBLINGS: u32 = 4;

/// A kind of term.
pub trait Term: Copy + 'static {
    /// What may be written.
    fn allowed() -> String;
    /// Reads it; none if it is not allowed.
    fn read(text: &str) -> Option<Self>;
    /// Writes it, so that it reads the same.
    fn written(self) -> String;
    /// Draws one around the usual.
    #[must_use]
    fn drawn(self, chance: &mut Stream) -> Self;
}

/// Where the terms of a kind come from.
pub trait Terms {
    /// The term of a key, which is `usual` where nothing else is said.
    fn term<T: Term>(&mut self, key: &'static str, usual: T) -> T;
}

/// The usual terms.
pub(super) struct Usual;

impl Terms for Usual {
    fn term<T: Term>(&mut self, _: &'static str, usual: T) -> T {
        usual
    }
}

/// Terms by chance.
pub(super) struct Drawn<'a>(pub(super) &'a mut Stream);

impl Terms for Drawn<'_> {
    fn term<T: Term>(&mut self, _: &'static str, usual: T) -> T {
        usual.drawn(self.0)
    }
}

/// A number times 2 to a drawn power, cut toward zero.
fn scaled(usual: i64, chance: &mut Stream) -> i64 {
    let power = chance.below(u64::from(2 * DOUBLINGS + 1));
    usual.saturating_mul(1 << power) / (1 << DOUBLINGS)
}

impl Term for Span {
    fn allowed() -> String {
        format!("{}, at most 24h", <Self as Setting>::FORM)
    }

    fn read(text: &str) -> Option<Self> {
        <Self as Setting>::read(text).filter(|span| *span <= SPAN_MAX)
    }

    fn written(self) -> String {
        format!("{}ns", self.0)
    }

    fn drawn(self, chance: &mut Stream) -> Self {
        Self(scaled(self.0, chance)).min(SPAN_MAX)
    }
}

impl Term for i64 {
    fn allowed() -> String {
        format!("a whole number from -{NUMBER_MAX} to {NUMBER_MAX}")
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok().filter(|number: &Self| (-NUMBER_MAX..=NUMBER_MAX).contains(number))
    }

    fn written(self) -> String {
        self.to_string()
    }

    /// Of either sign, and never nothing where the usual is something.
    fn drawn(self, chance: &mut Stream) -> Self {
        let drawn = scaled(self, chance).clamp(-NUMBER_MAX, NUMBER_MAX);
        if drawn == 0 { self.signum() } else { drawn }
    }
}

impl Term for bool {
    fn allowed() -> String {
        "true, false".to_owned()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn written(self) -> String {
        self.to_string()
    }

    fn drawn(self, chance: &mut Stream) -> Self {
        chance.below(2) == 1
    }
}
