//! How long an upstream is waited for.

use api::error::ApiError;
use api::settings::{SettingsPatch, SettingsView, TimeoutSettings};
use leptos::prelude::*;

use crate::components::button::Submit;
use crate::components::error::ErrorNote;
use crate::components::field::{Field, outside};
use crate::components::toast::use_toasts;
use crate::functions::settings::PatchSettings;
use crate::pages::settings::number::{seconds, shown};

#[component]
pub(crate) fn TimeoutsCard(now: RwSignal<SettingsView>) -> impl IntoView {
    let toasts = use_toasts();
    let patch = ServerAction::<PatchSettings>::new();
    let settings = now.get_untracked();
    let (set, default) = (settings.timeouts, settings.default_timeouts);
    let connect = RwSignal::new(shown(set.connect_ms));
    let first_byte = RwSignal::new(shown(set.first_byte_ms));
    let idle = RwSignal::new(shown(set.idle_ms));
    let wrong = RwSignal::new(None::<ApiError>);
    let error: Signal<Option<ApiError>> = Signal::derive(move || {
        wrong
            .get()
            .or_else(|| patch.value().get().and_then(Result::err))
    });
    Effect::new(move |_| {
        if let Some(Ok(settings)) = patch.value().get() {
            now.set(settings);
            toasts.say("The timeouts are saved.");
        }
    });
    let wanted = move || -> Result<TimeoutSettings, ApiError> {
        Ok(TimeoutSettings {
            connect_ms: seconds(&connect.get_untracked(), "connect_ms")?,
            first_byte_ms: seconds(&first_byte.get_untracked(), "first_byte_ms")?,
            idle_ms: seconds(&idle.get_untracked(), "idle_ms")?,
        })
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        match wanted() {
            Ok(timeouts) => {
                wrong.set(None);
                let patch_of = SettingsPatch {
                    timeouts: Some(timeouts),
                    ..SettingsPatch::default()
                };
                patch.dispatch(PatchSettings { patch: patch_of });
            }
            Err(error) => wrong.set(Some(error)),
        }
    };
    let hint = |ms: u32, words: &str| format!("{words} Empty: {} s.", shown(Some(ms)));
    view! {
        <section class="card" aria-labelledby="timeouts-title">
            <div class="card-head"><h2 id="timeouts-title">"Timeouts"</h2></div>
            <p>"In seconds. An account that is too slow counts as one that fails, and the next one is asked."</p>
            <form class="form" on:submit=submit>
                <ErrorNote error=outside(error, &["connect_ms", "first_byte_ms", "idle_ms"])/>
                <fieldset class="form fieldset" disabled=!settings.may_change>
                    <Field
                        id="timeout-connect"
                        label="Connection"
                        field="connect_ms"
                        hint=hint(default.connect_ms, "Until the connection stands.")
                        value=connect
                        error
                    />
                    <Field
                        id="timeout-first-byte"
                        label="First byte"
                        field="first_byte_ms"
                        hint=hint(default.first_byte_ms, "Until the answer begins, while another account could be asked.")
                        value=first_byte
                        error
                    />
                    <Field
                        id="timeout-idle"
                        label="Silence"
                        field="idle_ms"
                        hint=hint(default.idle_ms, "Between two pieces of an answer, and before the first where no other account could be asked. A stream that has begun ends with an error.")
                        value=idle
                        error
                    />
                    <div class="actions">
                        <Submit label="Save the timeouts" busy="Saving…" is_busy=patch.pending()/>
                    </div>
                </fieldset>
            </form>
        </section>
    }
}
