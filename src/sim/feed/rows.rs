//! Rows by their number, wherever they lie.

use crate::data::{Row, TapeRow, Window};

/// Rows of a tape.
pub(super) trait Rows {
    /// What a row is.
    type Row: TapeRow;
    /// A row that was reached.
    fn row(&self, at: usize) -> &Self::Row;
    /// Makes sure of a row; false if it is lost.
    fn reach(&mut self, at: usize) -> bool;
}

impl<R: TapeRow> Rows for &[R] {
    type Row = R;

    #[inline]
    fn row(&self, at: usize) -> &R {
        &self[at]
    }

    #[inline]
    fn reach(&mut self, _: usize) -> bool {
        true
    }
}

impl Rows for Window {
    type Row = Row;

    #[inline]
    fn row(&self, at: usize) -> &Row {
        self.row(at)
    }

    #[inline]
    fn reach(&mut self, at: usize) -> bool {
        self.reach(at)
    }
}
