//! How many tokens a response cost, in counters that do not overlap.
//!
//! Vendors count in two ways: OpenAI's totals include what came from the cache, Anthropic's do not.
//! [`Reported`] keeps what a vendor said, so that a later report can overwrite a part of it;
//! [`Usage`] is what it comes to.
//! Nothing is estimated here: no report, no usage.

mod anthropic;
mod gemini;
mod ollama;
mod openai_chat;
mod openai_responses;

use crate::format::Format;

/// Tokens in disjoint counters, but for `reasoning`, which is a part of `output`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Prompt tokens that neither came from the cache nor went into it.
    pub input: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    /// Everything generated, thinking included.
    pub output: u64,
    pub reasoning: u64,
}

/// A vendor's usage report in the vendor's own arithmetic; absent is not zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reported {
    pub prompt: Option<u64>,
    pub cache_read: Option<u64>,
    pub cache_write: Option<u64>,
    pub output: Option<u64>,
    pub reasoning: Option<u64>,
}

impl Usage {
    /// The whole prompt, in every format.
    pub fn total_input(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write)
    }
}

impl Reported {
    /// Reads a `usage` object; what is malformed or unknown in it counts as absent.
    pub fn read(format: Format, json: &[u8]) -> Self {
        match format {
            Format::OpenaiChat => openai_chat::read(json),
            Format::OpenaiResponses => openai_responses::read(json),
            Format::Anthropic => anthropic::read(json),
            Format::Gemini => gemini::read(json),
            Format::Ollama => ollama::read(json),
        }
    }

    /// Reports are cumulative: a later one overwrites the fields it carries, and only these.
    pub fn update(&mut self, later: Self) {
        *self = Self {
            prompt: later.prompt.or(self.prompt),
            cache_read: later.cache_read.or(self.cache_read),
            cache_write: later.cache_write.or(self.cache_write),
            output: later.output.or(self.output),
            reasoning: later.reasoning.or(self.reasoning),
        };
    }

    /// The disjoint counters, or nothing if nothing was reported.
    pub fn usage(&self, format: Format) -> Option<Usage> {
        if *self == Self::default() {
            return None;
        }
        let prompt = self.prompt.unwrap_or_default();
        let cache_read = self.cache_read.unwrap_or_default();
        let cache_write = self.cache_write.unwrap_or_default();
        let output = self.output.unwrap_or_default();
        let input = match format {
            Format::OpenaiChat | Format::OpenaiResponses | Format::Gemini | Format::Ollama => {
                prompt
                    .saturating_sub(cache_read)
                    .saturating_sub(cache_write)
            }
            Format::Anthropic => prompt,
        };
        Some(Usage {
            input,
            cache_read,
            cache_write,
            output,
            reasoning: self.reasoning.unwrap_or_default().min(output),
        })
    }
}

/// The usage in one `usage` object, when there is no other report to combine it with.
pub fn read(format: Format, json: &[u8]) -> Option<Usage> {
    Reported::read(format, json).usage(format)
}

#[cfg(test)]
mod tests {
    use super::{Reported, Usage, read};
    use crate::format::Format;

    fn check(
        format: Format,
        json: &str,
        [input, cache_read, cache_write, output, reasoning]: [u64; 5],
    ) {
        let expected = Usage {
            input,
            cache_read,
            cache_write,
            output,
            reasoning,
        };
        assert_eq!(
            read(format, json.as_bytes()),
            Some(expected),
            "{format}: {json}"
        );
    }

    #[test]
    fn a_chat_prompt_includes_what_was_cached() {
        let format = Format::OpenaiChat;
        check(
            format,
            r#"{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}"#,
            [9, 0, 0, 12, 0],
        );
        check(
            format,
            r#"{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,
                "prompt_tokens_details":{"cached_tokens":1920,"cache_write_tokens":64,"audio_tokens":0},
                "completion_tokens_details":{"reasoning_tokens":192,"audio_tokens":0}}"#,
            [22, 1920, 64, 300, 192],
        );
    }

    #[test]
    fn a_responses_input_includes_what_was_cached() {
        check(
            Format::OpenaiResponses,
            r#"{"input_tokens":328,"input_tokens_details":{"cached_tokens":300,"cache_write_tokens":8},
                "output_tokens":52,"output_tokens_details":{"reasoning_tokens":40},"total_tokens":380}"#,
            [20, 300, 8, 52, 40],
        );
    }

    #[test]
    fn an_anthropic_input_excludes_the_cache() {
        let format = Format::Anthropic;
        check(
            format,
            r#"{"input_tokens":21,"cache_creation_input_tokens":188,"cache_read_input_tokens":4000,
                "output_tokens":393,"output_tokens_details":{"thinking_tokens":200},"service_tier":"standard"}"#,
            [21, 4000, 188, 393, 200],
        );
        check(
            format,
            r#"{"input_tokens":1,"cache_creation":{"ephemeral_5m_input_tokens":5,"ephemeral_1h_input_tokens":7}}"#,
            [1, 0, 12, 0, 0],
        );
    }

    #[test]
    fn absurd_counts_saturate() {
        let format = Format::OpenaiChat;
        check(
            format,
            r#"{"prompt_tokens":5,"prompt_tokens_details":{"cached_tokens":9}}"#,
            [0, 9, 0, 0, 0],
        );
        check(
            format,
            r#"{"completion_tokens":3,"completion_tokens_details":{"reasoning_tokens":9}}"#,
            [0, 0, 0, 3, 3],
        );
        let json = br#"{"input_tokens":1e30,"cache_read_input_tokens":18446744073709551615}"#;
        let usage = read(Format::Anthropic, json).expect("two counts are reported");
        assert_eq!(usage.total_input(), u64::MAX);
    }

    #[test]
    fn a_malformed_count_leaves_its_neighbours() {
        check(
            Format::OpenaiChat,
            r#"{"prompt_tokens":-4,"completion_tokens":7,"prompt_tokens_details":"none","cost":{"usd":1}}"#,
            [0, 0, 0, 7, 0],
        );
    }

    #[test]
    fn nothing_reported_is_no_usage() {
        for format in Format::ALL {
            for json in [
                "",
                "null",
                "{}",
                "[1,2,3]",
                "{\"a\":",
                r#"{"prompt_tokens":null,"input_tokens":"3"}"#,
            ] {
                assert_eq!(read(format, json.as_bytes()), None, "{format}: {json}");
            }
        }
    }

    #[test]
    fn a_later_report_overwrites_only_what_it_carries() {
        let format = Format::Anthropic;
        let mut reported = Reported::read(
            format,
            br#"{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}"#,
        );
        reported.update(Reported::read(
            format,
            br#"{"output_tokens":7,"input_tokens":11}"#,
        ));
        reported.update(Reported::read(
            format,
            br#"{"server_tool_use":{"web_search_requests":1}}"#,
        ));
        let expected = Usage {
            input: 11,
            cache_read: 5,
            output: 7,
            ..Usage::default()
        };
        assert_eq!(reported.usage(format), Some(expected));
    }
}
