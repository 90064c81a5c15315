//! Any bytes as any upstream's answer, cut anywhere: never a panic, the same for every cut,
//! always an end, and never more output than a multiple of the input.

use std::time::Duration;

use wire::codec::Reply;
use wire::dialect::Dialect;
use wire::format::Format;
use wire::ir::target::Restore;
use wire::stream::translator::{Delivery, Translator};

/// Bytes of output for each byte of input, at most: an event around a single character is the worst case,
/// and Responses says everything three times.
pub(crate) const MOST_PER_BYTE: usize = 400;
/// What even an empty answer may cost.
pub(crate) const MOST_FOR_NOTHING: usize = 20_000;

/// The first byte chooses the upstream, the second the size of the chunks.
pub(crate) fn answer(data: &[u8]) {
    let [dialect, size, body @ ..] = data else {
        return;
    };
    let Some(dialect) = Dialect::ALL
        .get(usize::from(*dialect) % Dialect::ALL.len())
        .copied()
    else {
        return;
    };
    let size = usize::from(*size).max(1);
    for client in Format::ALL {
        for delivery in [Delivery::Stream, Delivery::Whole] {
            let cut = run(dialect, client, delivery, body.chunks(size));
            let whole = run(dialect, client, delivery, body.chunks(body.len().max(1)));
            assert_eq!(cut, whole, "{dialect} to {client}, cut at {size}");
            let most = MOST_FOR_NOTHING + MOST_PER_BYTE * body.len();
            assert!(
                cut.0.len() <= most,
                "{dialect} to {client}: {} bytes",
                cut.0.len()
            );
        }
        for delivery in [Delivery::Stream, Delivery::Whole] {
            let unwrapping =
                Translator::unwrapping(dialect, client, delivery, Restore::default(), "s");
            if let Some(translator) = unwrapping {
                feed(translator, body.chunks(size));
            }
        }
    }
}

fn run<'a>(
    dialect: Dialect,
    client: Format,
    delivery: Delivery,
    chunks: impl Iterator<Item = &'a [u8]>,
) -> (Vec<u8>, Option<String>) {
    let reply = Reply {
        seed: "seed".to_owned(),
        model: "m".to_owned(),
        ..Reply::default()
    };
    feed(
        Translator::new(dialect, client, delivery, Restore::default(), reply),
        chunks,
    )
}

/// What the client gets, and the error it gets instead.
fn feed<'a>(
    mut translator: Translator,
    chunks: impl Iterator<Item = &'a [u8]>,
) -> (Vec<u8>, Option<String>) {
    let mut out = Vec::new();
    for chunk in chunks {
        translator.feed(chunk, Duration::ZERO, &mut out);
    }
    translator.finish(Duration::ZERO, &mut out);
    let error = translator.failed_early().map(|error| error.message.clone());
    assert!(translator.is_ended());
    assert!(error.is_some() || !out.is_empty(), "an answer or an error");
    (out, error)
}
