//! Any bytes as any client's request: never a panic, and what is accepted can be written for every upstream.

use wire::codec::{decode_request, encode_request, envelope_request};
use wire::dialect::Dialect;
use wire::format::Format;
use wire::ir::note::Notes;
use wire::ir::target::{Target, Traits};

/// The first byte chooses the format, the second what is known of the model.
pub(crate) fn request(data: &[u8]) {
    let [format, traits, body @ ..] = data else {
        return;
    };
    let Some(format) = Format::ALL
        .get(usize::from(*format) % Format::ALL.len())
        .copied()
    else {
        return;
    };
    let flag = |bit: u8| traits & (1 << bit) != 0;
    let target = |dialect| Target {
        dialect,
        model: "m".to_owned(),
        traits: Traits {
            max_output: flag(0).then_some(4_096),
            refuses_sampling: flag(1),
            wants_completion_tokens: flag(2),
            refuses_prefill: flag(3),
            wants_signatures: flag(4),
            lacks_structured_output: flag(5),
            takes_reasoning_back: flag(6),
            ..Traits::default()
        },
        seed: "seed".to_owned(),
        project: None,
        profile: None,
        stream: flag(7),
    };
    for dialect in Dialect::ALL {
        if let Some(Ok(enveloped)) =
            envelope_request(format, body, &target(dialect), &mut Notes::new())
        {
            assert!(is_object(&enveloped.body), "{dialect}");
        }
    }
    let mut notes = Notes::new();
    let Ok(mut request) = decode_request(format, body, &mut notes) else {
        return;
    };
    request.repair_history(&mut notes);
    let mut again = request.clone();
    again.repair_history(&mut Notes::new());
    assert_eq!(again, request, "a mended history is sound");
    for dialect in Dialect::ALL {
        let mut notes = Notes::new();
        if let Ok(encoded) = encode_request(&request, &target(dialect), &mut notes) {
            assert!(is_object(&encoded.body), "{dialect}: {:?}", encoded.body);
        }
    }
}

fn is_object(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(body).is_ok_and(|json| json.is_object())
}
