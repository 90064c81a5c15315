//! Ready-made configuration for the common clients, with the real address in it.

use leptos::prelude::*;

use crate::components::copy::CopyButton;

/// Stands where the reader puts a key; the real ones are shown once, when they are made.
const KEY: &str = "YOUR_KEY";

struct Snippet {
    id: &'static str,
    title: &'static str,
    /// Where it goes.
    place: &'static str,
    text: String,
}

fn snippets(url: &str, model: &str) -> Vec<Snippet> {
    // Anthropic's clients add `/v1` themselves.
    let root = url.trim_end_matches("/v1");
    vec![
        Snippet {
            id: "claude-code",
            title: "Claude Code",
            place: "In the shell, before you start it",
            text: format!(
                "export ANTHROPIC_BASE_URL={root}\nexport ANTHROPIC_AUTH_TOKEN={KEY}\nexport ANTHROPIC_MODEL={model}\nclaude"
            ),
        },
        Snippet {
            id: "codex",
            title: "Codex",
            place: "In ~/.codex/config.toml; the key in the environment",
            text: format!(
                "model = \"{model}\"\nmodel_provider = \"ninerouter\"\n\n[model_providers.ninerouter]\nname = \"9Router\"\nbase_url = \"{url}\"\nwire_api = \"responses\"\nenv_key = \"NINEROUTER_API_KEY\"\n\n# export NINEROUTER_API_KEY={KEY}"
            ),
        },
        Snippet {
            id: "openai-sdk",
            title: "OpenAI SDK",
            place: "Python; other languages name it base URL as well",
            text: format!(
                "from openai import OpenAI\n\nclient = OpenAI(\n    base_url=\"{url}\",\n    api_key=\"{KEY}\",\n)\nreply = client.chat.completions.create(\n    model=\"{model}\",\n    messages=[{{\"role\": \"user\", \"content\": \"Hello\"}}],\n)"
            ),
        },
        Snippet {
            id: "curl",
            title: "curl",
            place: "To see that it works",
            text: format!(
                "curl {url}/chat/completions \\\n  -H \"Authorization: Bearer {KEY}\" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{{\"model\": \"{model}\", \"messages\": [{{\"role\": \"user\", \"content\": \"Hello\"}}]}}'"
            ),
        },
    ]
}

#[component]
pub(crate) fn Snippets(
    url: String,
    /// A model that works right now.
    model: Option<String>,
) -> impl IntoView {
    let model = model.unwrap_or_else(|| "prefix/model".to_owned());
    view! {
        <section class="card" aria-labelledby="clients-title">
            <h2 id="clients-title">"Connect a client"</h2>
            <p class="muted">
                "Put one of your keys where it says "<code>{KEY}</code>
                ", and any model of the list below where it says "<code>{model.clone()}</code>"."
            </p>
            <div class="snippets">
                {snippets(&url, &model)
                    .into_iter()
                    .map(|snippet| view! {
                        // One open at a time.
                        <details class="disclosure snippet" name="client" open=snippet.id == "claude-code">
                            <summary>{snippet.title}<span class="muted">{snippet.place}</span></summary>
                            <div class="code-block">
                                <pre tabindex="0" aria-label=snippet.title><code>{snippet.text.clone()}</code></pre>
                                <CopyButton text=snippet.text what=snippet.title/>
                            </div>
                        </details>
                    })
                    .collect_view()}
            </div>
        </section>
    }
}
