//! Changing a limit while it is in force (production-rules OP-5): a tighter one holds from the next
//! event on; a looser one needs to be confirmed, and none goes beyond its ceiling.

use super::config::{Beliefs, Config, Tighter};
use super::core::{Core, alert};
use crate::market::{Action, Decision, Severity};

impl Core {
    /// Changes a key, or refuses it whole.
    pub(crate) fn change_limit(&mut self, key: &str, value: &str, confirmed: bool, actions: &mut Vec<Action>) {
        let symbols = Beliefs::symbols_of(key);
        let ours = |symbol: &&str| self.instruments.iter().any(|instrument| instrument.symbol == **symbol);
        if let Some(other) = symbols.iter().find(|symbol| !ours(symbol)) {
            return self.refuse_act(format!("{key}: {other} is not one of ours"), actions);
        }
        let Some(tighter) = Config::tighter(key) else {
            return self.refuse_act(format!("there is no key {key}"), actions);
        };
        if tighter == Tighter::Fixed {
            return self.refuse_act(format!("{key} does not change while it runs"), actions);
        }
        let from = self.config.text(key).unwrap_or_else(|| "unset".to_owned());
        let mut config = self.config.clone();
        if let Err(error) = config.set(key, value) {
            return self.refuse_act(format!("{key} = {value}: {error}"), actions);
        }
        if let Some(conflict) = config.conflicts().first() {
            let text =
                format!("{key} = {value}: then {} = {} is not {}", conflict.key, conflict.found, conflict.allowed);
            return self.refuse_act(text, actions);
        }
        let to = config.text(key).unwrap_or_else(|| value.to_owned());
        if !confirmed && !config.is_tighter(&self.config, key) {
            let word = if tighter == Tighter::Neither { "neither tighter nor looser" } else { "looser" };
            return self.refuse_act(format!("{key} from {from} to {to} is {word} and not confirmed"), actions);
        }
        self.config = config;
        let text = format!("{key} is {to} from the next event on, it was {from}");
        actions.push(Action::Record(Decision::LimitChanged { key: key.to_owned(), from, to }));
        alert(Severity::Info, None, None, text, actions);
    }
}
