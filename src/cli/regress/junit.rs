//! The result as `JUnit` XML, as build servers read it.

use std::fs;
use std::io;
use std::path::Path;

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::{Came, Judged};
use crate::cli::text::lossy;
use seatrial::bad_input::BadInput;

/// Writes the file, in place of one that is there.
pub fn write(path: &Path, judged: &[Judged], gone: &[String]) -> Result<(), BadInput> {
    let written = document(judged, gone).and_then(|text| fs::write(path, text));
    written.map_err(|error| {
        BadInput::new("E-RG-008", &lossy(path), error.to_string(), "a place where a file can be written")
    })
}

fn document(judged: &[Judged], gone: &[String]) -> io::Result<Vec<u8>> {
    let failed = judged.iter().filter(|run| matches!(run.came, Came::Differs { .. })).count() + gone.len();
    let refused = judged.iter().filter(|run| matches!(run.came, Came::Refused(_))).count();
    let counts = [
        ("name", "seatrial regress".to_owned()),
        ("tests", (judged.len() + gone.len()).to_string()),
        ("failures", failed.to_string()),
        ("errors", refused.to_string()),
    ];
    let counts: Vec<(&str, &str)> = counts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut writer = Writer::new_with_indent(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec(), b' ', 2);
    writer.create_element("testsuite").with_attributes(counts).write_inner_content(|writer| {
        for run in judged {
            let (file, name) = (plain(&lossy(&run.file)), plain(&run.name));
            let case = writer.create_element("testcase");
            let case = case.with_attributes([("classname", file.as_str()), ("name", name.as_str())]);
            let (element, text) = match &run.came {
                Came::Same(_) => {
                    case.write_empty()?;
                    continue;
                }
                Came::Differs { lines, again, .. } => ("failure", format!("{}\nagain: {again}", lines.join("\n"))),
                Came::Refused(why) => ("error", why.clone()),
            };
            case.write_inner_content(|writer| told(writer, element, &text))?;
        }
        for run in gone {
            let name = plain(run);
            let case = writer.create_element("testcase");
            let case = case.with_attributes([("classname", "baseline"), ("name", name.as_str())]);
            case.write_inner_content(|writer| told(writer, "failure", "in the baseline, and not run"))?;
        }
        Ok(())
    })?;
    let mut text = writer.into_inner();
    text.push(b'\n');
    Ok(text)
}

/// Why a test failed: its first line as the message, all of it as the text.
fn told(writer: &mut Writer<Vec<u8>>, element: &str, text: &str) -> io::Result<()> {
    let text = plain(text);
    let first = text.lines().next().unwrap_or_default();
    let element = writer.create_element(element).with_attribute(("message", first));
    element.write_text_content(BytesText::new(&text)).map(drop)
}

/// Without the characters that XML has no way to write.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
