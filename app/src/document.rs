//! The document around the app: what the browser loads, in which order, and what it may not do.

use leptos::config::Env;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::{App, Assets};

/// Before the first paint: the theme this browser chose, if it chose one.
const THEME: &str = "try{const t=localStorage.getItem('theme');\
    if(t==='light'||t==='dark')document.documentElement.dataset.theme=t}catch{}";

#[component]
pub(crate) fn Document(options: LeptosOptions) -> impl IntoView {
    let pkg = use_context::<Assets>().map_or_else(|| "/pkg".to_owned(), |assets| assets.pkg);
    let name = options.output_name.to_string();
    let script = format!("{pkg}/{name}.js");
    let wasm = format!("{pkg}/{name}.wasm");
    let start = format!(
        "import({script:?}).then(m=>m.default({{module_or_path:{wasm:?}}}).then(()=>m.hydrate()))"
    );
    let nonce = use_nonce();
    let is_development = options.env == Env::DEV;

    #[cfg(feature = "ssr")]
    policy::set(
        nonce.as_deref(),
        is_development.then_some(options.reload_port),
    );

    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="robots" content="noindex"/>
                <script nonce=nonce.clone()>{THEME}</script>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link id="leptos" rel="stylesheet" href=format!("{pkg}/{name}.css")/>
                <link rel="modulepreload" href=script/>
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin=""/>
                <script type="module" nonce=nonce>{start}</script>
                {is_development.then(|| view! { <AutoReload options/> })}
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

#[cfg(feature = "ssr")]
mod policy {
    //! The content security policy. It is set here because the nonce is born here.

    use axum::http::HeaderValue;
    use axum::http::header::CONTENT_SECURITY_POLICY;
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;

    pub(super) fn set(nonce: Option<&str>, reload_port: Option<u32>) {
        let Some(response) = use_context::<ResponseOptions>() else {
            return;
        };
        if let Ok(policy) = HeaderValue::from_str(&text(nonce, reload_port)) {
            response.insert_header(CONTENT_SECURITY_POLICY, policy);
        }
    }

    fn text(nonce: Option<&str>, reload_port: Option<u32>) -> String {
        let nonce = nonce
            .map(|nonce| format!(" 'nonce-{nonce}'"))
            .unwrap_or_default();
        // The development server tells the page to reload over a socket of its own.
        let reload = reload_port
            .map(|port| format!(" ws://127.0.0.1:{port} ws://localhost:{port}"))
            .unwrap_or_default();
        format!(
            "default-src 'self'; script-src 'self'{nonce} 'wasm-unsafe-eval'; \
             style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'{reload}; \
             frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
        )
    }
}
