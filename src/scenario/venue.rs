//! `[venue]`: how the simulated exchange fills.

use super::section::{Problems, Section};
use crate::venue::FillProfile;

/// Reads the venue.
pub fn read(top: &mut Section<'_>, problems: &mut Problems<'_>) -> Option<FillProfile> {
    let mut section = top.require_section("venue", problems)?;
    let profiles = [FillProfile::Conservative, FillProfile::ParityFull].map(|profile| (profile.name(), profile));
    let profile = section
        .require("profile", problems, "conservative, parity_full")
        .and_then(|entry| entry.word(problems, &profiles));
    section.finish(problems);
    profile
}
