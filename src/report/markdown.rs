//! The verdict for a pull request: short, and nothing in it a mark-up, a mention or a link of its own.

use std::fmt::Write as _;

use super::numbers::{NONE, grouped, length, rate, short_percent};
use super::summary::hashes;
use super::words::visible;
use crate::gate::verdict::{Class, Line, Outcome, Part, Verdict};

/// The verdict in Markdown.
pub(super) fn markdown(verdict: &Verdict) -> String {
    let mut out = String::new();
    top(&mut out, verdict);
    decisions(&mut out, verdict);
    groups(&mut out, verdict);
    open_lines(&mut out, verdict);
    drills(&mut out, verdict);
    worst(&mut out, verdict);
    demotions(&mut out, verdict);
    bound(&mut out, verdict);
    out
}

/// A text in which Markdown and HTML mean nothing, which mentions nobody and links nowhere.
fn safe(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    let text = visible(text);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins = letters.peek().is_some_and(|next| !next.is_whitespace());
        match letter {
            '&' => seen.push_str("&amp;"),
            '<' => seen.push_str("&lt;"),
            '>' => seen.push_str("&gt;"),
            '@' | '#' | ':' if begins => seen.extend([letter, '\u{200b}']),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => seen.extend(['\\', letter]),
            _ => seen.push(letter),
        }
    }
    seen
}

/// Writes a line of Markdown.
fn say(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// The head of a table; columns whose name begins with a minus are figures.
fn head(out: &mut String, heading: &str, columns: &[&str]) {
    let names: Vec<&str> = columns.iter().map(|name| name.trim_start_matches('-')).collect();
    let rules: Vec<&str> = columns.iter().map(|name| if name.starts_with('-') { "--:" } else { "---" }).collect();
    say(out, &format!("\n### {heading}\n\n| {} |\n| {} |", names.join(" | "), rules.join(" | ")));
}

/// A row of a table, of texts that are safe.
fn row(out: &mut String, cells: &[String]) {
    say(out, &format!("| {} |", cells.join(" | ")));
}

const fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "✅ PASS",
        Outcome::Insufficient => "❔ INSUFFICIENT EVIDENCE",
        Outcome::Fail => "❌ FAIL",
    }
}

fn top(out: &mut String, verdict: &Verdict) {
    let icon = mark(verdict.outcome).split(' ').next().unwrap_or_default();
    say(out, &format!("## {icon} {}\n\n{}\n", safe(&verdict.headline), safe(&verdict.why)));
    say(
        out,
        &format!(
            "{} runs of {} days, effective {} · evidence {} · confidence {} · valid for {} days",
            grouped(verdict.runs),
            grouped(verdict.days),
            grouped(verdict.effective),
            verdict.class.name(),
            short_percent(verdict.confidence),
            grouped(verdict.valid_days),
        ),
    );
}

fn decisions(out: &mut String, verdict: &Verdict) {
    if verdict.decisions.is_empty() {
        return;
    }
    head(out, "Decisions", &["Question", "Answer", "Why"]);
    for decision in &verdict.decisions {
        row(out, &[safe(&decision.question), format!("**{}**", safe(&decision.answer)), safe(&decision.why)]);
    }
}

fn groups(out: &mut String, verdict: &Verdict) {
    if verdict.groups.is_empty() {
        return;
    }
    head(out, "Groups", &["Group", "Simulated", "Paper"]);
    for group in &verdict.groups {
        let simulated = group.simulated.map_or(NONE, mark);
        let name = format!("{} · {}", safe(&group.id), safe(&group.name));
        let reach = format!("({} of {} lines)", grouped(group.judged), grouped(group.lines));
        row(out, &[name, format!("{simulated} {reach}"), mark(group.paper).to_owned()]);
    }
}

/// Whether a line lacks nothing but paper evidence, where simulated evidence decides.
fn lacks_paper_alone(verdict: &Verdict, line: &Line) -> bool {
    let simulated = line.simulated.as_ref().map(|part| part.outcome);
    verdict.class == Class::SelfConsistent
        && line.paper.outcome == Outcome::Insufficient
        && (simulated == Some(Outcome::Pass) || (simulated.is_none() && !line.decides))
}

/// Lines of which some part does not pass; those that lack paper alone are only named.
fn open_lines(out: &mut String, verdict: &Verdict) {
    let passes = |line: &&Line| {
        let simulated = line.simulated.as_ref().is_none_or(|part| part.outcome == Outcome::Pass);
        simulated && line.paper.outcome == Outcome::Pass
    };
    let lines: Vec<&Line> = verdict.lines.iter().filter(|line| !passes(line)).collect();
    if lines.is_empty() {
        say(out, &format!("\nEvery one of {} lines passes.", verdict.lines.len()));
        return;
    }
    let (paper, lines): (Vec<&Line>, Vec<&Line>) = lines.into_iter().partition(|line| lacks_paper_alone(verdict, line));
    if !lines.is_empty() {
        head(out, "Lines that do not pass", &["Line", "Decides", "Threshold", "Simulated", "Paper"]);
    }
    for line in lines {
        let name = format!("**{}** {}", safe(&line.id), safe(&line.name));
        let decides = if line.decides { "yes" } else { "no" }.to_owned();
        let simulated = line.simulated.as_ref().map_or_else(|| NONE.to_owned(), part);
        row(out, &[name, decides, safe(&line.threshold), simulated, part(&line.paper)]);
    }
    if !paper.is_empty() {
        let named: Vec<String> = paper.iter().map(|line| safe(&line.id)).collect();
        let told = "which does not decide this class";
        say(out, &format!("\n{} by paper evidence alone, {told}: {}.", mark(Outcome::Insufficient), named.join(", ")));
    }
}

fn part(part: &Part) -> String {
    let mut text = mark(part.outcome).to_owned();
    for (name, value) in [("", &part.value), ("bound ", &part.bound)] {
        if let Some(value) = value {
            let _ = write!(text, "; {name}{}", safe(value));
        }
    }
    if part.outcome != Outcome::Pass {
        let _ = write!(text, "<br>{}", safe(&part.evidence));
    }
    text
}

fn drills(out: &mut String, verdict: &Verdict) {
    if verdict.drills.is_empty() {
        return;
    }
    head(out, "Drills", &["Drill", "-Runs", "-Effective", "-Failed", "-Fails at most", "-Slowest"]);
    for drill in &verdict.drills {
        let failures = grouped(drill.failures);
        row(
            out,
            &[
                format!("**{}** {}", safe(&drill.id), safe(&drill.name)),
                grouped(drill.runs),
                grouped(drill.effective),
                if drill.failures > 0 { format!("❌ {failures}") } else { failures },
                drill.bound.map_or_else(|| NONE.to_owned(), rate),
                drill.slowest_ns.map_or_else(|| NONE.to_owned(), length),
            ],
        );
    }
}

fn worst(out: &mut String, verdict: &Verdict) {
    if verdict.worst.is_empty() {
        return;
    }
    head(out, "Worst runs", &["-Run", "-Net result", "-Deepest fall", "Findings"]);
    for run in &verdict.worst {
        let net = format!("{} {}", safe(&run.net_pnl), safe(&verdict.results.currency));
        let findings: Vec<String> = run.findings.iter().map(|finding| safe(finding)).collect();
        let findings = if findings.is_empty() { "none".to_owned() } else { findings.join("<br>") };
        row(out, &[run.run.to_string(), net.trim().to_owned(), safe(&run.max_drawdown), findings]);
    }
    let again: Vec<String> = verdict.worst.iter().map(|run| visible(&run.again)).collect();
    let again = again.join("\n");
    let fence = fence(&again);
    say(out, &format!("\n<details><summary>To run them again</summary>\n\n{fence}sh\n{again}\n{fence}\n\n</details>"));
}

/// A fence that no line inside can close.
fn fence(text: &str) -> String {
    let (mut longest, mut ticks) = (0_usize, 0_usize);
    for letter in text.chars() {
        ticks = if letter == '`' { ticks + 1 } else { 0 };
        longest = longest.max(ticks);
    }
    "`".repeat(longest.max(2) + 1)
}

fn demotions(out: &mut String, verdict: &Verdict) {
    if verdict.demotions.is_empty() {
        return;
    }
    head(out, "What takes a step of the ramp back", &["What happened", "What is done"]);
    for rule in &verdict.demotions {
        row(out, &[safe(&rule.when), safe(&rule.then)]);
    }
}

fn bound(out: &mut String, verdict: &Verdict) {
    head(out, "Bound to", &["", "SHA-256"]);
    for (name, _, hash) in hashes(verdict) {
        let hash =
            if hash.is_empty() { NONE.to_owned() } else { format!("`{}`", visible(hash).replace(['`', '|'], "?")) };
        row(out, &[name.to_owned(), hash]);
    }
}
