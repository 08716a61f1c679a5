//! The runbooks hold: each drill has its page, each page its headings, and what a page names is there: scenarios,
//! links, commands, and the texts of the alerts as the code writes them.
//!
//! To repeat: `cargo test --test runbooks`.

use std::fs;
use std::path::{Path, PathBuf};

const HEADINGS: [&str; 5] =
    ["What you see", "What the trader has done by itself", "What you do", "When it is over", "Rehearsed by"];
const DRILLS: usize = 12;
const LINES_MAX: usize = 60;

/// The folder of the project.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What a file holds.
fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files below a folder whose name ends so, in order.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry of a folder that is there").path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The pages by name and text, and whether each answers something itself: index and ramp do not.
fn pages() -> Vec<(PathBuf, String, bool)> {
    let paths = files(&root().join("docs/runbooks"), ".md").into_iter().chain([root().join("docs/ramp.md")]);
    let answers = |path: &Path| !path.ends_with("README.md") && !path.ends_with("ramp.md");
    paths.map(|path| (path.clone(), text(&path), answers(&path))).collect()
}

/// The code blocks of one language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    page.split(&opening).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// The variants of an enum in a source, as clap makes words of them.
fn words_of(source: &str, name: &str) -> Vec<String> {
    let body = source.split(&format!("pub enum {name} {{\n")).nth(1).expect("the enum is in the source");
    let body = body.split("\n}").next().expect("a split has a first part");
    let variant = |line: &&str| line.starts_with("    ") && line[4..].starts_with(|c: char| c.is_ascii_uppercase());
    let word = |line: &str| line.trim().split(|c: char| !c.is_alphanumeric()).next().unwrap_or("").to_lowercase();
    body.lines().filter(variant).map(word).collect()
}

#[test]
fn each_drill_has_one_page_and_the_index_names_every_page() {
    let index = text(&root().join("docs/runbooks/README.md"));
    let name = |path: &PathBuf| path.file_name().expect("a file has a name").to_string_lossy().into_owned();
    let names: Vec<String> = files(&root().join("docs/runbooks"), ".md").iter().map(name).collect();
    for drill in 1..=DRILLS {
        let count = names.iter().filter(|name| name.starts_with(&format!("d{drill:02}-"))).count();
        assert_eq!(count, 1, "pages of D{drill}");
        assert!(index.contains(&format!("| D{drill} ")), "D{drill} is not in the index");
    }
    let unnamed: Vec<&String> = names.iter().filter(|name| !index.contains(&format!("]({name})"))).collect();
    assert_eq!(unnamed, ["README.md"], "pages that the index does not name");
}

#[test]
fn each_page_has_its_headings_in_order_and_is_short() {
    for (path, page, _) in pages().into_iter().filter(|(.., answers)| *answers) {
        let found: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(found, HEADINGS, "{}", path.display());
        assert!(page.lines().count() <= LINES_MAX, "{} is too long", path.display());
    }
}

#[test]
fn each_path_and_link_leads_somewhere() {
    for (path, page, _) in pages() {
        let place = path.display();
        for name in page.split(|c: char| c.is_whitespace() || "`|,;()".contains(c)) {
            let own = ["scenarios/", "tests/", "src/", "docs/", "data/"].iter().any(|folder| name.starts_with(folder));
            let name = name.trim_end_matches(['.', ':']);
            assert!(!own || root().join(name).exists(), "{place}: no {name}");
        }
        for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let to = path.parent().expect("a page is in a folder").join(file);
            assert!(link.contains("://") || to.exists(), "{place}: no {link}");
            let heading = |line: &str| line.trim_start_matches(['#', ' ']).to_lowercase().replace(' ', "-") == anchor;
            let there = anchor.is_empty() || text(&to).lines().any(|line| line.starts_with('#') && heading(line));
            assert!(there, "{place}: no heading for {link}");
        }
    }
}

#[test]
fn each_command_exists() {
    let source = text(&root().join("src/cli/args.rs"));
    let (commands, data) = (words_of(&source, "Command"), words_of(&source, "DataCommand"));
    assert!(commands.contains(&"run".to_owned()) && data.contains(&"check".to_owned()), "{commands:?} {data:?}");
    for (path, page, answers) in pages() {
        let lines: Vec<&str> = blocks(&page, "sh").into_iter().flat_map(str::lines).collect();
        assert!(!answers || !lines.is_empty(), "{}: no command", path.display());
        for line in lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert!(words.len() > 1 && words[0] == "seatrial", "{}: {line}", path.display());
            let known = |list: &[String], word: &str| list.iter().any(|one| one == word);
            let below = words[1] != "data" || words.get(2).is_some_and(|word| known(&data, word));
            assert!(known(&commands, words[1]) && below, "{}: {line}", path.display());
            for option in words.iter().filter_map(|word| word.strip_prefix("--")) {
                assert!(source.contains(&format!("pub {option}:")), "{}: no option --{option}", path.display());
            }
        }
    }
}

/// What of a line is written in the code as it stands: neither what is filled in, nor the number of a check or a row.
fn fixed(said: &str) -> Vec<&str> {
    let parts = said.split('{').filter_map(|part| part.rsplit('}').next());
    // What an order met, and where it stood, are names of their own.
    let by_word = said.contains("(TR-");
    let parts = parts.flat_map(|part| part.split(|c| ":;(),".contains(c) || by_word && c == ' ')).map(str::trim);
    parts.filter(|part| part.len() > 3 && !["TR-", "CK-", "EC-"].iter().any(|id| part.starts_with(id))).collect()
}

#[test]
fn each_text_is_one_that_the_code_writes() {
    let code: String = files(&root().join("src/trading"), ".rs").iter().map(|path| text(path)).collect();
    // A text that goes on in the next line of a source goes on without a break.
    let code: String = code.split("\\\n").map(str::trim_start).collect();
    for (path, page, _) in pages().into_iter().filter(|(.., answers)| *answers) {
        let lines: Vec<&str> = blocks(&page, "text").into_iter().flat_map(str::lines).collect();
        assert!(!lines.is_empty(), "{}: no text", path.display());
        for line in lines {
            let (kind, said) = line.split_once(' ').expect("a kind and a text");
            assert!(["critical", "warning", "info", "became", "denied"].contains(&kind), "{}: {line}", path.display());
            let strange: Vec<&str> = fixed(said).into_iter().filter(|part| !code.contains(part)).collect();
            assert!(strange.is_empty(), "{}: {strange:?} of: {line}", path.display());
        }
    }
}
