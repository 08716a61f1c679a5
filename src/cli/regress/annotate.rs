//! Differences as GitHub's workflow commands.

use std::path::Path;

use super::{Came, Judged};
use crate::cli::text::lossy;

/// A command for each run that is not as it was.
pub fn each(judged: &[Judged], gone: &[String], baseline: &Path) -> Vec<String> {
    let of_run = |run: &Judged| match &run.came {
        Came::Same(_) => None,
        Came::Differs { lines, again, .. } => {
            Some(error(&lossy(&run.file), &run.name, &format!("{}\nagain: {again}", lines.join("\n"))))
        }
        Came::Refused(why) => Some(error(&lossy(&run.file), &run.name, why)),
    };
    let gone = gone.iter().map(|run| error(&lossy(baseline), run, "in the baseline, and not run"));
    judged.iter().filter_map(of_run).chain(gone).collect()
}

fn error(file: &str, title: &str, text: &str) -> String {
    format!("::error file={},title={}::{}", property(file), property(title), message(text))
}

/// A message keeps its lines only as escapes.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// In a property the marks between properties are escaped as well.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_ends_the_command() {
        let told = error("a,b:c.toml", "s, seed 1", "fee was 1\n50 % more");
        assert_eq!(told, "::error file=a%2Cb%3Ac.toml,title=s%2C seed 1::fee was 1%0A50 %25 more");
    }
}
