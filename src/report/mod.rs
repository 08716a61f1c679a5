//! The report: a verdict as a page that a person reads, and as a comment on a pull request.
//!
//! Both are pure functions of a [`Verdict`]: nothing is read, nothing is written, and nothing is computed that the
//! verdict does not say. The page is one file that asks nothing of a network: its style is inside, its pictures are
//! SVG, and it has no script. Every text of the verdict is taken for hostile and escaped by the template.
//!
//! What is not here: judging. A report of a wrong verdict is a good report of a wrong verdict.
#![allow(clippy::float_arithmetic, reason = "places in a picture are floats; no trader and no gate reads them")]

mod bars;
mod evidence;
mod fan;
mod lines;
mod markdown;
mod numbers;
mod page;
mod scale;
mod summary;
mod tables;
mod words;

use crate::gate::verdict::Verdict;

/// The verdict as one HTML file, which needs nothing beside it.
#[must_use]
pub fn html(verdict: &Verdict) -> String {
    page::page(verdict).into_string()
}

/// The verdict in Markdown, short, as for a pull request.
#[must_use]
pub fn markdown(verdict: &Verdict) -> String {
    markdown::markdown(verdict)
}
