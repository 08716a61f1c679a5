//! The 64-bit digest of a run: equal runs have equal digests, whoever ran them and whether or not
//! the journal was kept.
//!
//! The fold is ours and stable for ever. Starting from [`Digest::START`], each record contributes
//! the number of its bytes and then its bytes as little-endian 64-bit words, the last one padded
//! with zeros. A word `w` turns the state `s` into
//!
//! ```text
//! m = (s xor w) × 0x9E3779B97F4A7C15   (mod 2^64)
//! s = m xor (m >> 32)
//! ```
//!
//! Both steps can be undone, so two runs that differ in one word differ from there on until
//! another difference happens to cancel it. It is a check against accident, not against intent:
//! for that a journal on disk has its SHA-256 chain.

/// A running digest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digest(u64);

impl Digest {
    /// Where every digest starts: the ASCII text `seatrial`.
    pub const START: u64 = u64::from_le_bytes(*b"seatrial");
    /// The odd multiplier of the fold.
    const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

    /// The digest of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(Self::START)
    }

    /// Folds the bytes of one record in.
    pub fn fold(&mut self, bytes: &[u8]) {
        let mut state = mix(self.0, bytes.len() as u64);
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            state = mix(state, u64::from_le_bytes(word.try_into().expect("a chunk of eight")));
        }
        let rest = words.remainder();
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            state = mix(state, u64::from_le_bytes(last));
        }
        self.0 = state;
    }

    /// A digest to go on from.
    #[must_use]
    pub const fn resumed(value: u64) -> Self {
        Self(value)
    }

    /// The digest of everything folded so far.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}

const fn mix(state: u64, word: u64) -> u64 {
    let product = (state ^ word).wrapping_mul(Digest::MULTIPLIER);
    product ^ (product >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(records: &[&[u8]]) -> u64 {
        let mut digest = Digest::new();
        for record in records {
            digest.fold(record);
        }
        digest.value()
    }

    /// These values are promised for ever: a changed fold makes every recorded digest worthless.
    #[test]
    fn the_fold_never_changes() {
        let check = |records: &[&[u8]], expected: u64| assert_eq!(digest(records), expected, "{records:?}");
        check(&[], 0x6c61_6972_7461_6573);
        check(&[b""], VECTORS[0]);
        check(&[b"a"], VECTORS[1]);
        check(&[b"12345678"], VECTORS[2]);
        check(&[b"123456789"], VECTORS[3]);
        check(&[b"a", b"b"], VECTORS[4]);
    }

    /// Computed outside this program from the definition in the module comment.
    const VECTORS: [u64; 5] = [
        0x3eed_b759_27b2_b136,
        0x3789_141e_263d_946a,
        0x267c_6a0d_2c92_6e32,
        0x0cda_728f_0537_b507,
        0x8b00_d8d5_fd1d_2df7,
    ];

    #[test]
    fn where_a_record_ends_matters() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_ne!(digest(&[b"a"]), digest(&[b"a\0"]));
        assert_ne!(digest(&[b"a", b"b"]), digest(&[b"b", b"a"]));
    }
}
