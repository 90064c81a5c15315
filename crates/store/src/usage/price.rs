//! The price a request was charged by, as its row keeps it: `c:3000000:15000000:300000:3750000:15000000`.

use api::price::{AppliedPrice, PriceSource, Rates};

/// The source's letter, then input, output, cache read, cache write and reasoning.
pub(super) fn text(price: &AppliedPrice) -> String {
    let source = match price.source {
        PriceSource::Catalogue => "c",
        PriceSource::Override => "o",
    };
    let Rates {
        input,
        output,
        cache_read,
        cache_write,
        reasoning,
    } = price.rates;
    format!("{source}:{input}:{output}:{cache_read}:{cache_write}:{reasoning}")
}

/// What is not readable any more is as good as nothing.
pub(super) fn read(text: &str) -> Option<AppliedPrice> {
    let (source, rates) = text.split_once(':')?;
    let source = match source {
        "c" => PriceSource::Catalogue,
        "o" => PriceSource::Override,
        _ => return None,
    };
    let rates: Vec<u64> = rates
        .split(':')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let [input, output, cache_read, cache_write, reasoning] = rates[..] else {
        return None;
    };
    Some(AppliedPrice {
        source,
        rates: Rates {
            input,
            output,
            cache_read,
            cache_write,
            reasoning,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_reads_as_it_was_written() {
        for source in [PriceSource::Catalogue, PriceSource::Override] {
            let price = AppliedPrice {
                source,
                rates: Rates {
                    input: 1,
                    output: 2,
                    cache_read: 3,
                    cache_write: 4,
                    reasoning: Rates::MOST,
                },
            };
            assert_eq!(read(&text(&price)), Some(price));
        }
        for nonsense in ["", "c", "x:1:2:3:4:5", "c:1:2:3:4", "c:1:2:3:4:-5"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
