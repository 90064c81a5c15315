//! Our document reads what serde_json reads, and prints it back with the same meaning.

use wire::json::Json;

pub(crate) fn json(data: &[u8]) {
    let theirs = serde_json::from_slice::<serde_json::Value>(data);
    let ours = Json::parse(data, &["input", "args"]);
    assert_eq!(theirs.is_ok(), ours.is_ok());
    let (Ok(theirs), Ok(ours)) = (theirs, ours) else {
        return;
    };
    let printed: Result<serde_json::Value, _> = serde_json::from_slice(&ours.to_bytes());
    // Of a field that appears twice they keep the last and we keep both.
    if has_no_duplicates(&ours) {
        assert_eq!(printed.ok(), Some(theirs));
    }
}

fn has_no_duplicates(json: &Json) -> bool {
    match json {
        Json::Array(items) => items.iter().all(has_no_duplicates),
        Json::Object(object) => {
            let mut keys: Vec<&str> = object.keys().collect();
            keys.sort_unstable();
            let count = keys.len();
            keys.dedup();
            keys.len() == count && object.iter().all(|(_, value)| has_no_duplicates(value))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => true,
        // What is inside is theirs to read.
        Json::Raw(_) => true,
    }
}
