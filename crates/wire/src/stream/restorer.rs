//! Undoes in the answer what had to be changed in the request: names of tools, custom tools sent as functions,
//! a forced tool that stands in for structured output.

use crate::ir::event::{Delta, Opening, Step};
use crate::ir::response::FinishReason;
use crate::ir::target::Restore;
use crate::json::Json;

#[derive(Debug)]
pub struct Restorer {
    restore: Restore,
    open: Open,
    has_calls: bool,
}

#[derive(Debug)]
enum Open {
    Untouched,
    /// A custom tool's function: its input is unwrapped when it is whole.
    Custom(String),
    /// The tool whose input is the answer's text.
    Output,
}

impl Restorer {
    pub fn new(restore: Restore) -> Self {
        Self {
            restore,
            open: Open::Untouched,
            has_calls: false,
        }
    }

    pub fn push(&mut self, step: Step, out: &mut Vec<Step>) {
        match step {
            Step::Open(opening) => {
                let opening = self.opened(opening);
                out.push(Step::Open(opening));
            }
            Step::Delta(Delta::Input(fragment)) => match &mut self.open {
                Open::Untouched => out.push(Step::Delta(Delta::Input(fragment))),
                Open::Custom(input) => input.push_str(&fragment),
                Open::Output => out.push(Step::Delta(Delta::Text(fragment))),
            },
            Step::Close => {
                if let Open::Custom(input) = std::mem::replace(&mut self.open, Open::Untouched) {
                    out.push(Step::Delta(Delta::Input(unwrapped(input))));
                }
                out.push(Step::Close);
            }
            Step::Finish { reason, usage } => out.push(Step::Finish {
                reason: match reason {
                    FinishReason::ToolUse if !self.has_calls => FinishReason::Stop,
                    reason => reason,
                },
                usage,
            }),
            step @ (Step::Start { .. } | Step::Delta(_) | Step::Error(_)) => out.push(step),
        }
    }

    fn opened(&mut self, opening: Opening) -> Opening {
        self.open = Open::Untouched;
        let Opening::Tool(mut tool) = opening else {
            return opening;
        };
        if self.restore.output_tool.as_ref() == Some(&tool.name) {
            self.open = Open::Output;
            return Opening::Text;
        }
        self.has_calls = true;
        if let Some(renamed) = self
            .restore
            .tools
            .iter()
            .find(|renamed| renamed.sent == tool.name)
        {
            tool.name.clone_from(&renamed.name);
            tool.namespace.clone_from(&renamed.namespace);
            tool.is_custom = renamed.is_custom;
            if renamed.is_custom {
                self.open = Open::Custom(String::new());
            }
        }
        Opening::Tool(tool)
    }
}

/// The text in `{"input":"…"}`; a model that wrote anything else is quoted as it is.
fn unwrapped(input: String) -> String {
    let text = Json::parse(input.as_bytes(), &[])
        .ok()
        .and_then(|json| json.into_object()?.take("input")?.into_string());
    text.unwrap_or(input)
}

#[cfg(test)]
mod tests {
    use super::Restorer;
    use crate::ir::event::{Delta, Opening, Step, ToolOpening};
    use crate::ir::response::FinishReason;
    use crate::ir::target::{RenamedTool, Restore};

    fn run(restore: Restore, steps: Vec<Step>) -> Vec<Step> {
        let mut restorer = Restorer::new(restore);
        let mut out = Vec::new();
        for step in steps {
            restorer.push(step, &mut out);
        }
        out
    }

    fn tool(name: &str, is_custom: bool) -> Step {
        Step::Open(Opening::Tool(ToolOpening {
            id: Some("c".to_owned()),
            name: name.to_owned(),
            namespace: None,
            is_custom,
        }))
    }

    fn input(text: &str) -> Step {
        Step::Delta(Delta::Input(text.to_owned()))
    }

    fn finish(reason: FinishReason) -> Step {
        Step::Finish {
            reason,
            usage: None,
        }
    }

    #[test]
    fn a_custom_tool_gets_its_text_back() {
        let restore = Restore {
            tools: vec![RenamedTool {
                sent: "apply_patch".to_owned(),
                name: "apply.patch".to_owned(),
                namespace: None,
                is_custom: true,
            }],
            ..Restore::default()
        };
        let steps = run(
            restore,
            vec![
                tool("apply_patch", false),
                input(r#"{"inp"#),
                input(r#"ut":"*** Begin\n"}"#),
                Step::Close,
                finish(FinishReason::ToolUse),
            ],
        );
        assert_eq!(
            steps,
            [
                tool("apply.patch", true),
                input("*** Begin\n"),
                Step::Close,
                finish(FinishReason::ToolUse)
            ]
        );
    }

    #[test]
    fn an_output_tools_input_is_text() {
        let restore = Restore {
            output_tool: Some("answer".to_owned()),
            ..Restore::default()
        };
        let steps = run(
            restore,
            vec![
                tool("answer", false),
                input(r#"{"a":1}"#),
                Step::Close,
                finish(FinishReason::ToolUse),
            ],
        );
        assert_eq!(
            steps,
            [
                Step::Open(Opening::Text),
                Step::Delta(Delta::Text(r#"{"a":1}"#.to_owned())),
                Step::Close,
                finish(FinishReason::Stop)
            ]
        );
    }
}
