//! Tools and which of them to use: <https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools>.

use std::collections::HashSet;

use crate::anthropic::encode::cache::{Kind, Piece};
use crate::anthropic::encode::schema;
use crate::error::WireError;
use crate::ir::content::Hosted;
use crate::ir::note::Notes;
use crate::ir::request::{Output, OutputSchema, Param, Request, Tool, ToolChoice, ToolKind};
use crate::ir::target::Traits;
use crate::ir::tools::Names;
use crate::json::{Json, Object};
use crate::object;

/// As many tools of one request may be strict.
const MOST_STRICT: usize = 20;

#[derive(Debug)]
pub(super) struct Tools<'a> {
    pub(super) list: Vec<Piece<'a>>,
    pub(super) choice: Option<Object<'a>>,
    /// The tool whose input is the answer, for a model without structured output.
    pub(super) output_tool: Option<String>,
    pub(super) lacks_structured_output: bool,
}

/// What `tool_choice` says, before it is known whether there are tools at all.
enum Choice<'a> {
    Unsaid,
    Auto,
    None,
    Any,
    Tool(&'a str),
}

impl<'a> Tools<'a> {
    pub(super) fn new(
        request: &'a Request,
        traits: &Traits,
        names: &'a Names,
        notes: &mut Notes,
    ) -> Result<Self, WireError> {
        let list = list(request, traits, names, notes);
        let mut tools = Self {
            list,
            choice: None,
            output_tool: None,
            lacks_structured_output: traits.lacks_structured_output,
        };
        let choice = tools.wanted(request, names, notes)?;
        let choice = match choice {
            forced @ (Choice::Any | Choice::Tool(_)) if traits.refuses_forced_tools => {
                let wish = match forced {
                    Choice::Tool(name) => format!("the tool \"{name}\""),
                    _ => "a tool".to_owned(),
                };
                let path = request.param_path(Param::ToolChoice);
                notes.add(
                    &path,
                    format!("became \"auto\": this model refuses to be told to call {wish}"),
                );
                Choice::Auto
            }
            choice => choice,
        };
        if !tools.answer_by_tool(request, &choice) {
            tools.choose(&choice, request.parallel_tool_calls == Some(false));
        }
        Ok(tools)
    }

    pub(super) fn is_forced(&self) -> bool {
        let kind = self.choice.as_ref().and_then(|choice| choice.get("type"));
        matches!(kind.and_then(Json::as_str), Some("any" | "tool"))
    }

    fn wanted(
        &self,
        request: &'a Request,
        names: &'a Names,
        notes: &mut Notes,
    ) -> Result<Choice<'a>, WireError> {
        let path = request.param_path(Param::ToolChoice);
        let choice = match &request.tool_choice {
            None => Choice::Unsaid,
            Some(
                ToolChoice::Auto
                | ToolChoice::Allowed {
                    is_required: false, ..
                },
            ) => Choice::Auto,
            Some(ToolChoice::None) => Choice::None,
            Some(ToolChoice::Required | ToolChoice::Allowed { .. }) => Choice::Any,
            Some(ToolChoice::Tool(name)) => match self.named(request, names, name) {
                Some(sent) => Choice::Tool(sent),
                None => {
                    notes.add(
                        &path,
                        format!("dropped: there is no tool \"{name}\" to call"),
                    );
                    Choice::Unsaid
                }
            },
        };
        if matches!(choice, Choice::Any) && self.list.is_empty() && !request.tools.is_empty() {
            return Err(WireError::invalid(format!(
                "expected \"{path}\" to leave a choice: none of the tools it demands exists at Anthropic"
            )));
        }
        Ok(choice)
    }

    /// The name under which the client's tool `name` is on the list.
    fn named(&self, request: &'a Request, names: &'a Names, name: &str) -> Option<&'a str> {
        let tool = request
            .tools
            .iter()
            .find(|tool| tool.full_name() == name || tool.name == name)?;
        let sent = sent_name(tool, names)?;
        self.has(sent).then_some(sent)
    }

    fn has(&self, sent: &str) -> bool {
        self.list
            .iter()
            .any(|piece| piece.json.get("name").and_then(Json::as_str) == Some(sent))
    }

    fn choose(&mut self, choice: &Choice<'a>, is_one_at_a_time: bool) {
        if self.list.is_empty() {
            return;
        }
        let mut json = match choice {
            Choice::Unsaid if !is_one_at_a_time => return,
            Choice::Unsaid | Choice::Auto => object! { "type" => "auto" },
            Choice::Any => object! { "type" => "any" },
            Choice::Tool(name) => object! { "type" => "tool", "name" => *name },
            Choice::None => {
                self.choice = Some(object! { "type" => "none" });
                return;
            }
        };
        if is_one_at_a_time {
            json.push("disable_parallel_tool_use", true);
        }
        self.choice = Some(json);
    }

    /// A model without structured output gives its answer as the input of a tool it must call.
    fn answer_by_tool(&mut self, request: &'a Request, choice: &Choice<'a>) -> bool {
        let Output::JsonSchema(output) = &request.output else {
            return false;
        };
        let is_possible = self.lacks_structured_output
            && schema::is_of_object(&output.schema)
            && !matches!(choice, Choice::Tool(_));
        if !is_possible {
            return false;
        }
        let is_only = self.list.is_empty() || matches!(choice, Choice::None);
        let name = self.output_name(output);
        let description = output.description.as_deref();
        let json = object! {
            "name" => name.clone(),
            "description" => description.unwrap_or("Gives the answer."),
            "input_schema" => schema::of_input(Some(&output.schema)),
        };
        self.list.push(Piece::new(Kind::Other, json));
        let mut choice = if is_only {
            object! { "type" => "tool", "name" => name.clone() }
        } else {
            object! { "type" => "any" }
        };
        if is_only || request.parallel_tool_calls == Some(false) {
            choice.push("disable_parallel_tool_use", true);
        }
        self.choice = Some(choice);
        self.output_tool = Some(name);
        true
    }

    fn output_name(&self, output: &OutputSchema) -> String {
        let wanted = output.name.as_deref().unwrap_or("answer");
        let mut name: String = wanted
            .chars()
            .filter(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-'))
            .take(48)
            .collect();
        while name.is_empty() || self.has(&name) {
            name.push_str("_answer");
        }
        name
    }
}

fn list<'a>(
    request: &'a Request,
    traits: &Traits,
    names: &'a Names,
    notes: &mut Notes,
) -> Vec<Piece<'a>> {
    let allowed = match &request.tool_choice {
        Some(ToolChoice::Allowed { names, .. }) => Some(names),
        Some(ToolChoice::Auto | ToolChoice::None | ToolChoice::Required | ToolChoice::Tool(_))
        | None => None,
    };
    let is_allowed = |tool: &&Tool| {
        allowed.is_none_or(|names| names.contains(&tool.name) || names.contains(&tool.full_name()))
    };
    let mut taken = HashSet::new();
    let mut strict = 0;
    let mut list = Vec::new();
    for tool in request.tools.iter().filter(is_allowed) {
        let Some(name) = sent_name(tool, names) else {
            let what = format!("dropped: Anthropic runs no tool like \"{}\"", tool.name);
            notes.add(request.tool_path(tool), what);
            continue;
        };
        if !taken.insert(name) {
            if !matches!(tool.kind, ToolKind::Hosted(_)) {
                let what = format!("dropped: another tool is called \"{name}\" too");
                notes.add(request.tool_path(tool), what);
            }
            continue;
        }
        let mut json = match &tool.kind {
            ToolKind::Hosted(hosted) => object! { "type" => hosted_type(hosted), "name" => name },
            ToolKind::Function { .. } | ToolKind::Custom { .. } => object! { "name" => name },
        };
        match &tool.kind {
            ToolKind::Hosted(_) => {}
            ToolKind::Function {
                schema,
                strict: wants_strict,
            } => {
                json.push_some("description", said(tool.description.as_deref()));
                let mut schema = Json::from(schema::of_input(schema.as_ref()));
                let is_strict = *wants_strict == Some(true)
                    && !traits.lacks_structured_output
                    && strict < MOST_STRICT;
                if is_strict {
                    strict += 1;
                    schema = schema::closed(&schema);
                }
                json.push("input_schema", schema);
                if is_strict {
                    json.push("strict", true);
                }
            }
            ToolKind::Custom { format } => {
                json.push("description", custom_description(tool, format.as_ref()));
                json.push("input_schema", custom_schema());
            }
        }
        let mut piece = Piece::new(Kind::Other, json);
        piece.mark = tool.cache;
        list.push(piece);
    }
    list
}

fn sent_name<'a>(tool: &'a Tool, names: &'a Names) -> Option<&'a str> {
    match &tool.kind {
        ToolKind::Hosted(Hosted::WebSearch) => Some("web_search"),
        ToolKind::Hosted(Hosted::WebFetch) => Some("web_fetch"),
        ToolKind::Hosted(Hosted::CodeExecution) => Some("code_execution"),
        ToolKind::Hosted(Hosted::ImageGeneration | Hosted::FileSearch | Hosted::Other(_)) => None,
        ToolKind::Function { .. } | ToolKind::Custom { .. } => {
            Some(names.sent(tool.namespace.as_deref(), &tool.name))
        }
    }
}

/// <https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools>
fn hosted_type(hosted: &Hosted) -> &'static str {
    match hosted {
        Hosted::WebFetch => "web_fetch_20250910",
        Hosted::CodeExecution => "code_execution_20250825",
        Hosted::WebSearch | Hosted::ImageGeneration | Hosted::FileSearch | Hosted::Other(_) => {
            "web_search_20250305"
        }
    }
}

fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// There is no free text here: a grammar can only be described.
fn custom_description(tool: &Tool, format: Option<&Json<'static>>) -> String {
    let mut lines: Vec<&str> = said(tool.description.as_deref()).into_iter().collect();
    let grammar = format.and_then(|format| {
        format
            .at(&["definition"])
            .or_else(|| format.at(&["grammar", "definition"]))?
            .as_str()
    });
    if let Some(grammar) = grammar {
        lines.push("`input` must follow this grammar:");
        lines.push(grammar);
    }
    lines.join("\n")
}

fn custom_schema() -> Object<'static> {
    let input = object! { "type" => "string", "description" => "The whole input, as plain text." };
    object! {
        "type" => "object",
        "properties" => object! { "input" => input },
        "required" => vec![Json::from("input")],
    }
}
