//! Many runs on all cores, collected by number: how many hands there are changes nothing of what comes of them.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::cli::output::Output;

/// Does each of so many things, and tells on a terminal how far it is.
pub fn each<T: Send>(
    many: usize,
    threads: usize,
    (what, output): (&str, &Output),
    one: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(many)));
    let shows = std::io::stderr().is_terminal() && !output.is_quiet();
    thread::scope(|scope| {
        for _ in 0..threads.min(many) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= many {
                        return;
                    }
                    let came = one(number);
                    let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    done.push((number, came));
                    if shows {
                        let _ = write!(std::io::stderr(), "\r{what}: {} of {many}", done.len());
                    }
                }
            });
        }
    });
    if shows {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, came)| came).collect()
}
