//! What lies on the bench: the two drafts, what is asked of them, and what came of it.

use api::error::{ApiError, ErrorKind};
use api::translator::{AnswerSample, MOST_SAMPLE_BYTES, RequestSample, Translation};
use leptos::prelude::*;

use crate::functions::translator::{TranslateAnswer, TranslateRequest};
use crate::pages::translator::address::{Address, Tab};
use crate::pages::translator::samples;

#[derive(Clone, Copy)]
pub(crate) struct Bench {
    pub(crate) address: Memo<Address>,
    pub(crate) model: RwSignal<String>,
    pub(crate) is_stream: RwSignal<bool>,
    /// Each direction keeps its draft while the other is in sight.
    request: RwSignal<String>,
    reply: RwSignal<String>,
    /// Set where a draft is too long to be sent at all.
    refused: RwSignal<Option<ApiError>>,
    translate_request: ServerAction<TranslateRequest>,
    translate_answer: ServerAction<TranslateAnswer>,
}

impl Bench {
    pub(crate) fn new(address: Memo<Address>) -> Self {
        let start = address.get_untracked();
        let bench = Self {
            address,
            model: RwSignal::new(samples::model(start.provider).to_owned()),
            is_stream: RwSignal::new(true),
            request: RwSignal::new(samples::request(start.client).to_owned()),
            reply: RwSignal::new(samples::answer(start.provider).to_owned()),
            refused: RwSignal::new(None),
            translate_request: ServerAction::new(),
            translate_answer: ServerAction::new(),
        };
        Effect::new(move |previous: Option<Address>| {
            let now = address.get();
            if previous.is_some_and(|previous| previous != now) {
                bench.refused.set(None);
            }
            if previous.is_some_and(|previous| previous.with_tab(now.tab) != now) {
                bench.follow(now);
            }
            now
        });
        bench
    }

    /// Other sides were chosen: samples follow, and results of the old ones say nothing any more.
    fn follow(self, now: Address) {
        replace(self.model, samples::is_model, samples::model(now.provider));
        replace(
            self.request,
            samples::is_request,
            samples::request(now.client),
        );
        replace(
            self.reply,
            samples::is_answer,
            samples::answer(now.provider),
        );
        self.translate_request.clear();
        self.translate_answer.clear();
    }

    pub(crate) fn tab(self) -> Tab {
        self.address.with(|address| address.tab)
    }

    /// The text of the direction in sight.
    pub(crate) fn draft(self) -> RwSignal<String> {
        match self.tab() {
            Tab::Request => self.request,
            Tab::Answer => self.reply,
        }
    }

    /// Puts a sample in the place of whatever is there.
    pub(crate) fn load_sample(self) {
        let Address {
            tab,
            client,
            provider,
        } = self.address.get_untracked();
        match tab {
            Tab::Request => self.request.set(samples::request(client).to_owned()),
            Tab::Answer => self.reply.set(samples::answer(provider).to_owned()),
        }
    }

    pub(crate) fn is_busy(self) -> bool {
        self.translate_request.pending().get() || self.translate_answer.pending().get()
    }

    pub(crate) fn translate(self) {
        if untrack(move || self.is_busy()) {
            return;
        }
        let Address {
            tab,
            client,
            provider,
        } = self.address.get_untracked();
        let length = untrack(move || self.draft()).with_untracked(String::len);
        self.refused.set(too_long(length));
        if length > MOST_SAMPLE_BYTES {
            return;
        }
        let model = self.model.get_untracked();
        let is_stream = self.is_stream.get_untracked();
        match tab {
            Tab::Request => {
                let sample = RequestSample {
                    from: client,
                    to: provider,
                    model,
                    is_stream,
                    body: self.request.get_untracked(),
                };
                self.translate_request.dispatch(TranslateRequest { sample });
            }
            Tab::Answer => {
                let sample = AnswerSample {
                    from: provider,
                    to: client,
                    model,
                    is_stream,
                    body: self.reply.get_untracked(),
                };
                self.translate_answer.dispatch(TranslateAnswer { sample });
            }
        }
    }

    /// What came of it, for the direction in sight.
    pub(crate) fn answer(self) -> Signal<Option<Result<Translation, ApiError>>> {
        Signal::derive(move || match (self.refused.get(), self.tab()) {
            (Some(refused), _) => Some(Err(refused)),
            (None, Tab::Request) => self.translate_request.value().get(),
            (None, Tab::Answer) => self.translate_answer.value().get(),
        })
    }
}

fn too_long(length: usize) -> Option<ApiError> {
    (length > MOST_SAMPLE_BYTES).then(|| {
        ApiError::new(
            ErrorKind::Invalid,
            format!("expected at most {MOST_SAMPLE_BYTES} bytes, found {length}"),
        )
    })
}

/// A text of the user's own is never replaced.
fn replace(text: RwSignal<String>, is_ours: fn(&str) -> bool, ours: &str) {
    if text.with_untracked(|text| is_ours(text)) {
        text.set(ours.to_owned());
    }
}
