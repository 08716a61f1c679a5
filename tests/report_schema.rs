//! `docs/verdict.schema.json` is the shape of `verdict.json`: every key of one is a key of the other.
//!
//! The checker knows the words of JSON Schema that the file uses, and refuses any other.
#![cfg(feature = "simulator")]

#[path = "report/sample.rs"]
mod sample;

use seatrial::gate::verdict::{Class, Outcome};
use serde_json::{Value, json};

const HASH: &str = "^([0-9a-f]{64})?$";

fn schema() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verdict.schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("the schema can be read")).expect("the schema is JSON")
}

/// Words that say nothing of a value by themselves: notes, and schemas of what is inside it.
const ELSEWHERE: [&str; 11] = [
    "$schema",
    "$id",
    "title",
    "description",
    "$defs",
    "additionalProperties",
    "properties",
    "prefixItems",
    "items",
    "$ref",
    "anyOf",
];

/// Complains of everything in which a value does not fit a schema.
fn check(root: &Value, schema: &Value, value: &Value, at: &str, complaints: &mut Vec<String>) {
    let words = schema.as_object().expect("a schema is an object");
    for (word, asked) in words.iter().filter(|(word, _)| !ELSEWHERE.contains(&word.as_str())) {
        if !fits(word, asked, value) {
            complaints.push(format!("{at}: {word} {asked} is asked, {value} found"));
        }
    }
    inside(root, schema, value, at, complaints);
}

/// Whether a value is as one word of a schema asks.
fn fits(word: &str, asked: &Value, value: &Value) -> bool {
    let length = value.as_array().map(|all| u64::try_from(all.len()).expect("a length"));
    let bound = || asked.as_f64().expect("a number");
    match word {
        "type" => is(asked.as_str().expect("one type"), value),
        "const" => value == asked,
        "enum" => asked.as_array().expect("a list").contains(value),
        "pattern" => {
            assert_eq!(asked, HASH, "the checker knows one pattern");
            let hexadecimal = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            value.as_str().is_some_and(|text| text.is_empty() || text.len() == 64 && text.bytes().all(hexadecimal))
        }
        "minimum" => value.as_f64().is_none_or(|figure| figure >= bound()),
        "maximum" => value.as_f64().is_none_or(|figure| figure <= bound()),
        "minItems" => length.is_none_or(|length| length >= asked.as_u64().expect("a number")),
        "maxItems" => length.is_none_or(|length| length <= asked.as_u64().expect("a number")),
        "required" => {
            asked.as_array().expect("a list").iter().all(|key| value.get(key.as_str().expect("a key")).is_some())
        }
        other => panic!("the checker does not know {other}"),
    }
}

fn is(asked: &str, value: &Value) -> bool {
    match asked {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("the checker does not know type {other}"),
    }
}

/// What is inside a value, by the schemas inside its schema.
fn inside(root: &Value, schema: &Value, value: &Value, at: &str, complaints: &mut Vec<String>) {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let found = root.pointer(name.trim_start_matches('#')).unwrap_or_else(|| panic!("{at}: {name} is nowhere"));
        check(root, found, value, at, complaints);
    }
    if let Some(ways) = schema.get("anyOf").and_then(Value::as_array) {
        let tried = ways.iter().map(|way| {
            let mut of = Vec::new();
            check(root, way, value, at, &mut of);
            of
        });
        let tried: Vec<Vec<String>> = tried.collect();
        if tried.iter().all(|of| !of.is_empty()) {
            complaints.extend(tried.into_iter().flatten());
        }
    }
    if let (Some(properties), Some(all)) = (schema.get("properties"), value.as_object()) {
        for (key, value) in all {
            match properties.get(key) {
                Some(of) => check(root, of, value, &format!("{at}.{key}"), complaints),
                None => complaints.push(format!("{at}: {key} is not in the schema")),
            }
        }
    }
    if let Some(all) = value.as_array() {
        let first = schema.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (number, value) in all.iter().enumerate() {
            let here = format!("{at}[{number}]");
            match (first.get(number), schema.get("items")) {
                (Some(of), _) => check(root, of, value, &here, complaints),
                (None, Some(of)) if of.is_object() => check(root, of, value, &here, complaints),
                _ => complaints.push(format!("{here}: one too many")),
            }
        }
    }
}

fn complaints(value: &Value) -> Vec<String> {
    let (schema, mut complaints) = (schema(), Vec::new());
    check(&schema, &schema, value, "verdict", &mut complaints);
    complaints
}

fn written(outcome: Outcome) -> Value {
    serde_json::to_value(sample::sample(outcome)).expect("a verdict can be written")
}

#[test]
fn every_verdict_fits_the_schema() {
    for outcome in [Outcome::Pass, Outcome::Insufficient, Outcome::Fail] {
        assert_eq!(complaints(&written(outcome)), [""; 0]);
    }
    assert_eq!(complaints(&serde_json::to_value(sample::empty()).expect("a verdict can be written")), [""; 0]);
    for class in Class::ALL {
        let verdict = seatrial::gate::verdict::Verdict { class, ..sample::empty() };
        assert_eq!(complaints(&serde_json::to_value(verdict).expect("a verdict can be written")), [""; 0]);
    }
}

/// Walks every object of a verdict: an unknown key is complained of there, and so is every key that is taken away.
#[test]
fn a_key_more_or_less_does_not_fit() {
    let whole = written(Outcome::Fail);
    let mut places = vec![String::new()];
    let mut objects = 0;
    while let Some(place) = places.pop() {
        match whole.pointer(&place).expect("a place of the verdict") {
            Value::Object(all) => {
                objects += 1;
                let mut more = whole.clone();
                more.pointer_mut(&place).expect("there")["stranger"] = json!(1);
                assert!(!complaints(&more).is_empty(), "a stranger fits at {place}");
                for key in all.keys() {
                    let mut less = whole.clone();
                    less.pointer_mut(&place).and_then(Value::as_object_mut).expect("there").remove(key);
                    assert!(!complaints(&less).is_empty(), "{place}/{key} can be left out");
                    places.push(format!("{place}/{key}"));
                }
            }
            // One of each list is as good as all.
            Value::Array(all) if !all.is_empty() => places.push(format!("{place}/0")),
            _ => {}
        }
    }
    assert!(objects > 15, "{objects} objects were walked");
}

/// Every object of the schema is closed, asks for all its keys and says what each is.
#[test]
fn the_schema_is_closed_and_speaks() {
    let schema = schema();
    let mut open = vec![("#".to_owned(), &schema)];
    while let Some((at, of)) = open.pop() {
        if let Some(properties) = of.get("properties").and_then(Value::as_object) {
            assert_eq!(of.get("additionalProperties"), Some(&json!(false)), "{at}");
            let mut asked: Vec<&str> =
                of["required"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
            asked.sort_unstable();
            let mut keys: Vec<&str> = properties.keys().map(String::as_str).collect();
            keys.sort_unstable();
            assert_eq!(asked, keys, "{at}");
            for (key, of) in properties {
                assert!(
                    of.get("description").and_then(Value::as_str).is_some_and(|text| text.ends_with(['.', '?'])),
                    "{at}.{key}"
                );
            }
        }
        if let Some(all) = of.get("$defs").and_then(Value::as_object) {
            open.extend(all.iter().map(|(name, of)| (format!("{at}/{name}"), of)));
        }
    }
}
