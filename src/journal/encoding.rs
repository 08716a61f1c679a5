//! A record's bytes: its number, its time and the cursor, then what it holds, as postcard writes them.

use postcard::ser_flavors::Flavor;

use super::record::Body;
use crate::market::Timestamp;

/// Encodes a record into `scratch` and returns where the digested part of it begins: the number
/// comes first and is left out, since the order of folding says it already.
pub(super) fn encode(seq: u64, now: Timestamp, cursor: u64, body: &Body, scratch: &mut Vec<u8>) -> usize {
    let mut head = [0; 3 * LONGEST_NUMBER];
    let start = put(seq, &mut head, 0);
    // A signed number alternates about zero: 0, -1, 1, -2.
    let end = put(((now.0 << 1) ^ (now.0 >> 63)).cast_unsigned(), &mut head, start);
    let end = put(cursor, &mut head, end);
    scratch.clear();
    scratch.extend_from_slice(&head[..end]);
    postcard::serialize_with_flavor(body, Scratch(scratch)).expect("plain data has an encoding");
    start
}

/// Bytes of the longest number.
const LONGEST_NUMBER: usize = 10;

/// Writes a number at a place as postcard does, seven bits to a byte and the lowest first; where it ends. Three of them
/// stand before every record, and postcard takes a call for each.
fn put(mut number: u64, to: &mut [u8], mut at: usize) -> usize {
    while number >= 0x80 {
        to[at] = number.to_le_bytes()[0] | 0x80;
        number >>= 7;
        at += 1;
    }
    to[at] = number.to_le_bytes()[0];
    at + 1
}

/// Lets postcard append to a buffer that is used again.
struct Scratch<'a>(&'a mut Vec<u8>);

impl Flavor for Scratch<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        // Most are numbers of a byte or two.
        match bytes {
            [byte] => self.0.push(*byte),
            [first, second] => self.0.extend([*first, *second]),
            _ => self.0.extend_from_slice(bytes),
        }
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands before a record is as postcard writes it.
    #[test]
    fn numbers_are_written_as_postcard_writes_them() {
        let times = [0, 1, -1, 63, 64, -64, -65, 1_704_067_200_000_000_000, i64::MIN, i64::MAX];
        for (seq, now) in
            [0, 1, 127, 128, 16_383, 16_384, u64::MAX].into_iter().flat_map(|seq| times.map(|now| (seq, now)))
        {
            let (mut scratch, wake) = (Vec::new(), Body::Wake(Timestamp(now)));
            let start = encode(seq, Timestamp(now), seq / 3, &wake, &mut scratch);
            let expected = postcard::to_stdvec(&(seq, Timestamp(now), seq / 3, &wake)).expect("plain data");
            assert_eq!((scratch, start), (expected, postcard::to_stdvec(&seq).expect("a number").len()));
        }
    }
}
