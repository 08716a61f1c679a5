//! What the machine says: how many cores, how much memory, how long, and when. None of it is part of a result.
#![expect(clippy::disallowed_types, reason = "told beside results, and no part of them")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use seatrial::market::Timestamp;

/// How many threads can run at once.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The most memory the program had, where the system says so.
pub fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kilobytes.map_or_else(String::new, |kilobytes| format!(", {} MB in all", kilobytes / 1_000))
}

/// Does something, and says how long it took.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

/// The time by the calendar of people.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
