//! Journals on disk: what was written is read back, what a crash leaves is recovered to the byte,
//! and whatever byte changed is found.
#![cfg(feature = "simulator")]

mod journal_kit;

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect;
use journal_kit::{Memory, body, bounds, fill, finished, header};
use proptest::prelude::*;
use seatrial::journal::{Body, Header, Journal, JournalError, JournalFile, open, parse};
use seatrial::market::Timestamp;

/// A file of this test's own, removed when it is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.journal", std::process::id()));
        fs::write(&path, bytes).expect("the target directory can be written");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn bodies(file: &JournalFile) -> Vec<Body> {
    file.records.iter().map(|record| record.body.clone()).collect()
}

#[test]
fn what_was_written_is_read_back() {
    let bytes = finished(40);
    let file = parse("f.journal", &bytes, false).expect("a whole journal");
    assert_eq!(file.header, header());
    assert_eq!(file.records.len(), 41);
    assert_eq!(bodies(&file)[1..40], (1..40).map(body).collect::<Vec<_>>());
    let closing = file.closing.expect("closed");
    assert_eq!((closing.records, closing.digest), (40, file.digest));
    assert!(file.cut.is_none());
}

/// The digest says what was run, not how it was kept or what the file was called.
#[test]
fn every_way_of_keeping_a_journal_has_the_same_digest() {
    let run = |mut journal: Journal, header: Header| {
        journal.append(Timestamp(0), 0, &Body::Header(Box::new(header))).expect("a header");
        fill(&mut journal, 1..30).expect("records");
        journal.finish().expect("an end").digest
    };
    let digest = run(Journal::in_memory(), header());
    assert_eq!(run(Journal::recording(), header()), digest);
    assert_eq!(run(Journal::to_disk("f", Box::new(Memory::default())), header()), digest);
    let mut elsewhere = header();
    elsewhere.scenario.path = "elsewhere.toml".into();
    elsewhere.build = "other".into();
    assert_eq!(run(Journal::in_memory(), elsewhere), digest);
    let mut commented = header();
    commented.scenario.text.push('#');
    assert_eq!(run(Journal::in_memory(), commented), digest, "what the text changes is in the records");
    let mut other = header();
    other.run = 1;
    assert_ne!(run(Journal::in_memory(), other), digest);
    expect!["771775cf4483d715"].assert_eq(&format!("{digest:016x}"));
}

/// I08, D1, D2: cut the file at every byte; the complete records before it come back, and writing
/// goes on after them.
#[test]
fn a_torn_tail_is_cut_at_the_last_whole_record() {
    let bytes = finished(12);
    let bounds = bounds(&bytes);
    let scratch = Scratch::new("torn", b"");
    for length in bounds[1]..bytes.len() {
        let whole = bounds.iter().filter(|bound| **bound <= length).count() - 1;
        let tail = length - bounds[whole];
        let strict = parse("f.journal", &bytes[..length], false).expect_err("not closed");
        assert!(matches!(strict, JournalError::Torn(_)), "{length}: {strict}");
        assert_eq!(strict.complaint().record, whole as u64);
        let torn = parse("f.journal", &bytes[..length], true).expect("a torn tail");
        assert_eq!(torn.records.len(), whole);
        assert_eq!(torn.cut.map(|cut| (cut.byte, cut.bytes)), Some((bounds[whole] as u64, tail as u64)));

        fs::write(&scratch.0, &bytes[..length]).expect("a file");
        let mut journal = Journal::reopen(&scratch.0).expect("recovered");
        fill(&mut journal, 50..53).expect("records");
        journal.finish().expect("an end");
        drop(journal);
        let again = open(&scratch.0, false).expect("whole again");
        let cut = (tail > 0).then_some(Body::Cut { bytes: tail as u64 });
        let expected = torn.records.iter().map(|record| record.body.clone()).chain(cut).chain((50..53).map(body));
        assert_eq!(bodies(&again)[..again.records.len() - 1], expected.collect::<Vec<_>>());
    }
}

/// I10: after a power loss the file may be longer than what reached it.
#[test]
fn zeros_after_the_tail_are_a_torn_tail_and_zeros_before_it_are_damage() {
    let bytes = finished(12);
    let bounds = bounds(&bytes);
    for at in bounds[1]..bytes.len() - 1 {
        let whole = bounds.iter().filter(|bound| **bound <= at).count() - 1;
        let mut zeroed = bytes.clone();
        zeroed[at..].fill(0);
        zeroed.resize(bytes.len() + 4096, 0);
        let found = parse("f.journal", &zeroed, true).unwrap_or_else(|error| panic!("cut at {at}: {error}"));
        assert!((whole..=whole + 1).contains(&found.records.len()), "a record may end in zeros of its own");
    }
    let mut damaged = bytes.clone();
    damaged[bounds[3]..bounds[4]].fill(0);
    let error = parse("f.journal", &damaged, true).expect_err("damage in the middle");
    assert_eq!(error.complaint().record, 3);
}

/// I11, I12: whichever write fails, the writer says so, says so again, and what it had finished
/// before is still there.
#[test]
fn a_failing_disk_stops_the_journal_and_never_the_program() {
    for successes in 0..400 {
        let disk = Memory::failing_after(successes);
        let mut journal = Journal::to_disk("f.journal", Box::new(disk.clone()));
        let mut durable = 0;
        let outcome = journal.append(Timestamp(0), 0, &Body::Header(Box::new(header()))).and_then(|_| {
            for number in 1..20 {
                fill(&mut journal, number..number + 1)?;
                journal.sync()?;
                durable = number + 1;
            }
            journal.finish().map(drop)
        });
        let Err(error) = outcome else {
            assert!(parse("f.journal", &disk.bytes(), false).is_ok());
            assert!(successes > 100, "the disk was really asked that often");
            return;
        };
        assert!(matches!(error, JournalError::Write(_)), "{error}");
        let again = journal.append(Timestamp(0), 0, &body(1)).expect_err("it stays failed");
        assert!(matches!(again, JournalError::Ended(_)), "{again}");
        drop(journal);
        if durable > 0 {
            let found = parse("f.journal", &disk.bytes(), true).expect("what was durable");
            assert!(found.records.len() as u64 >= durable, "{} of {durable} after {successes}", found.records.len());
        }
    }
    panic!("400 writes were not enough to finish");
}

#[test]
fn a_journal_has_one_writer_and_overwrites_only_journals() {
    let scratch = Scratch::new("writer", b"");
    let first = Journal::to_file(&scratch.0).expect("an empty file");
    assert!(matches!(Journal::to_file(&scratch.0), Err(JournalError::Write(_))), "locked");
    drop(first);
    fs::write(&scratch.0, finished(3)).expect("a file");
    assert!(matches!(Journal::reopen(&scratch.0), Err(JournalError::Ended(_))));
    drop(Journal::to_file(&scratch.0).expect("a journal is overwritten"));
    fs::write(&scratch.0, "[package]").expect("a file");
    assert!(matches!(Journal::to_file(&scratch.0), Err(JournalError::Write(_))));
    assert_eq!(fs::read(&scratch.0).expect("untouched"), b"[package]");
    fs::remove_file(&scratch.0).expect("it was just written");
    fs::create_dir(&scratch.0).expect("a folder");
    let refused = Journal::to_file(&scratch.0).err().map(|error| error.complaint().found.clone());
    fs::remove_dir(&scratch.0).expect("it was just made");
    assert_eq!(refused.as_deref(), Some("something that is not a regular file"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Any one changed byte is found, with and without `torn`, and at or after the record before it.
    #[test]
    fn one_changed_byte_is_always_found(at in any::<prop::sample::Index>(), flip in 1_u8..) {
        let mut bytes = finished(20);
        let at = at.index(bytes.len());
        let record = bounds(&bytes).iter().filter(|bound| **bound <= at).count() as u64;
        bytes[at] ^= flip;
        let error = parse("f.journal", &bytes, false).expect_err("changed");
        prop_assert_eq!(error.complaint().record, record.saturating_sub(1));
        prop_assert!(parse("f.journal", &bytes, true).is_err());
    }

    /// Garbage is refused, never a panic.
    #[test]
    fn garbage_is_refused(garbage in prop::collection::vec(any::<u8>(), 0..300), keep in 0_usize..200) {
        let mut bytes = finished(4);
        bytes.truncate(keep);
        bytes.extend(garbage);
        prop_assert!(parse("f.journal", &bytes, false).is_err());
        let _ = parse("f.journal", &bytes, true);
    }
}
