//! Where two runs part: a trail of running digests.
//!
//! A mark stands after every `every`th record of the run. A journal too long for one mark a record has every second
//! mark dropped until they are few enough, so that a trail is never larger than a page and short runs are exact.

use serde::{Deserialize, Serialize};

use crate::journal::Digest;

/// Most marks of a trail.
const MARKS_MAX: usize = 1024;

/// Running digests of a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trail {
    /// How many records there are.
    pub records: u64,
    /// How many records lie between marks.
    pub every: u64,
    /// The lower half of the digest at each mark, eight hexadecimal digits each.
    pub marks: String,
}

/// Records among which the first that differs is, counted from 1: after `after`, up to `upto`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The last record that is known to be the same; 0 if none is.
    pub after: u64,
    /// The first that is known to differ, or to follow one that does.
    pub upto: u64,
}

/// A trail in the making.
#[derive(Clone, Debug)]
pub(super) struct Walker {
    digest: Digest,
    records: u64,
    every: u64,
    marks: Vec<u32>,
}

impl Walker {
    pub fn new() -> Self {
        Self { digest: Digest::new(), records: 0, every: 1, marks: Vec::new() }
    }

    /// Takes the next record, as its bytes.
    pub fn step(&mut self, bytes: &[u8]) {
        self.digest.fold(bytes);
        self.records += 1;
        if !self.records.is_multiple_of(self.every) {
            return;
        }
        let [.., a, b, c, d] = self.digest.value().to_be_bytes();
        self.marks.push(u32::from_be_bytes([a, b, c, d]));
        if self.marks.len() > MARKS_MAX {
            self.marks = every_second(&self.marks);
            self.every *= 2;
        }
    }

    pub fn finish(self) -> Trail {
        let marks: Vec<String> = self.marks.iter().map(|mark| format!("{mark:08x}")).collect();
        let marks = marks.concat();
        Trail { records: self.records, every: self.every, marks }
    }
}

/// The marks of a stride twice as long.
fn every_second<T: Clone>(marks: &[T]) -> Vec<T> {
    marks.iter().skip(1).step_by(2).cloned().collect()
}

impl Trail {
    /// Whether it is one that could have been made; a file may hold anything.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let few = self.marks.len() <= MARKS_MAX * 8 && self.every.is_power_of_two();
        few && self.marks.bytes().all(|byte| byte.is_ascii_hexdigit())
            && u64::try_from(self.marks.len()) == Ok(self.records / self.every * 8)
    }

    /// Its marks, thinned to a stride that is its own or longer.
    fn marks_at(&self, every: u64) -> Vec<&[u8]> {
        let (mut marks, mut stride) = (self.marks.as_bytes().chunks(8).collect::<Vec<_>>(), self.every);
        while stride < every {
            (marks, stride) = (every_second(&marks), stride * 2);
        }
        marks
    }

    /// Where this run parts from another; none if it does not.
    #[must_use]
    pub fn parts_from(&self, other: &Self) -> Option<Place> {
        let every = self.every.max(other.every);
        let (ours, theirs) = (self.marks_at(every), other.marks_at(every));
        let same = ours.iter().zip(&theirs).take_while(|(our, their)| our == their).count() as u64;
        let longest = self.records.max(other.records);
        let whole = same == ours.len() as u64 && same == theirs.len() as u64;
        if whole && self.records == other.records && longest == same * every {
            return None;
        }
        // Behind the last mark nothing is known but how many there are: the run's own digest decides.
        Some(Place { after: same * every, upto: longest.min((same + 1) * every) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trail(records: &[u64]) -> Trail {
        let mut walker = Walker::new();
        for record in records {
            walker.step(&record.to_le_bytes());
        }
        walker.finish()
    }

    /// Against the plain comparison of the records, for short and thinned trails, at every kind of place.
    #[test]
    fn the_first_difference_is_where_it_is() {
        for length in [1, 2, 7, 1024, 1025, 9000, 20_001] {
            let records: Vec<u64> = (0..length).collect();
            let whole = trail(&records);
            assert!(whole.is_sound() && whole.marks.len() <= MARKS_MAX * 8);
            for at in [0, length / 3, length - 1] {
                let mut other = records.clone();
                other[usize::try_from(at).expect("small")] += 1_000_000;
                let place = trail(&other).parts_from(&whole).expect("they differ");
                assert!(place.after <= at && at < place.upto, "{at} of {length}: {place:?}");
                assert!(place.upto - place.after <= whole.every, "{at} of {length}: {place:?}");
            }
            let longer: Vec<u64> = (0..=length).collect();
            let place = trail(&longer).parts_from(&whole).expect("one is longer");
            assert!(place.after <= length && place.upto == length + 1, "{length}: {place:?}");
        }
    }

    #[test]
    fn equal_runs_do_not_part() {
        let records: Vec<u64> = (0..1024).collect();
        assert_eq!(trail(&records).parts_from(&trail(&records)), None);
        assert_eq!(trail(&[]).parts_from(&trail(&[])), None);
    }

    #[test]
    fn what_no_walk_makes_is_not_sound() {
        let sound = trail(&[1, 2, 3]);
        assert!(sound.is_sound());
        for wrong in [
            Trail { records: 4, ..sound.clone() },
            Trail { every: 3, ..sound.clone() },
            Trail { every: 0, ..sound.clone() },
            Trail { marks: "x".repeat(24), ..sound },
        ] {
            assert!(!wrong.is_sound(), "{wrong:?}");
        }
    }
}
