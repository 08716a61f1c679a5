//! `[venue]`: how the simulated exchange fills.

use super::section::{Problems, Section};

/// What is assumed of fills, as it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// Against us where the record does not say.
    Conservative,
    /// As other engines assume; stamped optimistic.
    ParityFull,
}

/// Reads the venue.
pub fn read(top: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<Profile> {
    let mut section = top.require_section("venue", problems)?;
    let profiles = [("conservative", Profile::Conservative), ("parity_full", Profile::ParityFull)];
    let profile = section
        .require("profile", problems, "conservative, parity_full")
        .and_then(|entry| entry.word(problems, &profiles));
    section.finish(problems);
    profile
}
