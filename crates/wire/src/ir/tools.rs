//! Names of tools and ids of calls, made legal for a target that is stricter than the client.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::ir::content::Content;
use crate::ir::request::{Request, Tool, ToolKind};
use crate::ir::target::RenamedTool;

/// What a target takes as a tool's name.
#[derive(Debug, Clone, Copy)]
pub struct NameRule {
    /// Characters, all of them ASCII.
    pub longest: usize,
    pub is_legal: fn(char) -> bool,
    /// What may stand first.
    pub is_first: fn(char) -> bool,
    /// It knows tools that take free text.
    pub has_custom: bool,
    /// It knows groups of tools.
    pub has_namespaces: bool,
}

/// Letters, digits, `_` and `-`, up to 64: OpenAI's and Anthropic's rule.
pub const COMMON_NAMES: NameRule = NameRule {
    longest: 64,
    is_legal: is_common,
    is_first: is_common,
    has_custom: false,
    has_namespaces: false,
};

/// The names under which a request's tools go out.
#[derive(Debug, Clone, Default)]
pub struct Names {
    sent: HashMap<String, String>,
    renamed: Vec<RenamedTool>,
}

impl Names {
    /// Tools that are declared, and those that only history speaks of.
    pub fn new(request: &Request, rule: NameRule) -> Self {
        let mut names = Self::default();
        let mut taken = HashSet::new();
        for tool in &request.tools {
            if matches!(tool.kind, ToolKind::Hosted(_)) {
                continue;
            }
            names.declare(tool, rule, &mut taken);
        }
        for block in request.turns.iter().flat_map(|turn| &turn.blocks) {
            let Content::ToolUse(call) = &block.content else {
                continue;
            };
            let full = full_name(call.namespace.as_deref(), &call.name);
            if !names.sent.contains_key(full.as_ref()) {
                let sent = unique(legal(&full, rule), &full, rule, &mut taken);
                names.sent.insert(full.into_owned(), sent);
            }
        }
        names
    }

    fn declare(&mut self, tool: &Tool, rule: NameRule, taken: &mut HashSet<String>) {
        let full = tool.full_name();
        if self.sent.contains_key(&full) {
            return;
        }
        let keeps_group = rule.has_namespaces || tool.namespace.is_none();
        let plain = if keeps_group { &tool.name } else { &full };
        let sent = unique(legal(plain, rule), &full, rule, taken);
        let is_custom = matches!(tool.kind, ToolKind::Custom { .. }) && !rule.has_custom;
        if sent != tool.name || is_custom || !keeps_group {
            self.renamed.push(RenamedTool {
                sent: sent.clone(),
                name: tool.name.clone(),
                namespace: tool.namespace.clone(),
                is_custom,
            });
        }
        self.sent.insert(full, sent);
    }

    /// The name to send for the client's `name` in `namespace`.
    pub fn sent<'a>(&'a self, namespace: Option<&str>, name: &'a str) -> &'a str {
        let full = full_name(namespace, name);
        self.sent.get(full.as_ref()).map_or(name, String::as_str)
    }

    /// What must be undone in the answer.
    pub fn renamed(&self) -> Vec<RenamedTool> {
        self.renamed.clone()
    }
}

/// Ids of calls for a target that takes only letters, digits, `_` and `-`, up to `longest` characters.
///
/// The same id becomes the same, and two that differ stay different.
#[derive(Debug, Clone)]
pub struct CallIds {
    longest: usize,
    sent: HashMap<String, String>,
    taken: HashSet<String>,
}

impl CallIds {
    pub fn new(longest: usize) -> Self {
        Self {
            longest,
            sent: HashMap::new(),
            taken: HashSet::new(),
        }
    }

    pub fn sent(&mut self, id: &str) -> String {
        if let Some(sent) = self.sent.get(id) {
            return sent.clone();
        }
        let rule = NameRule {
            longest: self.longest,
            ..COMMON_NAMES
        };
        let sent = unique(legal(id, rule), id, rule, &mut self.taken);
        self.sent.insert(id.to_owned(), sent.clone());
        sent
    }
}

fn full_name<'a>(namespace: Option<&str>, name: &'a str) -> Cow<'a, str> {
    match namespace {
        Some(namespace) => Cow::Owned(format!("{namespace}__{name}")),
        None => Cow::Borrowed(name),
    }
}

fn is_common(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '_' | '-')
}

/// `text` with what is illegal replaced; a long one ends in a hash of the whole.
fn legal(text: &str, rule: NameRule) -> String {
    let mut name: String = text
        .chars()
        .map(|char| if (rule.is_legal)(char) { char } else { '_' })
        .collect();
    if !name.chars().next().is_some_and(rule.is_first) {
        name.insert(0, '_');
    }
    if name.chars().count() > rule.longest {
        return hashed(&name, text, rule.longest);
    }
    name
}

/// `name`, or if another tool has it already, the same with a hash of `full`.
fn unique(name: String, full: &str, rule: NameRule, taken: &mut HashSet<String>) -> String {
    let mut candidate = name;
    let mut salt = full.to_owned();
    while !taken.insert(candidate.clone()) {
        candidate = hashed(&candidate, &salt, rule.longest);
        salt.push('+');
    }
    candidate
}

fn hashed(name: &str, full: &str, longest: usize) -> String {
    let kept: String = name.chars().take(longest.saturating_sub(9)).collect();
    format!("{kept}_{:08x}", fnv1a(full))
}

/// <http://www.isthe.com/chongo/tech/comp/fnv/>: small, and the same everywhere and always.
fn fnv1a(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::{COMMON_NAMES, CallIds, Names};
    use crate::format::Format;
    use crate::ir::request::{Request, Tool, ToolKind};

    fn tool(name: &str, namespace: Option<&str>, kind: ToolKind) -> Tool {
        Tool {
            index: 0,
            name: name.to_owned(),
            namespace: namespace.map(str::to_owned),
            description: None,
            kind,
            cache: None,
        }
    }

    fn function() -> ToolKind {
        ToolKind::Function {
            schema: None,
            strict: None,
        }
    }

    #[test]
    fn names_become_legal_and_stay_different() {
        let mut request = Request::new(Format::Gemini, "m");
        let long = "x".repeat(80);
        request.tools = ["a.b", "a:b", "plain", &long]
            .map(|name| tool(name, None, function()))
            .into();
        let names = Names::new(&request, COMMON_NAMES);
        assert_eq!(names.sent(None, "a.b"), "a_b");
        assert_eq!(names.sent(None, "plain"), "plain");
        assert_ne!(names.sent(None, "a:b"), "a_b");
        assert_eq!(names.sent(None, &long).len(), 64);
        let restored: Vec<_> = names.renamed().into_iter().map(|tool| tool.name).collect();
        assert_eq!(restored, ["a.b", "a:b", &long]);
    }

    #[test]
    fn groups_are_flattened_and_custom_tools_marked() {
        let mut request = Request::new(Format::OpenaiResponses, "m");
        request.tools = vec![
            tool("read", Some("files"), function()),
            tool("patch", None, ToolKind::Custom { format: None }),
        ];
        let names = Names::new(&request, COMMON_NAMES);
        assert_eq!(names.sent(Some("files"), "read"), "files__read");
        let renamed = names.renamed();
        assert_eq!(renamed[0].namespace.as_deref(), Some("files"));
        assert!(renamed[1].is_custom);
    }

    #[test]
    fn ids_are_cut_the_same_way_each_time() {
        let mut ids = CallIds::new(64);
        let long = "call_".repeat(30);
        let sent = ids.sent(&long);
        assert_eq!(sent.len(), 64);
        assert_eq!(ids.sent(&long), sent);
        assert_eq!(ids.sent("call_1|fc_2"), "call_1_fc_2");
        assert_ne!(ids.sent("call_1/fc_2"), "call_1_fc_2");
    }
}
