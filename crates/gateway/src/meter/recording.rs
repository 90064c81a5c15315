//! What a meter puts on the request's tape, if there is one.

use std::sync::Arc;

use api::log::Stage;
use http::{HeaderMap, StatusCode};
use wire::head::Spliced;

use super::Meter;
use crate::call::Call;
use crate::capture::{Side, Tape};
use crate::snapshot::Account;

const CLIENT_REQUEST: Side = Side {
    stage: Stage::ClientRequest,
    attempt: 0,
};

impl Meter {
    pub(crate) fn record_on(&mut self, tape: Option<Tape>, call: &Call) {
        self.key.clone_from(&call.credentials.key);
        let Some(tape) = tape else { return };
        let Some(id) = self.id() else { return };
        tape.begin(id, self.at(), call.credentials.key.as_ref());
        let line = match &call.addressed {
            None => format!("POST {}", call.surface.endpoint),
            Some(addressed) => {
                let action = if addressed.stream {
                    "streamGenerateContent"
                } else {
                    "generateContent"
                };
                format!("POST /v1beta/models/{}:{action}", addressed.model)
            }
        };
        tape.head(CLIENT_REQUEST, line, &call.headers);
        self.tape = Some(tape);
    }

    /// The client's body has come.
    pub(crate) fn client_body(&self, body: &[u8]) {
        if let Some(tape) = &self.tape {
            tape.body(CLIENT_REQUEST, body);
        }
    }

    /// The attempt that has just begun sends this.
    pub(crate) fn upstream_request(
        &self,
        account: &Arc<Account>,
        url: &str,
        headers: &HeaderMap,
        body: &Spliced,
    ) {
        let Some(tape) = &self.tape else { return };
        let side = self.side(Stage::UpstreamRequest);
        tape.account(account);
        tape.head(side, format!("POST {url}"), headers);
        for part in body.clone().into_parts() {
            tape.body(side, &part);
        }
    }

    /// The attempt is answered.
    pub(crate) fn upstream_head(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.upstream_status(status.as_u16());
        if let Some(tape) = &self.tape {
            let side = self.side(Stage::UpstreamResponse);
            tape.head(side, format!("HTTP {}", status.as_u16()), headers);
        }
    }

    pub(crate) fn upstream_body(&self, bytes: &[u8]) {
        if let Some(tape) = &self.tape {
            tape.body(self.side(Stage::UpstreamResponse), bytes);
        }
    }

    fn side(&self, stage: Stage) -> Side {
        let attempts = self
            .owed
            .as_ref()
            .map_or(0, |owed| owed.0.record.attempts.len());
        Side {
            stage,
            attempt: u32::try_from(attempts).unwrap_or(u32::MAX),
        }
    }
}
