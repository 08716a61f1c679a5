//! What a strategy refuses, told where it was written.
//!
//! A strategy knows what it takes and nothing of files; a scenario knows the places.

use super::Scenario;
use super::section::{child, meant, nearest};
use crate::bad_input::{BadInput, quoted};
use crate::strategies::{self, ParamError};

impl Scenario {
    /// That the strategy refuses a parameter (`name` is the strategy itself). Of a parameter of several
    /// lines, the line that was refused is named.
    #[must_use]
    pub fn bad_parameter(&self, wrong: &ParamError) -> BadInput {
        let ParamError { key, found, allowed } = wrong;
        let key = key.as_str();
        let strategy = &self.body.strategy;
        let entry = strategies::catalogue().iter().find(|entry| entry.name == strategy.name.value);
        let keys = || entry.iter().flat_map(|entry| entry.params).map(|param| param.key);
        let param = strategy.params.get(key);
        let (code, at, found, near) = match param {
            _ if key == "name" => {
                let names = strategies::catalogue().iter().map(|entry| entry.name);
                let name = &strategy.name;
                ("E-SC-015", name.at, quoted(&name.value), nearest(&name.value, names))
            }
            Some(param) if entry.is_some() && !keys().any(|known| known == key) => {
                ("E-SC-006", param.key_at, "an unknown key".to_owned(), nearest(key, keys()))
            }
            Some(param) if param.value.value.contains('\n') => {
                let line = param.value.value.lines().position(|line| line.trim() == found).unwrap_or_default();
                ("E-SC-015", self.source.line_of(param.value.at, line), quoted(found), None)
            }
            Some(param) => ("E-SC-015", param.value.at, quoted(&param.value.value), None),
            None => ("E-SC-015", strategy.name.at, "nothing".to_owned(), None),
        };
        let (line, column) = self.source.place(at);
        let bad = BadInput::new(code, &self.source.file, found, allowed.as_str()).at_line(line, column);
        let bad = bad.field(child("strategy", key));
        match near {
            Some(near) => bad.hint(meant(near)),
            None => bad,
        }
    }
}
