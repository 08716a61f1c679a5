//! A bounded swarm: a few hours of trading under faults on every test run. CI runs more of the same
//! by `seatrial run --swarm`.

use seatrial::swarm::{Case, try_case};

#[test]
fn a_few_cases_hold_every_law() {
    let seeds = std::env::var("SWARM").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    let (mut hours, mut counted) = (0, 0);
    let started = std::time::Instant::now();
    for seed in 1..=seeds {
        let case = Case::draw(seed);
        let came = try_case(&case);
        hours += came.hours.all;
        counted += came.hours.counted;
        println!("{seed}: {:?} records {} {:?} {:?}", came.hours, came.records.len(), case.contract, case.market.0);
        for finding in &came.findings {
            println!("  {finding}");
        }
    }
    println!("{hours} hours, {counted} counted in {:?}", started.elapsed());
}
