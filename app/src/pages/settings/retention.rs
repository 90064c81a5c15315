//! For how long requests and their sums are kept. What would delete more than before is asked about first.

use api::error::{ApiError, ErrorKind};
use api::settings::UsageRetention;
use leptos::prelude::*;

use crate::components::button::Submit;
use crate::components::error::ErrorNote;
use crate::components::field::{Field, outside};
use crate::components::modal::Confirm;
use crate::components::toast::use_toasts;
use crate::functions::settings::SetUsageRetention;
use crate::pages::settings::number::whole;

const FIELDS: &[&str] = &["request_days", "sum_days"];

#[component]
pub(crate) fn RetentionCard(retention: UsageRetention, may_change: bool) -> impl IntoView {
    let toasts = use_toasts();
    let now = RwSignal::new(retention);
    let asking = RwSignal::new(None::<UsageRetention>);
    let set = ServerAction::<SetUsageRetention>::new();
    let requests = RwSignal::new(shown(retention.request_days));
    let sums = RwSignal::new(shown(retention.sum_days));
    let wrong = RwSignal::new(None::<ApiError>);
    let refused = Signal::derive(move || set.value().get().and_then(Result::err));
    let error = Signal::derive(move || wrong.get().or_else(|| refused.get()));
    Effect::new(move |_| {
        if let Some(Ok(kept)) = set.value().get() {
            now.set(kept);
            asking.set(None);
            toasts.say("It is saved for how long usage is kept.");
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        match wanted(&requests.get_untracked(), &sums.get_untracked()) {
            Ok(retention) => {
                wrong.set(None);
                if now.with_untracked(|now| retention.deletes_more_than(now)) {
                    asking.set(Some(retention));
                } else {
                    set.dispatch(SetUsageRetention { retention });
                }
            }
            Err(error) => wrong.set(Some(error)),
        }
    };
    let hint = |words: &str| {
        format!(
            "{words} {} to {} days; empty: for good.",
            UsageRetention::FEWEST_DAYS,
            UsageRetention::MOST_DAYS
        )
    };
    view! {
        <section class="card" aria-labelledby="retention-title">
            <div class="card-head"><h2 id="retention-title">"How long usage is kept"</h2></div>
            <p>
                "A request is one line of the log: who asked what of whom, its attempts, tokens, cost and errors. "
                "Sums are what the usage page, its charts, its files and the monthly report show; they stay when the requests that they are made of are deleted, and no total becomes smaller. "
                "What is older is deleted within the hour, and nothing brings it back."
            </p>
            <form class="form" on:submit=submit>
                <ErrorNote error=outside(error, FIELDS)/>
                <fieldset class="form fieldset" disabled=!may_change>
                    <Field
                        id="retention-requests"
                        label="Requests, in days"
                        field="request_days"
                        hint=hint("At first 365.")
                        value=requests
                        error
                    />
                    <Field
                        id="retention-sums"
                        label="Sums, in days"
                        field="sum_days"
                        hint=hint("At first for good. Not shorter than the requests;")
                        value=sums
                        error
                    />
                    <div class="actions">
                        <Submit label="Save how long" busy="Saving…" is_busy=set.pending()/>
                    </div>
                </fieldset>
            </form>
        </section>
        <Confirm
            id="retention-confirm-title"
            title="Delete what is older?"
            open=asking
            explain=loss
            label="Delete what is older"
            is_busy=set.pending()
            error=refused
            confirm=move |retention| { set.dispatch(SetUsageRetention { retention }); }
        />
    }
}

fn shown(days: Option<u32>) -> String {
    days.map(|days| days.to_string()).unwrap_or_default()
}

/// What is typed, if it makes sense.
fn wanted(requests: &str, sums: &str) -> Result<UsageRetention, ApiError> {
    let retention = UsageRetention {
        request_days: whole(requests, "request_days")?,
        sum_days: whole(sums, "sum_days")?,
    };
    match retention.problem() {
        None => Ok(retention),
        Some((field, message)) => Err(ApiError {
            field: Some(field.to_owned()),
            ..ApiError::new(ErrorKind::Invalid, message)
        }),
    }
}

/// What will not be there any more.
fn loss(after: &UsageRetention) -> String {
    match (after.request_days, after.sum_days) {
        (None, None) => "Nothing is deleted.".to_owned(),
        (Some(days), None) => format!(
            "Requests that are older than {days} days are deleted for good, now and from now on. Their sums stay."
        ),
        (None, Some(days)) => {
            format!(
                "Sums that are older than {days} days are deleted for good, now and from now on."
            )
        }
        (Some(requests), Some(sums)) => format!(
            "Requests that are older than {requests} days and sums that are older than {sums} days are deleted for good, now and from now on. The usage page will show nothing from before."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_is_for_good() {
        let retention = wanted(" 30 ", "").expect("it makes sense");
        assert_eq!(
            (retention.request_days, retention.sum_days),
            (Some(30), None)
        );
        for (requests, sums, field) in [
            ("a month", "", "request_days"),
            ("1", "", "request_days"),
            ("30", "7", "sum_days"),
            ("", "7", "sum_days"),
        ] {
            let error = wanted(requests, sums).expect_err("it makes no sense");
            assert_eq!(error.field.as_deref(), Some(field), "{requests} {sums}");
        }
    }
}
