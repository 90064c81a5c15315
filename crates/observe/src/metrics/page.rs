//! The page under construction, line by line.

use std::fmt::{Display, Write as _};

use crate::metrics::family::Family;

#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    /// Says what the samples after this one are.
    pub(super) fn family(&mut self, family: &Family) {
        let (name, kind) = (family.name, family.kind.as_str());
        self.line(format_args!("# HELP {name} {}", family.help));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    pub(super) fn sample(&mut self, family: &Family, values: &[&str], value: impl Display) {
        self.labelled(family, "", values, None, &value);
    }

    /// `bound` is the bucket's upper one; without one it holds everything.
    pub(super) fn bucket(
        &mut self,
        family: &Family,
        values: &[&str],
        bound: Option<&f64>,
        count: u64,
    ) {
        let bound = bound.map_or_else(|| "+Inf".to_owned(), f64::to_string);
        self.labelled(family, "_bucket", values, Some(&bound), &count);
    }

    pub(super) fn sum(&mut self, family: &Family, values: &[&str], sum: f64, count: u64) {
        self.labelled(family, "_sum", values, None, &sum);
        self.labelled(family, "_count", values, None, &count);
    }

    pub(super) fn text(self) -> String {
        self.text
    }

    fn labelled(
        &mut self,
        family: &Family,
        suffix: &str,
        values: &[&str],
        bound: Option<&str>,
        value: &dyn Display,
    ) {
        let pairs: Vec<String> = family
            .labels
            .iter()
            .copied()
            .zip(values.iter().copied())
            .chain(bound.map(|bound| ("le", bound)))
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        let labels = if pairs.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", pairs.join(","))
        };
        self.line(format_args!("{}{suffix}{labels} {value}", family.name));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{line}");
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n")
}
