//! The list of its models that a provider gives, in whatever shape.
//!
//! OpenAI: <https://platform.openai.com/docs/api-reference/models/list>;
//! Anthropic: <https://platform.claude.com/docs/en/api/models-list>;
//! Gemini: <https://ai.google.dev/api/models#method:-models.list>;
//! Ollama: <https://docs.ollama.com/api/tags>;
//! Cloudflare: <https://developers.cloudflare.com/api/resources/ai/subresources/models/methods/list>, whose `id` is a
//! number of its own and whose `name` is what a request says.
//! The size of the context is where vendors put it: OpenRouter says `context_length`, Groq `context_window`,
//! Mistral `max_context_length`, vLLM `max_model_len`, Gemini `inputTokenLimit`, Anthropic `max_input_tokens`.

use wire::json::Json;

/// More models than any provider has; the rest of a longer list is left out.
const MOST: usize = 2_000;
/// A longer name is no model's.
const LONGEST: usize = 200;

/// A model that a provider has listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The provider's own name for it.
    pub id: String,
    /// The name for people, where it says one.
    pub name: Option<String>,
    /// Tokens of context, where it says so.
    pub context: Option<u64>,
}

/// The models in a list, each once, by name. `None`: it is no list of models.
#[must_use]
pub fn read(body: &[u8]) -> Option<Vec<Listed>> {
    let document = Json::parse(body, &[]).ok()?;
    if let Some(items) = document.get("result").and_then(Json::as_array) {
        return Some(sorted(items.iter().filter_map(named)));
    }
    let items = document
        .as_array()
        .or_else(|| document.get("data")?.as_array())
        .or_else(|| document.get("models")?.as_array())?;
    Some(sorted(items.iter().filter_map(model)))
}

fn sorted(models: impl Iterator<Item = Listed>) -> Vec<Listed> {
    let mut models: Vec<Listed> = models.collect();
    models.sort_by(|one, other| one.id.cmp(&other.id));
    models.dedup_by(|one, other| one.id == other.id);
    models.truncate(MOST);
    models
}

/// A model of which the name is what a request says.
fn named(item: &Json) -> Option<Listed> {
    model(item.get("name").filter(|name| name.as_str().is_some())?)
}

fn model(item: &Json) -> Option<Listed> {
    let text = |keys: &[&str]| {
        keys.iter()
            .find_map(|key| item.get(key)?.as_str())
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let id = item
        .as_str()
        .or_else(|| text(&["id", "slug", "model", "name"]))?;
    // Gemini's are resources.
    let id = id.strip_prefix("models/").unwrap_or(id);
    if id.is_empty() || id.len() > LONGEST || id.chars().any(char::is_control) {
        return None;
    }
    let name = text(&["display_name", "displayName", "name"])
        .map(|name| name.strip_prefix("models/").unwrap_or(name))
        .filter(|name| *name != id && name.len() <= LONGEST);
    let context = [
        "context_length",
        "context_window",
        "max_context_length",
        "max_model_len",
        "inputTokenLimit",
        "max_input_tokens",
    ]
    .iter()
    .find_map(|key| item.get(key)?.as_u64())
    .filter(|context| *context > 0);
    Some(Listed {
        id: id.to_owned(),
        name: name.map(str::to_owned),
        context,
    })
}

#[cfg(test)]
mod tests {
    use super::{Listed, MOST, read};

    #[test]
    fn every_vendors_list_is_read() {
        let listed = |id: &str, name: Option<&str>, context| Listed {
            id: id.to_owned(),
            name: name.map(str::to_owned),
            context,
        };
        let cases = [
            (
                r#"{"object":"list","data":[{"id":"gpt-5","object":"model"},{"id":"a/b","name":"B","context_length":8192},{"id":"gpt-5"}]}"#,
                vec![
                    listed("a/b", Some("B"), Some(8192)),
                    listed("gpt-5", None, None),
                ],
            ),
            (
                r#"{"data":[{"type":"model","id":"claude-x","display_name":"Claude X","max_input_tokens":200000}],"has_more":false}"#,
                vec![listed("claude-x", Some("Claude X"), Some(200_000))],
            ),
            (
                r#"{"models":[{"name":"models/gemini-x","displayName":"Gemini X","inputTokenLimit":1048576}]}"#,
                vec![listed("gemini-x", Some("Gemini X"), Some(1_048_576))],
            ),
            (
                r#"{"models":[{"name":"llama3:8b","model":"llama3:8b","size":1}]}"#,
                vec![listed("llama3:8b", None, None)],
            ),
            (
                r#"[{"id":"m"},"n",7,{"id":""},{"id":"a\nb"}]"#,
                vec![listed("m", None, None), listed("n", None, None)],
            ),
            (
                r#"{"success":true,"result":[{"id":"0b1c-number","name":"@cf/meta/llama","task":{"name":"Text Generation"}},{"id":"7"}]}"#,
                vec![listed("@cf/meta/llama", None, None)],
            ),
            (r#"{"data":[]}"#, vec![]),
        ];
        for (body, models) in cases {
            assert_eq!(read(body.as_bytes()), Some(models), "{body}");
        }
        for body in ["", "<html>", "{}", "7", r#"{"data":{}}"#] {
            assert_eq!(read(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn an_endless_list_is_cut() {
        let items: Vec<String> = (0..MOST + 5)
            .map(|number| format!("\"m{number}\""))
            .collect();
        let models = read(format!("[{}]", items.join(",")).as_bytes()).expect("a list");
        assert_eq!(models.len(), MOST);
    }
}
