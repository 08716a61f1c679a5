//! Compares the book with the best quotes the exchange sends beside it.
//!
//! After the depth update that ends with id u, the touch must equal the last best quote whose id
//! is not above u. The two streams overtake each other, so both sides wait here for the other. An
//! update is comparable when a quote with an id above u has been seen: only then is the last one
//! at or below u known to be the last.

use std::collections::VecDeque;

use crate::data::number::Number;

/// Best bid and ask with their quantities; none where a side is empty.
pub(crate) type BestQuote = [Option<(Number, Number)>; 2];

/// How a capture's book compared with its best quotes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct QuoteComparison {
    /// Depth updates that could be compared.
    pub comparable: u64,
    /// Of these, the ones whose touch was equal in price and quantity on both sides.
    pub equal: u64,
}

/// A touch after a depth update, waiting to be compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) id: u64,
    pub(crate) line: u64,
    pub(crate) touch: BestQuote,
}

/// How much of one stream waits for the other; beyond it the oldest can no longer be compared.
const WAITING_MAX: usize = 1 << 17;

/// Both streams, as far as they wait for each other.
#[derive(Debug, Default)]
pub(crate) struct Tickers {
    quotes: VecDeque<(u64, BestQuote)>,
    touches: VecDeque<Waiting>,
    result: QuoteComparison,
    unequal: Vec<Waiting>,
}

impl Tickers {
    /// Takes a best quote.
    pub(crate) fn quote(&mut self, id: u64, quote: BestQuote) {
        // A quote that is not above the last one is a repetition or out of order: not a witness.
        if self.quotes.back().is_none_or(|(last, _)| *last < id) {
            self.quotes.push_back((id, quote));
        }
        self.settle();
    }

    /// Takes the touch after a depth update.
    pub(crate) fn touch(&mut self, waiting: Waiting) {
        self.touches.push_back(waiting);
        self.settle();
    }

    /// The updates found unequal since the last call.
    pub(crate) fn take_unequal(&mut self) -> Vec<Waiting> {
        std::mem::take(&mut self.unequal)
    }

    /// The counts so far.
    pub(crate) const fn result(&self) -> QuoteComparison {
        self.result
    }

    fn settle(&mut self) {
        if self.touches.len() > WAITING_MAX {
            self.touches.pop_front();
        }
        if self.quotes.len() > WAITING_MAX {
            self.quotes.pop_front();
        }
        while let Some(waiting) = self.touches.front().copied() {
            if self.quotes.back().is_none_or(|(last, _)| *last <= waiting.id) {
                return;
            }
            self.touches.pop_front();
            // Ids only ascend: a quote that the next one supersedes at or below u is never asked for again.
            while self.quotes.get(1).is_some_and(|(next, _)| *next <= waiting.id) {
                self.quotes.pop_front();
            }
            let Some((_, quote)) = self.quotes.front().filter(|(id, _)| *id <= waiting.id) else { continue };
            self.result.comparable += 1;
            if *quote == waiting.touch {
                self.result.equal += 1;
            } else {
                self.unequal.push(waiting);
            }
        }
    }
}
