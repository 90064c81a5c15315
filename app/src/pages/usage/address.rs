//! The page's state as its URL has it. Defaults are left out, so that a plain address stays plain.

use std::collections::BTreeSet;

use api::usage::{Column, Direction, Period, UsageQuery};
use leptos_router::location::Url;

/// The endpoint of data from before endpoints were tracked, in the URL. No path is called so.
const UNKNOWN: &str = "unknown";

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum View {
    #[default]
    Tokens,
    Costs,
}

impl View {
    pub(crate) const ALL: [Self; 2] = [Self::Tokens, Self::Costs];

    fn as_str(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Costs => "costs",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.as_str() == text)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Address {
    pub(crate) query: UsageQuery,
    pub(crate) view: View,
    /// The endpoints whose lines are shown.
    open: BTreeSet<String>,
}

impl Address {
    /// Reads the parameters of a URL. What makes no sense is as good as absent.
    pub(crate) fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let direction = match get("dir").as_deref() {
            Some("desc") => Direction::Descending,
            Some(_) | None => Direction::Ascending,
        };
        Self {
            query: UsageQuery {
                period: get("period")
                    .and_then(|text| Period::parse(&text))
                    .unwrap_or_default(),
                sort: get("sort")
                    .and_then(|text| Column::parse(&text))
                    .unwrap_or_default(),
                direction,
            },
            view: get("view")
                .and_then(|text| View::parse(&text))
                .unwrap_or_default(),
            open: get("open")
                .map(|list| {
                    list.split(',')
                        .filter(|name| !name.is_empty())
                        .map(str::to_owned)
                        .collect()
                })
                .unwrap_or_default(),
        }
    }

    /// The link to this state of the page.
    pub(crate) fn href(&self) -> String {
        let standard = Self::default();
        let mut pairs = Vec::new();
        if self.query.period != standard.query.period {
            pairs.push(format!("period={}", self.query.period.as_str()));
        }
        if self.view != standard.view {
            pairs.push(format!("view={}", self.view.as_str()));
        }
        if self.query.sort != standard.query.sort {
            pairs.push(format!("sort={}", self.query.sort.as_str()));
        }
        if self.query.direction == Direction::Descending {
            pairs.push("dir=desc".to_owned());
        }
        if !self.open.is_empty() {
            let open: Vec<&str> = self.open.iter().map(String::as_str).collect();
            pairs.push(format!("open={}", Url::escape(&open.join(","))));
        }
        match pairs.as_slice() {
            [] => "/dashboard/usage".to_owned(),
            pairs => format!("/dashboard/usage?{}", pairs.join("&")),
        }
    }

    pub(crate) fn with_period(&self, period: Period) -> Self {
        let mut address = self.clone();
        address.query.period = period;
        address
    }

    pub(crate) fn with_view(&self, view: View) -> Self {
        Self {
            view,
            ..self.clone()
        }
    }

    /// Sorted by this column; by the same column the other way round. Figures start with the largest.
    pub(crate) fn sorted_by(&self, column: Column) -> Self {
        let mut address = self.clone();
        address.query.sort = column;
        address.query.direction = if self.query.sort == column {
            reverse(self.query.direction)
        } else {
            first_direction(column)
        };
        address
    }

    pub(crate) fn is_open(&self, endpoint: Option<&str>) -> bool {
        self.open.contains(endpoint.unwrap_or(UNKNOWN))
    }

    /// With this endpoint's lines shown, or hidden again.
    pub(crate) fn toggled(&self, endpoint: Option<&str>) -> Self {
        let mut address = self.clone();
        let name = endpoint.unwrap_or(UNKNOWN);
        if !address.open.remove(name) {
            address.open.insert(name.to_owned());
        }
        address
    }

    /// With the lines of all these endpoints shown.
    pub(crate) fn all_open<'a>(&self, endpoints: impl Iterator<Item = Option<&'a str>>) -> Self {
        let open = endpoints
            .map(|endpoint| endpoint.unwrap_or(UNKNOWN).to_owned())
            .collect();
        Self {
            open,
            ..self.clone()
        }
    }

    pub(crate) fn all_closed(&self) -> Self {
        Self {
            open: BTreeSet::new(),
            ..self.clone()
        }
    }

    pub(crate) fn is_all_closed(&self) -> bool {
        self.open.is_empty()
    }
}

fn reverse(direction: Direction) -> Direction {
    match direction {
        Direction::Ascending => Direction::Descending,
        Direction::Descending => Direction::Ascending,
    }
}

fn first_direction(column: Column) -> Direction {
    match column {
        Column::Endpoint | Column::Model | Column::Provider => Direction::Ascending,
        Column::Requests
        | Column::Errors
        | Column::Input
        | Column::CacheRead
        | Column::CacheWrite
        | Column::Output
        | Column::Reasoning
        | Column::Total
        | Column::Cost
        | Column::LastUsed => Direction::Descending,
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use api::usage::{Column, Period};

    use super::{Address, View};

    fn plain() -> Address {
        Address::read(|_| None)
    }

    #[test]
    fn a_plain_address_stays_plain() {
        assert_eq!(plain().href(), "/dashboard/usage");
    }

    #[test]
    fn an_address_reads_as_it_was_written() {
        let address = plain()
            .with_period(Period::Day)
            .with_view(View::Costs)
            .sorted_by(Column::Cost)
            .toggled(Some("/v1/messages"))
            .toggled(None);
        let read = Address::read(|name| {
            let value = match name {
                "period" => "24h",
                "view" => "costs",
                "sort" => "cost",
                "dir" => "desc",
                "open" => "/v1/messages,unknown",
                _ => return None,
            };
            Some(value.to_owned())
        });
        assert_eq!(address, read);
        assert_eq!(
            address.href(),
            "/dashboard/usage?period=24h&view=costs&sort=cost&dir=desc&open=%2Fv1%2Fmessages%2Cunknown"
        );
    }

    #[test]
    fn the_first_click_on_a_column_changes_something() {
        assert_eq!(
            plain().sorted_by(Column::Endpoint).href(),
            "/dashboard/usage?dir=desc"
        );
        assert_eq!(
            plain().sorted_by(Column::Total).href(),
            "/dashboard/usage?sort=total&dir=desc"
        );
    }

    #[test]
    fn nonsense_is_as_good_as_absent() {
        assert_eq!(
            Address::read(|_| Some("nonsense".to_owned())).query,
            plain().query
        );
    }
}
