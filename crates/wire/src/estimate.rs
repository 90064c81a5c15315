//! How many tokens a request probably has, for vendors that do not say.
//!
//! Four bytes a token for text, as English and code have it, and a fixed price for what is no text.

use crate::ir::content::{Block, Content, Document, DocumentBody};
use crate::ir::request::{Request, ToolKind};

const BYTES_PER_TOKEN: u64 = 4;
const PER_MESSAGE: u64 = 4;
/// An image of ordinary size, by the vendors' own tables.
const PER_IMAGE: u64 = 1_100;
const PER_DOCUMENT: u64 = 3_000;

/// An estimate; never zero.
pub fn tokens(request: &Request) -> u64 {
    let system: u64 = request.system.iter().map(block).sum();
    let turns: u64 = request
        .turns
        .iter()
        .map(|turn| PER_MESSAGE + turn.blocks.iter().map(block).sum::<u64>())
        .sum();
    let tools: u64 = request
        .tools
        .iter()
        .map(|tool| {
            let schema = match &tool.kind {
                ToolKind::Function { schema, .. } => {
                    schema.as_ref().map_or(0, |schema| schema.to_text().len())
                }
                ToolKind::Custom { format } => {
                    format.as_ref().map_or(0, |format| format.to_text().len())
                }
                ToolKind::Hosted(_) => 0,
            };
            let description = tool.description.as_deref().unwrap_or_default();
            PER_MESSAGE + of_bytes(tool.name.len() + description.len() + schema)
        })
        .sum();
    (system + turns + tools).max(1)
}

/// Tokens in this much text.
pub fn of_bytes(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(BYTES_PER_TOKEN)
}

fn block(block: &Block) -> u64 {
    match &block.content {
        Content::Text(text) => of_bytes(text.text.len()),
        Content::Refusal(text) => of_bytes(text.len()),
        Content::Thinking(thinking) => of_bytes(thinking.text.len()),
        Content::Image(_) => PER_IMAGE,
        Content::Audio(_) | Content::Video(_) => PER_DOCUMENT,
        Content::Document(Document {
            body: DocumentBody::Text(text),
            ..
        }) => of_bytes(text.len()),
        Content::Document(_) => PER_DOCUMENT,
        Content::ToolUse(call) => {
            PER_MESSAGE + of_bytes(call.name.len() + call.input.json_text().len())
        }
        Content::ToolResult(result) => {
            PER_MESSAGE + result.content.iter().map(self::block).sum::<u64>()
        }
        Content::HostedUse(call) => of_bytes(call.input.len()),
        Content::HostedResult(result) => 50 * result.sources.len() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::tokens;
    use crate::format::Format;
    use crate::ir::content::{At, Block};
    use crate::ir::request::{Request, Role, Turn};

    #[test]
    fn text_is_counted_by_its_bytes() {
        let mut request = Request::new(Format::OpenaiChat, "m");
        assert_eq!(tokens(&request), 1);
        let at = At::message(0);
        request.turns = vec![Turn::new(
            at,
            Role::User,
            vec![Block::text(at, "x".repeat(400))],
        )];
        assert_eq!(tokens(&request), 104);
    }
}
