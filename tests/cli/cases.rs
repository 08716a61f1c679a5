//! The swarm by the real program: what it says of its cases to a program is what it says to a person.

use serde_json::Value;

use super::folder::{Folder, OK};

/// A seed whose case breaks no law.
const SEED: &str = "1";

fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("one JSON document: {error}\n{text}"))
}

#[test]
fn a_case_says_to_a_program_what_it_says_to_a_person() {
    let folder = Folder::new("case");
    let (code, stdout, stderr) = folder.told(&["run", "--swarm", "--seed", SEED, "--json"]);
    assert_eq!((code, stderr.as_str()), (OK, ""));
    let made = document(&stdout);
    let (_, text, _) = folder.told(&["run", "--swarm", "--seed", SEED]);
    let word = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{name} in {made}")).to_owned();
    let number = |name: &str| made[name].as_u64().unwrap_or_else(|| panic!("{name} in {made}"));
    let probes = made["probes"].as_object().expect("probes").len();
    let kinds: Vec<&str> = made["fault_kinds"].as_array().expect("kinds").iter().filter_map(Value::as_str).collect();
    assert!(probes > 20 && !kinds.is_empty() && number("events") > 1_000, "{made}");
    for part in [
        format!("swarm case {SEED}: {} {}, ", word("symbol"), word("mood")),
        format!(", {} min\n", number("minutes")),
        format!("  faults      {}\n", kinds.join(", ")),
        format!("  hours       {} of {} count, ", number("hours"), number("hours_simulated")),
        format!(" count, {} events, {} faults injected\n", number("events"), number("faults")),
        format!("  probes      {probes} reached\n"),
        format!("  digest      {}\n", word("digest")),
        format!("  again       {}\n", word("rerun")),
    ] {
        assert!(text.contains(&part), "no {part:?} in\n{text}");
    }
    assert_eq!((&made["found"], &made["shrunk"]), (&Value::Array(Vec::new()), &Value::Null));
    assert_eq!(word("rerun"), format!("seatrial run --swarm --seed {SEED}"));
}
