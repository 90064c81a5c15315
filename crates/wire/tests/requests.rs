//! A request's head is found in any JSON object, and a splice changes the model's name alone.

use bytes::Bytes;
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::Value;
use wire::head::{probe, splice};

/// JSON as text, because a parsed document would lose what must survive.
fn json() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        prop::sample::select(vec![
            "null",
            "true",
            "false",
            "0",
            "-0",
            "1.0",
            "1E+05",
            "12345678901234567890123"
        ])
        .prop_map(str::to_owned),
        "-?[1-9][0-9]{22}",
        literal(),
    ];
    scalar.prop_recursive(4, 40, 5, |inner| {
        let member = (space(), literal(), space(), space(), inner.clone(), space())
            .prop_map(|(a, key, b, c, value, d)| format!("{a}{key}{b}:{c}{value}{d}"));
        let nested_head = (space(), space()).prop_map(|(a, b)| format!("{a}\"model\"{b}:\"no\""));
        let item = (space(), inner, space()).prop_map(|(a, value, b)| format!("{a}{value}{b}"));
        prop_oneof![
            prop::collection::vec(prop_oneof![4 => member, 1 => nested_head], 0..5)
                .prop_map(|members| format!("{{{}}}", members.join(","))),
            prop::collection::vec(item, 0..5).prop_map(|items| format!("[{}]", items.join(","))),
        ]
    })
}

fn space() -> impl Strategy<Value = String> {
    "[ \t\r\n]{0,3}"
}

/// A string literal with raw characters and every kind of escape.
fn literal() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zé世🙂 ]{0,4}",
        prop::sample::select(vec![
            r#"\""#,
            r"\\",
            r"\/",
            r"\n",
            r"\u00e9",
            r"\ud83d\ude42",
            r"\u0000",
            "model",
            "{"
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

/// Top-level members that are not `model` and `stream`.
fn members() -> impl Strategy<Value = Vec<String>> {
    let member = ("[a-ln-r]{1,3}", space(), space(), json(), space())
        .prop_map(|(key, a, b, value, c)| format!("{a}\"{key}\"{b}:{value}{c}"));
    prop::collection::vec(member, 0..4)
}

fn model() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9é\"\\\\/:._-]{1,40}"
}

proptest! {
    #[test]
    fn a_splice_changes_nothing_but_the_model(
        before in members(),
        after in members(),
        key in prop::sample::select(vec![r#""model""#, r#""mod\u0065l""#, r#""\u006dodel""#]),
        spaces in (space(), space(), space(), space()),
        stream in prop::sample::select(vec![None, Some(true), Some(false)]),
        old in model(),
        new in model(),
    ) {
        let (a, b, c, d) = spaces;
        let old_literal = Value::from(old.as_str()).to_string();
        let mut head = before;
        head.push(format!("{a}{key}{b}:{c}"));
        let mut tail = vec![d.clone()];
        tail.extend(after);
        tail.extend(stream.map(|stream| format!("\"stream\":{c}{stream}{a}")));
        let head = format!("{d}{{{}", head.join(","));
        let tail = format!("{}}}{b}", tail.join(","));
        let body = Bytes::from(format!("{head}{old_literal}{tail}"));

        let found = probe(&body).expect("the body has a head");
        prop_assert_eq!(&found.model, &old);
        prop_assert_eq!(found.stream, stream);
        prop_assert_eq!(found.model_span.clone(), head.len()..head.len() + old_literal.len());

        let spliced = splice(&body, found.model_span.clone(), &new);
        let expected = format!("{head}{}{tail}", Value::from(new.as_str()));
        prop_assert_eq!(spliced.len(), expected.len());
        prop_assert_eq!(spliced.to_bytes(), expected.as_bytes());
        prop_assert_eq!(spliced.clone().into_parts().concat(), expected.as_bytes());
        prop_assert_eq!(probe(&spliced.to_bytes()).expect("the new body has a head").model, new);
        prop_assert_eq!(splice(&body, found.model_span, &old).to_bytes(), body);
    }

    #[test]
    fn what_is_accepted_is_json(mut body in json().prop_map(String::into_bytes), place in any::<usize>(), byte in any::<u8>()) {
        let place = place % body.len();
        body.splice(0..0, *br#"{"model":"m","x":"#);
        body.push(b'}');
        body[17 + place] = byte;
        if let Ok(head) = probe(&Bytes::from(body.clone())) {
            prop_assert!(serde_json::from_slice::<IgnoredAny>(&body).is_ok());
            prop_assert_eq!(head.model, "m");
            prop_assert!(str::from_utf8(&body).is_ok());
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..200), a in any::<usize>(), b in any::<usize>()) {
        let body = Bytes::from(body);
        let _ = probe(&body);
        let end = a.max(b);
        let spliced = splice(&body, a.min(b)..end, "m");
        prop_assert_eq!(spliced.to_bytes().len(), spliced.len());
    }
}
