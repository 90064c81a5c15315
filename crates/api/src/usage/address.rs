//! Queries as the parameters of a URL, for pages and for `GET /api/usage/query`.
//!
//! `by=endpoint,model_served&period=7d&zone=Europe/Berlin&provider=openai&provider=anthropic&key=&sort=cost`:
//! a filter is its dimension's name, once for each value, and an empty value is having none.

use crate::error::{ApiError, ErrorKind};
use crate::usage::Direction;
use crate::usage::query::{
    Dimension, Filter, Measure, Preset, Selection, SeriesQuery, SortBy, SortKey, Span, Step,
    TableQuery,
};

type Pair = (String, String);

impl TableQuery {
    /// From decoded parameters; what is not said is as in [`Self::default`].
    pub fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ApiError> {
        let mut query = Self::default();
        let mut selection = SelectionReader::default();
        for (name, value) in pairs {
            match name {
                "by" => {
                    let (by, then_by) = match value.split_once(',') {
                        Some((by, then_by)) => (by, Some(then_by)),
                        None => (value, None),
                    };
                    query.by = word("by", by, Dimension::parse)?;
                    query.then_by = then_by
                        .map(|then_by| word("by", then_by, Dimension::parse))
                        .transpose()?;
                }
                "sort" => query.sort = word("sort", value, SortBy::parse)?,
                "direction" => query.direction = word("direction", value, direction)?,
                "then_sort" => {
                    query.then_sort = value
                        .split(',')
                        .map(|key| word("then_sort", key, sort_key))
                        .collect::<Result<_, _>>()?;
                }
                "rows_of" => query.rows_of.push(id(value)),
                "limit" => query.limit = word("limit", value, |text| text.parse().ok())?,
                "compare" => query.compare = word("compare", value, |text| text.parse().ok())?,
                _ => selection.read(name, value)?,
            }
        }
        query.selection = selection.finish();
        Ok(query)
    }

    /// What [`Self::from_pairs`] reads; only what differs from the default, not yet encoded.
    #[must_use]
    pub fn to_pairs(&self) -> Vec<Pair> {
        let default = Self::default();
        let mut pairs = Vec::new();
        if (self.by, self.then_by) != (default.by, default.then_by) {
            let mut by = self.by.as_str().to_owned();
            if let Some(then_by) = self.then_by {
                by.push(',');
                by.push_str(then_by.as_str());
            }
            pairs.push(pair("by", &by));
        }
        if self.sort != default.sort {
            pairs.push(pair("sort", self.sort.as_str()));
        }
        if self.direction != default.direction {
            pairs.push(pair("direction", direction_word(self.direction)));
        }
        if !self.then_sort.is_empty() {
            let keys: Vec<_> = self.then_sort.iter().copied().map(sort_key_word).collect();
            pairs.push(pair("then_sort", &keys.join(",")));
        }
        for id in &self.rows_of {
            pairs.push(pair("rows_of", id.as_deref().unwrap_or_default()));
        }
        if self.limit != default.limit {
            pairs.push(pair("limit", &self.limit.to_string()));
        }
        if self.compare != default.compare {
            pairs.push(pair("compare", if self.compare { "true" } else { "false" }));
        }
        write_selection(&self.selection, &mut pairs);
        pairs
    }
}

impl SeriesQuery {
    /// From decoded parameters; what is not said is as in [`Self::default`].
    pub fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ApiError> {
        let mut query = Self::default();
        let mut selection = SelectionReader::default();
        for (name, value) in pairs {
            match name {
                "by" => query.by = Some(word("by", value, Dimension::parse)?),
                "step" => query.step = word("step", value, Step::parse)?,
                "measure" => query.measure = word("measure", value, Measure::parse)?,
                "limit" => query.limit = word("limit", value, |text| text.parse().ok())?,
                _ => selection.read(name, value)?,
            }
        }
        query.selection = selection.finish();
        Ok(query)
    }

    /// What [`Self::from_pairs`] reads; only what differs from the default, not yet encoded.
    #[must_use]
    pub fn to_pairs(&self) -> Vec<Pair> {
        let default = Self::default();
        let mut pairs = Vec::new();
        if let Some(by) = self.by {
            pairs.push(pair("by", by.as_str()));
        }
        if self.step != default.step {
            pairs.push(pair("step", self.step.as_str()));
        }
        if self.measure != default.measure {
            pairs.push(pair("measure", self.measure.as_str()));
        }
        if self.limit != default.limit {
            pairs.push(pair("limit", &self.limit.to_string()));
        }
        write_selection(&self.selection, &mut pairs);
        pairs
    }
}

#[derive(Default)]
struct SelectionReader {
    selection: Selection,
    from: Option<String>,
    until: Option<String>,
}

impl SelectionReader {
    fn read(&mut self, name: &str, value: &str) -> Result<(), ApiError> {
        match name {
            "period" => {
                self.selection.period = Span::Preset(word("period", value, Preset::parse)?);
            }
            "from" => self.from = Some(value.to_owned()),
            "until" => self.until = Some(value.to_owned()),
            "zone" => value.clone_into(&mut self.selection.zone),
            "text" => value.clone_into(&mut self.selection.text),
            _ => {
                let dimension = word("parameter", name, Dimension::parse)?;
                let value = id(value);
                let filters = &mut self.selection.filters;
                match filters
                    .iter_mut()
                    .find(|filter| filter.dimension == dimension)
                {
                    Some(filter) => filter.values.push(value),
                    None => filters.push(Filter {
                        dimension,
                        values: vec![value],
                    }),
                }
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Selection {
        if self.from.is_some() || self.until.is_some() {
            self.selection.period = Span::Custom {
                from: self.from.unwrap_or_default(),
                until: self.until.unwrap_or_default(),
            };
        }
        self.selection
    }
}

fn write_selection(selection: &Selection, pairs: &mut Vec<Pair>) {
    match &selection.period {
        Span::Preset(preset) if *preset == Preset::default() => {}
        Span::Preset(preset) => pairs.push(pair("period", preset.as_str())),
        Span::Custom { from, until } => {
            pairs.push(pair("from", from));
            pairs.push(pair("until", until));
        }
    }
    if selection.zone != Selection::default().zone {
        pairs.push(pair("zone", &selection.zone));
    }
    if !selection.text.is_empty() {
        pairs.push(pair("text", &selection.text));
    }
    for filter in &selection.filters {
        for value in &filter.values {
            pairs.push(pair(
                filter.dimension.as_str(),
                value.as_deref().unwrap_or_default(),
            ));
        }
    }
}

fn pair(name: &str, value: &str) -> Pair {
    (name.to_owned(), value.to_owned())
}

fn word<T>(field: &str, text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, ApiError> {
    parse(text).ok_or_else(|| ApiError {
        field: Some(field.to_owned()),
        ..ApiError::new(
            ErrorKind::Invalid,
            format!("`{text}` is not known as `{field}`"),
        )
    })
}

/// An empty value is having none.
fn id(value: &str) -> Option<String> {
    Some(value.to_owned()).filter(|value| !value.is_empty())
}

/// `cost` or `cost:ascending`.
fn sort_key(text: &str) -> Option<SortKey> {
    let (sort, way) = match text.split_once(':') {
        Some((sort, way)) => (sort, direction(way)?),
        None => (text, Direction::Descending),
    };
    Some(SortKey {
        sort: SortBy::parse(sort)?,
        direction: way,
    })
}

fn sort_key_word(key: SortKey) -> String {
    match key.direction {
        Direction::Ascending => format!("{}:ascending", key.sort.as_str()),
        Direction::Descending => key.sort.as_str().to_owned(),
    }
}

fn direction(word: &str) -> Option<Direction> {
    [Direction::Ascending, Direction::Descending]
        .into_iter()
        .find(|direction| direction_word(*direction) == word)
}

fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => "ascending",
        Direction::Descending => "descending",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(pairs: &[(&str, &str)]) -> Result<TableQuery, ApiError> {
        TableQuery::from_pairs(pairs.iter().copied())
    }

    #[test]
    fn a_query_reads_what_it_writes() {
        let query = table(&[
            ("by", "key,day"),
            ("from", "2026-03-28"),
            ("until", "2026-03-29"),
            ("zone", "Europe/Berlin"),
            ("provider", "openai"),
            ("provider", ""),
            ("endpoint", "/v1/messages"),
            ("text", "gpt"),
            ("sort", "ttft_p95"),
            ("direction", "ascending"),
            ("then_sort", "cost,name:ascending"),
            ("rows_of", "a key"),
            ("rows_of", ""),
            ("limit", "7"),
            ("compare", "false"),
        ])
        .expect("a query");
        assert_eq!(
            (query.by, query.then_by),
            (Dimension::Key, Some(Dimension::Day))
        );
        let keys: Vec<_> = query.sort_keys().map(|key| key.sort.as_str()).collect();
        assert_eq!(keys, ["ttft_p95", "cost", "name"]);
        assert_eq!(query.rows_of, [Some("a key".to_owned()), None]);
        let provider = &query.selection.filters[0];
        assert_eq!(provider.values, [Some("openai".to_owned()), None]);
        let pairs = query.to_pairs();
        let again = TableQuery::from_pairs(
            pairs
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        assert_eq!(again.expect("a query"), query);
        assert!(TableQuery::default().to_pairs().is_empty());
    }

    #[test]
    fn a_chart_reads_what_it_writes() {
        let asked = [
            ("by", "model_served"),
            ("step", "day"),
            ("measure", "paid"),
            ("limit", "3"),
            ("period", "mtd"),
        ];
        let query = SeriesQuery::from_pairs(asked).expect("a query");
        let written: Vec<_> = query.to_pairs();
        let written: Vec<_> = written
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(written, asked);
    }

    #[test]
    fn what_is_not_known_is_said() {
        for (name, value) in [
            ("by", "colour"),
            ("by", "endpoint,colour"),
            ("period", "60d"),
            ("sort", "luck"),
            ("then_sort", "cost,luck"),
            ("then_sort", "cost:sideways"),
            ("limit", "many"),
            ("colour", "red"),
        ] {
            let error = table(&[(name, value)]).expect_err("an error");
            assert_eq!(error.kind, ErrorKind::Invalid, "{name}={value}");
            assert!(error.field.is_some());
        }
    }
}
