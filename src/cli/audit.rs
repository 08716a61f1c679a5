//! `seatrial audit`: a journal against the laws, with arithmetic of its own.

use std::path::Path;

use serde_json::{Value, json};

use super::args::Audit;
use super::engine::{self, Failure};
use super::exit::Exit;
use super::output::Output;
use super::text;
use seatrial::journal;

/// Audits a journal.
pub fn audit(args: &Audit, output: &mut Output) -> Exit {
    let (document, exit) = one(&args.journal, output).unwrap_or_else(|failure| text::failed(&args.journal, &failure));
    output.document(&document);
    exit
}

fn one(path: &Path, output: &mut Output) -> Result<(Value, Exit), Failure> {
    let journal = journal::open(path, false).map_err(Failure::Journal)?;
    let audited = engine::audit(&journal)?;
    let (file, records, digest) = (path.display(), journal.records.len(), format!("{:016x}", journal.digest));
    output.line(&format!("{file}: {records} records, chain whole, digest {digest}"));
    for law in &audited.laws {
        output.line(&format!("  checked   {law}"));
    }
    for breach in &audited.breaches {
        output.line(&format!("  BREACH    {breach}"));
    }
    let document = json!({
        "file": text::lossy(path), "records": records, "digest": digest,
        "laws": audited.laws, "breaches": audited.breaches,
    });
    Ok((document, if audited.breaches.is_empty() { Exit::Fine } else { Exit::Breach }))
}
