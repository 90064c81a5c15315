//! The page's state as its URL has it. Defaults are left out, so that a plain address stays plain.

use api::provider::{ClientFormat, Dialect};

/// Which way it goes: to the provider, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tab {
    #[default]
    Request,
    Answer,
}

impl Tab {
    pub(crate) const ALL: [Self; 2] = [Self::Request, Self::Answer];

    fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Answer => "answer",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.as_str() == text)
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Request => "Request",
            Self::Answer => "Answer or stream",
        }
    }
}

/// The two sides stay what they are when the direction changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) tab: Tab,
    pub(crate) client: ClientFormat,
    pub(crate) provider: Dialect,
}

impl Default for Address {
    fn default() -> Self {
        Self {
            tab: Tab::default(),
            client: ClientFormat::OpenaiChat,
            provider: Dialect::Anthropic,
        }
    }
}

impl Address {
    /// Reads the parameters of a URL. What makes no sense is as good as absent.
    pub(crate) fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let standard = Self::default();
        Self {
            tab: get("tab")
                .and_then(|text| Tab::parse(&text))
                .unwrap_or(standard.tab),
            client: get("client")
                .and_then(|text| ClientFormat::parse(&text))
                .unwrap_or(standard.client),
            provider: get("provider")
                .and_then(|text| Dialect::parse(&text))
                .unwrap_or(standard.provider),
        }
    }

    /// The link to this state of the page.
    pub(crate) fn href(self) -> String {
        let standard = Self::default();
        let mut pairs = Vec::new();
        if self.tab != standard.tab {
            pairs.push(format!("tab={}", self.tab.as_str()));
        }
        if self.client != standard.client {
            pairs.push(format!("client={}", self.client.as_str()));
        }
        if self.provider != standard.provider {
            pairs.push(format!("provider={}", self.provider.as_str()));
        }
        match pairs.as_slice() {
            [] => "/dashboard/translator".to_owned(),
            pairs => format!("/dashboard/translator?{}", pairs.join("&")),
        }
    }

    pub(crate) fn with_tab(self, tab: Tab) -> Self {
        Self { tab, ..self }
    }

    pub(crate) fn with_client(self, client: ClientFormat) -> Self {
        Self { client, ..self }
    }

    pub(crate) fn with_provider(self, provider: Dialect) -> Self {
        Self { provider, ..self }
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use api::provider::{ClientFormat, Dialect};

    use super::{Address, Tab};

    #[test]
    fn a_plain_address_stays_plain() {
        assert_eq!(Address::read(|_| None).href(), "/dashboard/translator");
        assert_eq!(
            Address::read(|_| Some("nonsense".to_owned())),
            Address::default()
        );
    }

    #[test]
    fn an_address_reads_as_it_was_written() {
        let address = Address::default()
            .with_tab(Tab::Answer)
            .with_client(ClientFormat::Gemini)
            .with_provider(Dialect::GeminiCli);
        assert_eq!(
            address.href(),
            "/dashboard/translator?tab=answer&client=gemini&provider=gemini-cli"
        );
        let read = Address::read(|name| {
            let value = match name {
                "tab" => "answer",
                "client" => "gemini",
                "provider" => "gemini-cli",
                _ => return None,
            };
            Some(value.to_owned())
        });
        assert_eq!(read, address);
    }
}
