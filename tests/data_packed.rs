//! Packed files are read as they are: gzip, zstd and zip give the tape that the text gives.
#![cfg(feature = "simulator")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use seatrial::data::{ImportOptions, TapeHash, import};

const BARS: &[u8] = b"time,open,high,low,close,volume\n1583020800,2,4,1,3,5\n1583020860,3,3,2,2,7\n";
const OTHER: &[u8] = b"time,open,high,low,close,volume\n1583020800,2,4,1,3,6\n";

fn written(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("data_packed");
    fs::create_dir_all(&folder).expect("the target directory takes a folder");
    let path = folder.join(name);
    fs::write(&path, bytes).expect("the target directory takes a file");
    path
}

fn hash(name: &str, bytes: &[u8], member: Option<&str>) -> TapeHash {
    let options = ImportOptions { member: member.map(str::to_owned), ..ImportOptions::default() };
    import(&written(name, bytes), &options).unwrap_or_else(|bad| panic!("{name}: {bad}")).hash
}

fn zipped(method: zip::CompressionMethod, members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        archive.start_file(*name, options).expect("an archive takes a file");
        archive.write_all(bytes).expect("an archive takes bytes");
    }
    archive.finish().expect("an archive can be closed").into_inner()
}

#[test]
fn packing_changes_nothing() {
    use zip::CompressionMethod::{Deflated, Stored};
    let plain = hash("plain.csv", BARS, None);
    let mut frames = zstd::encode_all(&BARS[..40], 3).expect("bytes can be packed");
    frames.extend(zstd::encode_all(&BARS[40..], 3).expect("bytes can be packed"));
    assert_eq!(hash("two-frames.csv.zst", &frames, None), plain);
    assert_eq!(hash("told-by-content.csv", &frames, None), plain);
    assert_eq!(hash("stored.zip", &zipped(Stored, &[("a.csv", BARS)]), None), plain);
    let several = zipped(Deflated, &[("folder/a.csv", BARS), ("b.csv", OTHER)]);
    assert_eq!(hash("deflated.zip", &zipped(Deflated, &[("a.csv", BARS)]), None), plain);
    assert_eq!(hash("several.zip", &several, Some("folder/a.csv")), plain);
    assert_ne!(hash("several.zip", &several, Some("b.csv")), plain);
}

#[test]
fn a_member_that_is_not_there_is_refused_with_the_names_that_are() {
    let several = written("names.zip", &zipped(zip::CompressionMethod::Stored, &[("a.csv", BARS), ("b.csv", OTHER)]));
    let wanted = ImportOptions { member: Some("c.csv".to_owned()), ..ImportOptions::default() };
    let bad = import(&several, &wanted).expect_err("no such member");
    assert_eq!((bad.code, &*bad.found, &*bad.allowed), ("E-MD-081", "\"c.csv\"", "\"a.csv\", \"b.csv\""));
}

/// A packed file cut anywhere is refused; one with a byte changed is refused or gives the same tape.
#[test]
fn damage_is_never_taken_for_data() {
    let plain = hash("sound.csv", BARS, None);
    let packed = [
        ("cut.csv.zst", false, zstd::encode_all(BARS, 3).expect("bytes can be packed")),
        ("cut.zip", true, zipped(zip::CompressionMethod::Deflated, &[("a.csv", BARS)])),
    ];
    for (name, has_checksum, bytes) in packed {
        for length in 0..bytes.len() {
            let path = written(name, &bytes[..length]);
            assert!(import(&path, &ImportOptions::default()).is_err(), "{name} cut at {length}");
        }
        for at in 0..bytes.len() {
            let mut touched = bytes.clone();
            touched[at] ^= 0x55;
            let path = written(name, &touched);
            let found = import(&path, &ImportOptions::default());
            // A zip member has a checksum; a zstd frame need not have one.
            let sound = found.is_err() || found.is_ok_and(|tape| tape.hash == plain) || !has_checksum;
            assert!(sound, "{name} touched at {at}");
        }
    }
}
