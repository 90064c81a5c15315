//! Tools that the vendor runs: their names here, and what they come back with.
//!
//! <https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools>

use crate::ir::content::{Citation, Hosted, HostedResult, HostedUse};
use crate::json::{Json, Object};

/// How the ids of their calls begin.
pub(super) const ID: &str = "srvtoolu_";

const RESULT: &str = "_tool_result";

/// From the name in a call, or the type of a definition, which is the name and a date.
pub(super) fn tool(name: &str) -> Hosted {
    if name.starts_with("web_search") {
        Hosted::WebSearch
    } else if name.starts_with("web_fetch") {
        Hosted::WebFetch
    } else if name.contains("code_execution") {
        Hosted::CodeExecution
    } else {
        Hosted::Other(name.to_owned())
    }
}

pub(super) fn is_id(id: &str) -> bool {
    id.strip_prefix(ID).is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .chars()
                .all(|char| char.is_ascii_alphanumeric() || char == '_')
    })
}

/// Whether a block of this type is a call of a tool that the client does not run.
pub(super) fn is_use(kind: &str) -> bool {
    matches!(kind, "server_tool_use" | "mcp_tool_use")
}

/// Whether it is what came of one.
pub(super) fn is_result(kind: &str) -> bool {
    kind != "tool_result" && kind.ends_with(RESULT)
}

/// A `server_tool_use` block, with its input if that is known already.
pub(super) fn hosted_use(mut block: Object<'_>) -> HostedUse {
    let name = block.take("name").and_then(Json::into_string);
    let input = block.take("input").map(|input| input.to_text());
    HostedUse {
        id: block.take("id").and_then(Json::into_string),
        tool: tool(name.as_deref().unwrap_or("unknown")),
        input: input.unwrap_or_else(|| "{}".to_owned()),
    }
}

/// A `web_search_tool_result` block or one like it; an error in it found nothing.
pub(super) fn hosted_result(kind: &str, mut block: Object<'_>) -> HostedResult {
    let sources = match block.take("content") {
        Some(Json::Array(items)) => items.into_iter().filter_map(source).collect(),
        Some(item) => source(item).into_iter().collect(),
        None => Vec::new(),
    };
    HostedResult {
        id: block.take("tool_use_id").and_then(Json::into_string),
        tool: tool(kind.strip_suffix(RESULT).unwrap_or(kind)),
        sources,
    }
}

fn source(item: Json<'_>) -> Option<Citation> {
    let mut item = item.into_object()?;
    Some(Citation {
        url: Some(item.take("url")?.into_string()?),
        title: item.take("title").and_then(Json::into_string),
        cited_text: None,
        span: None,
    })
}
