//! What is said of cases of the swarm, to people and to programs: the same of both.

use serde_json::{Map, Value, json};

use seatrial::swarm::{Breach, Came, Case, Finding, Reached, Total};

/// A batch of cases, as it ended.
pub struct Batch<'a> {
    /// The seed of their seeds.
    pub base: u64,
    /// Hours asked for.
    pub asked: u64,
    /// Hands that worked.
    pub hands: usize,
    /// Seconds it took.
    pub seconds: u64,
    /// What it came to.
    pub total: &'a Total,
}

/// What a case is and came to, for people.
pub fn told(case: &Case, came: &Came) -> Vec<String> {
    let (mood, contract) = (case.market.0.name(), case.contract);
    vec![
        format!("swarm case {}: {} {mood}, {contract:?}, {} min", case.seed, case.pair.grid()[0], case.minutes),
        format!("  faults      {}", kinds(case).join(", ")),
        format!(
            "  hours       {} of {} count, {} events, {} faults injected",
            came.hours.counted, came.hours.all, came.hours.events, came.faults
        ),
        format!("  probes      {} reached", came.reached.iter().count()),
        format!("  digest      {:016x}", came.digest),
        format!("  found       {}", came.findings.len()),
        format!("  again       {}", rerun(case, came)),
    ]
}

/// The same for programs.
pub fn document(case: &Case, came: &Came, shrunk: Option<&Value>) -> Value {
    json!({
        "seed": case.seed, "symbol": case.pair.grid()[0], "mood": case.market.0.name(),
        "contract": format!("{:?}", case.contract).to_lowercase(), "minutes": case.minutes,
        "fault_kinds": kinds(case), "hours": came.hours.counted, "hours_simulated": came.hours.all,
        "events": came.hours.events, "faults": came.faults, "digest": format!("{:016x}", came.digest),
        "probes": probes(&came.reached), "found": found(&came.findings), "shrunk": shrunk, "rerun": rerun(case, came),
    })
}

impl Batch<'_> {
    /// What a batch came to, for people.
    pub fn told(&self) -> Vec<String> {
        let Self { base, hands, seconds, total, .. } = self;
        let mut lines = vec![format!("swarm of base {base}: {} cases on {hands} hands in {seconds} s", total.cases)];
        lines.push(format!(
            "  hours       {} simulated hours count, {} were simulated; {} events reached the core, {} faults were injected",
            total.hours.counted, total.hours.all, total.hours.events, total.faults
        ));
        let broken = |(law, (cases, seeds)): (&&str, &(u64, Vec<u64>))| {
            let seeds: Vec<String> = seeds.iter().map(u64::to_string).collect();
            format!("  broken      {law} in {cases} cases, of seeds {}", seeds.join(", "))
        };
        lines.extend(total.broken.iter().map(broken));
        lines.push("  probes reached:".to_owned());
        lines.extend(total.reached.iter().map(|(probe, times)| format!("    {times:>9}  {probe}")));
        lines
    }

    /// The same for programs, with the first case that broke a law.
    pub fn document(&self, breach: Option<&Breach>, shrunk: Option<&Value>) -> Value {
        let Self { base, asked, hands, seconds, total } = self;
        let broken =
            |(law, (cases, seeds)): (&&str, &(u64, Vec<u64>))| json!({ "law": law, "cases": cases, "seeds": seeds });
        let first = |Breach { case, came }: &Breach| json!({ "seed": case.seed, "digest": format!("{:016x}", came.digest), "rerun": rerun(case, came) });
        json!({
            "base": base, "cases": total.cases, "hours": total.hours.counted, "hours_simulated": total.hours.all,
            "events": total.hours.events, "faults": total.faults, "seconds": seconds, "hands": hands,
            "probes": probes(&total.reached), "broken": total.broken.iter().map(broken).collect::<Vec<_>>(),
            "found": breach.map_or_else(Vec::new, |breach| found(&breach.came.findings)),
            "found_in": breach.map(first), "shrunk": shrunk,
            "rerun": format!("seatrial run --swarm --seed {base} --hours {asked}"),
        })
    }
}

/// The line that runs a case again; one with a finding is told up to it.
pub fn rerun(case: &Case, came: &Came) -> String {
    let again = format!("seatrial run --swarm --seed {}", case.seed);
    if came.findings.is_empty() {
        return again;
    }
    let until = came.findings.iter().find_map(|finding| finding.record);
    again + &until.map_or_else(String::new, |record| format!(" --until {record}")) + " --trace"
}

/// Findings for programs.
pub fn found(findings: &[Finding]) -> Vec<Value> {
    let one = |Finding { law, record, text }: &Finding| json!({ "law": law, "record": record, "text": text });
    findings.iter().map(one).collect()
}

fn kinds(case: &Case) -> Vec<&'static str> {
    case.faults.iter().map(|fault| fault.kind.name()).collect()
}

fn probes(reached: &Reached) -> Map<String, Value> {
    reached.iter().map(|(probe, times)| (probe.to_owned(), times.into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use seatrial::swarm::Hours;

    fn breach() -> Breach {
        let one = |law, record, text: &str| Finding { law, record, text: text.to_owned() };
        let findings = vec![one("panic", None, "a word"), one("R1", Some(41), "too much")];
        let hours = Hours { counted: 2, all: 3, events: 4_000 };
        let (faults, injected, reached, records) = (5, Vec::new(), Reached::default(), Vec::new());
        Breach { case: Case::draw(7), came: Came { findings, hours, faults, injected, reached, digest: 255, records } }
    }

    /// A program is told of a case and its findings what a person is, law by law.
    #[test]
    fn findings_are_told_with_law_record_and_text() {
        let Breach { case, came } = breach();
        let made = document(&case, &came, Some(&json!("a file")));
        let findings = json!([
            { "law": "panic", "record": null, "text": "a word" },
            { "law": "R1", "record": 41, "text": "too much" },
        ]);
        assert_eq!((&made["found"], &made["shrunk"]), (&findings, &json!("a file")));
        assert_eq!(made["rerun"], "seatrial run --swarm --seed 7 --until 41 --trace");
        assert_eq!((&made["hours"], &made["hours_simulated"], &made["events"]), (&json!(2), &json!(3), &json!(4000)));
        assert_eq!((&made["digest"], &made["faults"]), (&json!("00000000000000ff"), &json!(5)));
    }

    /// Of a batch: every law with its seeds, and the first case that broke one.
    #[test]
    fn a_batch_tells_the_laws_and_the_first_case() {
        let mut total = Total { cases: 9, ..Total::default() };
        total.broken.insert("R1", (2, vec![7, 8]));
        let batch = Batch { base: 1, asked: 30, hands: 2, seconds: 4, total: &total };
        let made = batch.document(Some(&breach()), None);
        assert_eq!(made["broken"], json!([{ "law": "R1", "cases": 2, "seeds": [7, 8] }]));
        assert_eq!(made["found"].as_array().map(Vec::len), Some(2));
        let first = "seatrial run --swarm --seed 7 --until 41 --trace";
        assert_eq!(made["found_in"], json!({ "seed": 7, "digest": "00000000000000ff", "rerun": first }));
        assert_eq!(made["rerun"], "seatrial run --swarm --seed 1 --hours 30");
        let sound = batch.document(None, None);
        assert_eq!((&sound["found"], &sound["found_in"]), (&json!([]), &Value::Null));
    }
}
