//! What requests to a provider say of the program that sends them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Of one provider, as somebody has set it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IdentificationView {
    /// By name. They take the place of what clients send under these names.
    pub headers: BTreeMap<String, String>,
    /// Whoever asks is an administrator.
    pub may_change: bool,
}

/// One `name: value` a line, as people write headers. Whatever a line is no header for is named.
pub fn read(text: &str) -> Result<BTreeMap<String, String>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let pair = line.split_once(':');
            let pair = pair.map(|(name, value)| (name.trim().to_lowercase(), value.trim()));
            pair.filter(|(name, _)| !name.is_empty())
                .map(|(name, value)| (name, value.to_owned()))
                .ok_or_else(|| format!("expected `name: value` on each line, found `{line}`"))
        })
        .collect()
}

/// The inverse of [`read`].
#[must_use]
pub fn write(headers: &BTreeMap<String, String>) -> String {
    let lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_headers() {
        let text = "User-Agent:  my-tool/1 \n\nx-title: a: b\n";
        let headers = read(text).expect("headers");
        assert_eq!(write(&headers), "user-agent: my-tool/1\nx-title: a: b");
        assert_eq!(read(&write(&headers)), Ok(headers));
        for none in ["user-agent", ": x"] {
            assert!(read(none).is_err(), "{none}");
        }
    }
}
