//! What the rows in Rust share: CPU time of the process, the median of laps, one line of the table that `measure.py` prints.

use std::fs::read_to_string;

/// User and system seconds of this process, all threads, and its peak memory in MiB.
pub fn usage() -> (f64, f64) {
    // SAFETY: the call fills a plain struct that lives here; all zeros is a value of it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_SELF, &mut usage), 0, "the system says what it used");
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    (seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss as f64 / 1024.0)
}

/// Seconds of each of `run(prepare())`, ascending; `prepare` and dropping are not counted.
pub fn laps<T>(times: usize, mut prepare: impl FnMut() -> T, mut run: impl FnMut(&mut T)) -> Vec<f64> {
    let mut seconds: Vec<f64> = (0..times)
        .map(|_| {
            let mut prepared = prepare();
            let start = usage().0;
            run(&mut prepared);
            usage().0 - start
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds
}

/// Prints a row of the table.
pub fn line(row: &str, peer: &str, version: &str, work: &str, seconds: &[f64], count: usize, unit: &str) {
    let (least, most) = (seconds[0], seconds[seconds.len() - 1]);
    let median = seconds[seconds.len() / 2];
    let rate = count as f64 / median;
    let rate = if rate >= 1e6 { format!("{:.3} M", rate / 1e6) } else { format!("{:.1} k", rate / 1e3) };
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "| {row} | {peer} | {version} | {work} | {median:.4} s ({least:.4} to {most:.4}, {} laps) | {rate} {unit}/s | {:.0} MiB | {} |",
        seconds.len(),
        usage().1,
        load.split(' ').next().unwrap_or("?"),
    );
}
