//! Broken journals: each is refused with a line that names the record, the byte and the field.
#![cfg(feature = "simulator")]

mod journal_kit;

use std::fmt::Write as _;

use expect_test::expect_file;
use journal_kit::{FILE_HEAD, FRAME_HEAD, bounds, finished, header};
use seatrial::journal::{Body, Closing, Header, Record, parse};
use seatrial::market::{AssetId, FeeAsset, Money, Price, Timestamp};
use sha2::{Digest as _, Sha256};

/// Frames a payload anew with right checksums, as somebody would who alters a journal with care.
fn reframed(payload: &[u8], link: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("small").to_le_bytes();
    [&length[..], &crc32fast::hash(&length).to_le_bytes(), &crc32fast::hash(payload).to_le_bytes(), link, payload]
        .concat()
}

/// A journal with right lengths, checksums and links around any payloads: the file format written
/// down a second time.
fn forge(payloads: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = [&b"seatrial-jrn"[..], &3_u32.to_le_bytes()].concat();
    let mut chain = Sha256::digest(&bytes);
    for payload in payloads {
        chain = Sha256::new().chain_update(chain).chain_update(payload).finalize();
        bytes.extend(reframed(payload, &chain[..8]));
    }
    bytes
}

/// Ways to be broken that only a forger with right checksums can bring about.
fn forged() -> Vec<(&'static str, Vec<u8>)> {
    let whole = finished(8);
    let payloads: Vec<Vec<u8>> =
        bounds(&whole).windows(2).map(|pair| whole[pair[0] + FRAME_HEAD..pair[1]].to_vec()).collect();
    assert_eq!(forge(&payloads), whole, "the format is what the test says it is");
    let with = |n: usize, payload: Vec<u8>| {
        let mut payloads = payloads.clone();
        payloads[n] = payload;
        forge(&payloads)
    };
    let closing = |change: &dyn Fn(&mut Closing)| {
        let mut record: Record = postcard::from_bytes(&payloads[8]).expect("a closing record");
        let Body::Close(closing) = &mut record.body else { panic!("not a closing record") };
        change(closing);
        with(8, postcard::to_stdvec(&record).expect("plain data"))
    };
    let headed = |change: &dyn Fn(&mut Header)| {
        let mut header = header();
        change(&mut header);
        let record = Record { seq: 0, now: Timestamp(0), cursor: 0, body: Body::Header(Box::new(header)) };
        with(0, postcard::to_stdvec(&record).expect("plain data"))
    };
    let renumbered = |payload: &[u8], seq: u8| [&[seq], &payload[1..]].concat();
    vec![
        ("wrong count in the closing record", closing(&|closing| closing.records = 9)),
        ("wrong digest in the closing record", closing(&|closing| closing.digest ^= 1)),
        ("no chain in the closing record", closing(&|closing| closing.chain = None)),
        ("record removed and the rest renumbered", {
            let mut rest = payloads.clone();
            rest.remove(3);
            let count = rest.len();
            for (seq, payload) in rest.iter_mut().enumerate().take(count - 1) {
                *payload = renumbered(payload, u8::try_from(seq).expect("small"));
            }
            rest[count - 1] = renumbered(&rest[count - 1], u8::try_from(count - 1).expect("small"));
            forge(&rest)
        }),
        ("body of an unknown kind", with(3, vec![3, 0, 0, 99])),
        ("bytes after a body", with(3, [&payloads[3][..], &[0, 0]].concat())),
        ("second header", with(3, renumbered(&payloads[0], 3))),
        ("first record is not a header", with(0, renumbered(&payloads[1], 0))),
        ("account currency not in the table", headed(&|header| header.account = AssetId(7))),
        ("instrument without a price unit", headed(&|header| header.instruments[0].price_unit = "0".into())),
        (
            "instrument with an unreadable unit",
            headed(&|header| header.instruments[0].qty_unit = "1e\n\u{1b}[2J".into()),
        ),
        ("instrument without rules", headed(&|header| header.instruments[0].timeline.clear())),
        ("instrument with tick 0", headed(&|header| header.instruments[0].timeline[0].tick = Price(0))),
        (
            "fee asset with too many decimals",
            headed(&|header| {
                let (asset, scale, price) = (AssetId(0), u32::MAX, Money::ZERO);
                header.instruments[0].timeline[0].fees.asset = FeeAsset::Third { asset, scale, price };
            }),
        ),
        ("asset with 40 decimals", headed(&|header| header.assets[0].scale = 40)),
    ]
}

/// Every way a journal may be broken, by name, made from a whole one of eight records and a closing.
fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let whole = finished(8);
    let at = bounds(&whole);
    let record = |n: usize| whole[at[n]..at[n + 1]].to_vec();
    let records = |order: &[usize]| {
        let order = order.iter().flat_map(|n| record(*n));
        whole[..FILE_HEAD].iter().copied().chain(order).collect::<Vec<u8>>()
    };
    let edit = |place: usize, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        let mut tail = bytes.split_off(place);
        change(&mut tail);
        bytes.extend(tail);
        bytes
    };
    let flip = |place: usize| edit(place, &|tail| tail[0] ^= 0x10);
    let forged = |n: usize, change: &dyn Fn(&mut Vec<u8>)| {
        let old = record(n);
        let mut payload = old[FRAME_HEAD..].to_vec();
        change(&mut payload);
        [&whole[..at[n]], &reframed(&payload, &old[12..FRAME_HEAD]), &whole[at[n + 1]..]].concat()
    };
    let last = at.len() - 2;
    vec![
        ("empty", Vec::new()),
        ("wrong magic", edit(0, &|head| head[..4].copy_from_slice(b"PAR1"))),
        ("older version", edit(12, &|head| head[0] = 2)),
        ("newer version", edit(12, &|head| head[0] = 4)),
        ("torn head", whole[..9].to_vec()),
        ("torn version", whole[..14].to_vec()),
        ("torn header record", whole[..at[0] + 30].to_vec()),
        ("no header record", whole[..FILE_HEAD].to_vec()),
        ("torn tail", whole[..at[5] + 11].to_vec()),
        ("torn closing record", whole[..whole.len() - 1].to_vec()),
        ("missing closing record", whole[..at[last]].to_vec()),
        ("flipped bit in a length", flip(at[4])),
        ("flipped bit in a length check", flip(at[4] + 4)),
        ("flipped bit in a crc", flip(at[4] + 8)),
        ("flipped bit in a link of the chain", flip(at[4] + 12)),
        ("flipped bit in a payload", flip(at[4] + 22)),
        ("flipped bit in the closing record", flip(whole.len() - 3)),
        (
            "huge length",
            edit(at[4], &|tail| {
                tail[..4].fill(0xff);
                tail[4..8].copy_from_slice(&crc32fast::hash(&[0xff; 4]).to_le_bytes());
            }),
        ),
        (
            "length of zero",
            edit(at[4], &|tail| {
                tail[..4].fill(0);
                tail[4..8].copy_from_slice(&crc32fast::hash(&[0; 4]).to_le_bytes());
            }),
        ),
        ("zeros in the middle", edit(at[3], &|tail| tail[..24].fill(0))),
        ("swapped records", records(&[0, 1, 2, 4, 3, 5, 6, 7, 8])),
        ("doubled record", records(&[0, 1, 2, 3, 3, 4, 5, 6, 7, 8])),
        ("missing record", records(&[0, 1, 2, 4, 5, 6, 7, 8])),
        ("missing header", records(&[1, 2, 3, 4, 5, 6, 7, 8])),
        ("altered with a right crc", forged(2, &|payload| *payload.last_mut().expect("not empty") ^= 1)),
        ("data after the closing record", [&whole[..], &record(3)].concat()),
        ("zeros after the closing record", [&whole[..], &[0; 64]].concat()),
        ("two journals in one file", [&whole[..], &whole[..]].concat()),
    ]
}

#[test]
fn every_broken_journal_names_its_record() {
    let mut messages = String::new();
    for (name, bytes) in broken().into_iter().chain(forged()) {
        let error = parse("f.journal", &bytes, false).expect_err(name);
        let torn = match parse("f.journal", &bytes, true) {
            Ok(file) => format!("{} records", file.records.len()),
            Err(error) => error.complaint().field.clone() + " refused",
        };
        writeln!(messages, "{name}\n    {error}\n    --torn: {torn}").expect("a String takes every write");
    }
    expect_file!["broken_journals/messages.txt"].assert_eq(&messages);
}
