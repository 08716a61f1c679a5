//! `seatrial audit`: a journal against the laws, with arithmetic of its own.

use serde_json::{Value, json};

use super::args::Audit;
use super::engine::{self, Failure};
use super::exit::Exit;
use super::lots;
use super::output::{Output, complain};
use super::text;
use seatrial::audit::AuditReport;
use seatrial::journal;

/// Audits a journal.
pub fn audit(args: &Audit, output: &mut Output) -> Exit {
    let (document, exit) = one(args, output).unwrap_or_else(|failure| text::failed(&args.journal, &failure));
    output.document(&document);
    exit
}

fn one(args: &Audit, output: &mut Output) -> Result<(Value, Exit), Failure> {
    let path = &args.journal;
    let journal = journal::open(path, args.torn).map_err(Failure::Journal)?;
    let audited = engine::audit(&journal);
    let (file, digest) = (text::shown(&text::lossy(path)), format!("{:016x}", journal.digest));
    output.line(&format!(
        "{file}: {} laws checked {} times over {} records, {} breaches; chain whole, digest {digest}",
        audited.laws.len(),
        audited.checked(),
        audited.records,
        audited.breached(),
    ));
    for law in &audited.laws {
        let broken = if law.breached == 0 { String::new() } else { format!("  BROKEN {} times", law.breached) };
        output.line(&format!("  {:>6} {:>9}  {}{broken}", law.id, law.checked, law.name));
    }
    for breach in &audited.breaches {
        complain(&AuditReport::explain(breach, &journal.header, &journal.records));
    }
    let mut document = json!({
        "file": text::lossy(path), "records": audited.records, "checks": audited.checked(), "digest": digest,
        "laws": text::laws(&audited), "breaches": text::breaches(&audited), "audit_breaches": audited.breached(),
    });
    if let Some(method) = args.lots {
        let lots = lots::Told::of(&file, &journal, method)?;
        lots.lines().iter().for_each(|line| output.line(line));
        document["lots"] = lots.document();
    }
    Ok((document, if audited.is_clean() { Exit::Fine } else { Exit::Breach }))
}
