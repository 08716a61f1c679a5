//! The latencies of a recording's messages: exact quantiles in bounded memory.
//!
//! A million are kept and sorted. Of more, the range is known, and the wanted ranks are found by
//! counting: each pass over the recording narrows the range in which a rank lies to a 65,536th.

use super::info::Latency;
use super::recording::{Record, Recording};
use crate::bad_input::BadInput;

const KEPT_MAX: usize = 1 << 20;
const BUCKETS: i128 = 1 << 16;

/// Latencies as they come.
#[derive(Debug, Default)]
pub(crate) struct Latencies {
    kept: Vec<i64>,
    count: u64,
    range: Option<(i64, i64)>,
}

impl Latencies {
    pub(crate) fn add(&mut self, latency_ns: i64) {
        self.count += 1;
        self.range = Some(
            self.range.map_or((latency_ns, latency_ns), |(least, most)| (least.min(latency_ns), most.max(latency_ns))),
        );
        if self.kept.len() < KEPT_MAX {
            self.kept.push(latency_ns);
        }
    }

    /// The first million.
    pub(crate) fn take(&mut self) -> Vec<i64> {
        std::mem::take(&mut self.kept)
    }

    /// Shortest, longest, median and 99th percentile of the latencies of this recording.
    pub(crate) fn summed_up(&mut self, recording: &mut Recording) -> Result<Option<Latency>, BadInput> {
        let Some((min_ns, max_ns)) = self.range else { return Ok(None) };
        if self.count <= u64::try_from(KEPT_MAX).expect("a million fits") {
            return Ok(Latency::exactly(self.take()));
        }
        self.kept = Vec::new();
        let mut rank = |percent: u64| {
            let rank = (u128::from(self.count) * u128::from(percent)).div_ceil(100).max(1);
            nth(recording, rank, (min_ns, max_ns))
        };
        Ok(Some(Latency { min_ns, median_ns: rank(50)?, p99_ns: rank(99)?, max_ns }))
    }
}

/// The latency of that rank, from 1, which lies in the range.
fn nth(recording: &mut Recording, mut rank: u128, range: (i64, i64)) -> Result<i64, BadInput> {
    let (mut least, mut most) = (i128::from(range.0), i128::from(range.1));
    while least < most {
        let width = (most - least) / BUCKETS + 1;
        let mut counts = vec![0_u128; usize::try_from(BUCKETS).expect("65,536 fits")];
        recording.each(|record| {
            let latency = match record {
                Record::Row(row) if row.last() => Some(row.latency()),
                Record::Order(row) if row.last() => Some(row.latency()),
                Record::Row(_) | Record::Order(_) | Record::Bar(_) => None,
            };
            if let Some(latency) = latency.map(|span| i128::from(span.0)).filter(|ns| (least..=most).contains(ns)) {
                counts[usize::try_from((latency - least) / width).expect("within the range")] += 1;
            }
            Ok(())
        })?;
        let mut bucket = 0;
        for (at, count) in (0_i128..).zip(counts) {
            if rank <= count {
                bucket = at;
                break;
            }
            rank -= count;
        }
        most = most.min(least + bucket * width + width - 1);
        least += bucket * width;
    }
    Ok(i64::try_from(least).expect("between two latencies"))
}
