//! The page's state as its URL has it. Defaults are left out, so that a plain address stays plain.

use api::log::{LogCursor, LogFilter, LogPlace};
use api::usage::UsageRow;

use crate::query_string::link;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Address {
    pub(crate) filter: LogFilter,
    pub(crate) cursor: LogCursor,
}

impl Address {
    /// Reads the parameters of a URL. What makes no sense is as good as absent.
    pub(crate) fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let place = |name: &str| LogPlace::parse(&get(name)?);
        let cursor = match (place("before"), place("after")) {
            (Some(place), _) => LogCursor::Before(place),
            (None, Some(place)) => LogCursor::After(place),
            (None, None) => LogCursor::Newest,
        };
        Self {
            filter: LogFilter::read(&get),
            cursor,
        }
    }

    /// The link to this state of the page.
    pub(crate) fn href(&self) -> String {
        let mut pairs = self.filter.pairs();
        match &self.cursor {
            LogCursor::Newest => {}
            LogCursor::Before(place) => pairs.push(("before", place.text())),
            LogCursor::After(place) => pairs.push(("after", place.text())),
        }
        link("/dashboard/logs", &pairs)
    }

    /// The link to all requests of these filters, as a file.
    pub(crate) fn export(&self, form: &'static str) -> String {
        let mut pairs = vec![("format", form.to_owned())];
        pairs.extend(self.filter.pairs());
        link("/api/usage/logs/export", &pairs)
    }

    /// With one filter set, or taken away when `value` is empty; from the newest request on.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let pairs = self.filter.pairs();
        let filter = LogFilter::read(|wanted| {
            if wanted == name {
                return Some(value.to_owned());
            }
            let pair = pairs.iter().find(|(known, _)| *known == wanted);
            pair.map(|(_, value)| value.clone())
        });
        Self {
            filter,
            cursor: LogCursor::Newest,
        }
    }

    pub(crate) fn newest(self) -> Self {
        Self {
            cursor: LogCursor::Newest,
            ..self
        }
    }

    pub(crate) fn before(self, row: &UsageRow) -> Self {
        Self {
            cursor: LogCursor::Before(place(row)),
            ..self
        }
    }

    pub(crate) fn after(self, row: &UsageRow) -> Self {
        Self {
            cursor: LogCursor::After(place(row)),
            ..self
        }
    }

    pub(crate) fn is_newest(&self) -> bool {
        self.cursor == LogCursor::Newest
    }
}

fn place(row: &UsageRow) -> LogPlace {
    LogPlace {
        at: row.at,
        id: row.id.clone(),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::Address;

    fn read(pairs: &[(&str, &str)]) -> Address {
        Address::read(|name| {
            let pair = pairs.iter().find(|(known, _)| *known == name);
            pair.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_plain_address_stays_plain() {
        assert_eq!(read(&[]).href(), "/dashboard/logs");
        assert_eq!(
            read(&[("before", "nonsense"), ("q", " ")]).href(),
            "/dashboard/logs"
        );
    }

    #[test]
    fn a_filter_leads_back_to_the_newest() {
        let address = read(&[("q", "a&b"), ("before", "1795363456789.x")]);
        assert_eq!(
            address.href(),
            "/dashboard/logs?q=a%26b&before=1795363456789.x"
        );
        assert_eq!(
            address.with("outcome", "ok").href(),
            "/dashboard/logs?q=a%26b&outcome=ok"
        );
        assert_eq!(address.with("q", "").href(), "/dashboard/logs");
        assert_eq!(
            address.export("csv"),
            "/api/usage/logs/export?format=csv&q=a%26b"
        );
    }
}
