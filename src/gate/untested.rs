//! What was not tested, and the decisions of the review: said with every verdict.

use super::verdict::{Class, Decision, Line, Outcome};

/// What no run of the simulator shows.
const UNTESTED: [&str; 10] = [
    "a real venue: its matching, its queue, its outages and its own defects",
    "prices while an order of ours moves the market for others (impact beyond the named model)",
    "twice the peak of a market that happened: the storm of D6 doubles the messages of one that was made",
    "a disk that is really full, a process that is really killed, a key that is really revoked (D10 to D12 are simulated)",
    "people: alerts that are delivered and acknowledged, runbooks that are followed, sign-offs",
    "memory and latency of a process over thirty real days",
    "the fee tier of the real account",
    "feeds other than the one of the scenario: a bar market shows no crossed or one-sided book",
    "several instruments and strategies on one account, unless the scenario has them",
    "whether the strategy earns anything on a market that was not made for it",
];

/// What was not tested: the list of all verdicts, and every line that says nothing yet.
pub fn untested(lines: &[Line]) -> Vec<String> {
    let silent =
        lines.iter().filter(|line| line.simulated.as_ref().is_none_or(|part| part.outcome == Outcome::Insufficient));
    let silent: Vec<&str> = silent.map(|line| line.id.as_str()).collect();
    let mut all: Vec<String> = UNTESTED.map(str::to_owned).to_vec();
    if !silent.is_empty() {
        all.push(format!("by simulation nothing is shown for {}", silent.join(", ")));
    }
    all
}

/// What the review asks, and what this verdict answers.
pub fn decisions(outcome: Outcome, class: Class, valid_days: u64) -> Vec<Decision> {
    let decision = |question: &str, answer: &str, why: String| Decision {
        question: question.to_owned(),
        answer: answer.to_owned(),
        why,
    };
    let (paper, why) = match outcome {
        Outcome::Pass => (
            "yes",
            format!("the simulated lines hold; within {valid_days} days, with what was judged and nothing else"),
        ),
        Outcome::Insufficient => ("no", "some line cannot be judged yet: run more, or longer".to_owned()),
        Outcome::Fail => ("no", "a line does not hold: mend it and judge again".to_owned()),
    };
    let live = outcome == Outcome::Pass && class >= Class::ShadowLive;
    let (answer, reason) = if live {
        ("at the first size step", "the evidence is of the real market; the ramp decides from here".to_owned())
    } else if class >= Class::ShadowLive {
        ("no", format!("this program makes no evidence of class {}, and without it nothing is shown", class.name()))
    } else {
        ("no", format!("evidence of class {} never allows real money", class.name()))
    };
    vec![
        decision("paper now?", paper, why),
        decision("live now?", answer, reason),
        decision(
            "live when?",
            "after at least 30 days of paper",
            "when the lines of B, C, D and E hold on paper, A holds on recorded markets, and two people have signed"
                .to_owned(),
        ),
    ]
}
