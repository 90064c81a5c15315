//! OpenTelemetry's standard variables, as far as they are about traces over HTTP:
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

use std::time::Duration;

use observe::traces::{self, TracesConfig};
use url::Url;

use super::Reader;
use crate::config::check::{boolean, url};

const TIMEOUT: Duration = Duration::from_secs(10);
const DELAY: Duration = Duration::from_secs(5);

impl<F: Fn(&str) -> Option<String>> Reader<F> {
    pub(super) fn traces(&mut self) -> Option<TracesConfig> {
        // All are read, so that every wrong one is reported.
        let base = self.parsed("OTEL_EXPORTER_OTLP_ENDPOINT", url);
        let whole = self.parsed("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", url);
        let headers = self.parsed("OTEL_EXPORTER_OTLP_HEADERS", traces::headers);
        let timeout = self.parsed("OTEL_EXPORTER_OTLP_TIMEOUT", milliseconds);
        self.parsed("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
        let delay = self.parsed("OTEL_BSP_SCHEDULE_DELAY", milliseconds);
        let more = self.parsed("OTEL_RESOURCE_ATTRIBUTES", traces::resource);
        let is_disabled = self.parsed("OTEL_SDK_DISABLED", boolean).unwrap_or(false);
        let mut resource = more.unwrap_or_default();
        if let Some(name) = self.text("OTEL_SERVICE_NAME") {
            resource.retain(|(key, _)| key != "service.name");
            resource.push(("service.name".to_owned(), name));
        } else if !resource.iter().any(|(key, _)| key == "service.name") {
            resource.push(("service.name".to_owned(), "9router".to_owned()));
        }
        let version = env!("CARGO_PKG_VERSION").to_owned();
        resource.push(("service.version".to_owned(), version));
        let url = whole.or_else(|| base.map(|base| under(base, "v1/traces")))?;
        (!is_disabled).then(|| TracesConfig {
            url,
            headers: headers.unwrap_or_default(),
            timeout: timeout.unwrap_or(TIMEOUT),
            delay: delay.unwrap_or(DELAY),
            resource,
        })
    }
}

/// `path` below the base's own, which may end in a slash.
fn under(mut base: Url, path: &str) -> Url {
    let whole = format!("{}/{path}", base.path().trim_end_matches('/'));
    base.set_path(&whole);
    base
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .filter(|millis| (1..=600_000).contains(millis))
        .map(Duration::from_millis)
        .ok_or_else(|| format!("expected milliseconds from 1 to 600000, found `{text}`"))
}

fn protocol(text: &str) -> Result<(), String> {
    match text {
        "http/protobuf" => Ok(()),
        _ => Err(format!("expected http/protobuf, found `{text}`")),
    }
}
