//! Which of two values of a key allows less (production-rules OP-5).

use std::cmp::Ordering;

use crate::trading::setting::Setting;

/// Which way a key becomes tighter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tighter {
    /// The smaller value allows less, or is heeded sooner.
    Less,
    /// The same, but that zero is without limit.
    LessButZero,
    /// The larger value allows less, or is surer.
    More,
    /// A matter of manner, or one that cuts both ways: any change is confirmed.
    Neither,
    /// Nothing changes while the trader runs: what it was built with stays.
    Fixed,
}

impl Tighter {
    /// Whether `to` allows no more than `from`.
    pub(super) fn holds<S: Setting>(self, from: &S, to: &S) -> bool {
        let without_limit = |value: &S| S::read("0").is_some_and(|zero| zero == *value);
        let order = to.measure(from);
        let (less, more) = (order.is_some_and(Ordering::is_le), order.is_some_and(Ordering::is_ge));
        match self {
            Self::Less => less,
            Self::LessButZero => from == to || !without_limit(to) && (less || without_limit(from)),
            Self::More => more,
            Self::Neither | Self::Fixed => from == to,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Span;
    use crate::trading::setting::Collars;

    #[test]
    fn collars_are_held_against_each_other_step_by_step() {
        let collars = |text: &str| Collars::read(text).expect("collars");
        let from = collars("0.5%, 1%, 2%, 5%");
        for (to, tighter) in [
            ("0.5%, 1%, 2%, 5%", true),
            ("0.5%, 1%", true),
            ("0.4%, 1%, 2%, 4%", true),
            ("0.4%, 1%, 2%, 6%", false),
            ("0.6%", false),
            ("0.5%, 1%, 2%, 5%, 6%", false),
        ] {
            assert_eq!(Tighter::Less.holds(&from, &collars(to)), tighter, "{to}");
        }
    }

    #[test]
    fn zero_may_be_without_limit() {
        let span = |text: &str| Span::read(text).expect("a duration");
        for (from, to, tighter) in
            [("1h", "2h", false), ("2h", "1h", true), ("1h", "0", false), ("0", "1h", true), ("0", "0", true)]
        {
            assert_eq!(Tighter::LessButZero.holds(&span(from), &span(to)), tighter, "{from} to {to}");
        }
    }
}
