//! One line of a capture: the recorder's time, if it is there, and the frame.

use super::message::{Message, Venue, stranger};
use super::{kraken, okx};
use crate::bad_input::{BadInput, quoted};
use crate::data::fault::{TIME, TIME_RANGE};
use crate::data::number::Number;
use crate::data::source::Line;
use crate::data::time::in_range;
use crate::market::Timestamp;

const NOTES: [&str; 2] = ["wss://", "configuration: "];

/// Whether a text begins like a line of a capture.
pub(crate) fn looks_like_one(start: &[u8]) -> bool {
    let (head, json) = halves(start);
    let stamped = head.len() >= 10 && head.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    NOTES.iter().any(|note| start.starts_with(note.as_bytes()))
        || start.starts_with(b"{\"")
        || start.starts_with(b"[") && start.get(1).is_some_and(u8::is_ascii_digit)
        || stamped && matches!(json, [b' ', b'{' | b'[', ..])
}

/// What stands before the first colon, and after it.
fn halves(start: &[u8]) -> (&[u8], &[u8]) {
    match start.iter().position(|byte| *byte == b':') {
        Some(at) => (&start[..at], &start[at + 1..]),
        None => (&[], start),
    }
}

/// A frame, when the recorder had it, and whose it is; a note is nobody's.
pub(crate) type Taken<'a> = (Option<Timestamp>, Message<'a>, Option<Venue>);

/// Takes a line apart.
pub(crate) fn read(line: Line<'_>) -> Result<Taken<'_>, BadInput> {
    if line.text.is_empty() || NOTES.iter().any(|note| line.text.starts_with(note)) {
        return Ok((None, Message::Note, None));
    }
    if line.text.starts_with(['{', '[']) {
        let (message, venue) = frame(line, line.text)?;
        return Ok((None, message, venue));
    }
    let (time, json) = line.text.split_once(": ").unwrap_or((line.text, ""));
    let complain = |code, allowed: &str| line.complain(code, time, quoted(time), allowed).field("local");
    let count = Number::parse(time).map_err(|_| complain(TIME, "seconds since 1970, a colon, and a JSON frame"))?;
    let local = count.at(9).and_then(in_range);
    let local = local.ok_or_else(|| complain(TIME_RANGE, "seconds from 2000-01-01 to 2100-01-01 UTC"))?;
    let (message, venue) = frame(line, json)?;
    Ok((Some(local), message, venue))
}

fn frame<'a>(line: Line<'_>, json: &'a str) -> Result<(Message<'a>, Option<Venue>), BadInput> {
    if json.starts_with('[') {
        return Ok((kraken::array(line, json)?, Some(Venue::Kraken)));
    }
    let keys = Keys::of(json);
    match keys {
        Keys::Kraken => Ok((kraken::object(line, json)?, Some(Venue::Kraken))),
        Keys::Okx => Ok((okx::object(line, json)?, Some(Venue::Okx))),
        Keys::Reply => Ok((Message::Note, None)),
        Keys::Strange => {
            // What is no JSON is told so first.
            super::message::parse::<serde::de::IgnoredAny>(line, json)?;
            Err(stranger(line, json))
        }
    }
}

/// Whose keys a frame has.
#[derive(Clone, Copy)]
enum Keys {
    Kraken,
    Okx,
    Reply,
    Strange,
}

#[derive(serde::Deserialize)]
struct Head {
    arg: Option<serde::de::IgnoredAny>,
    channel: Option<serde::de::IgnoredAny>,
    method: Option<serde::de::IgnoredAny>,
    event: Option<serde::de::IgnoredAny>,
    data: Option<serde::de::IgnoredAny>,
    op: Option<serde::de::IgnoredAny>,
}

impl Keys {
    fn of(json: &str) -> Self {
        let Ok(head) = serde_json::from_str::<Head>(json) else { return Self::Strange };
        if head.event.is_some() || head.op.is_some() {
            return Self::Reply;
        }
        if head.arg.is_some() && head.data.is_some() {
            return Self::Okx;
        }
        if head.channel.is_some() || head.method.is_some() { Self::Kraken } else { Self::Strange }
    }
}
