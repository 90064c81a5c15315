//! Which accounts are shown, and in which order.

use api::quota::QuotaView;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use leptos_router::location::Url;

const PAGE: &str = "/dashboard/quota";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Order {
    #[default]
    Name,
    /// What resets first.
    Reset,
    /// Of what least is left.
    Left,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// All, unless one is named.
    provider: Option<String>,
    order: Order,
}

impl Order {
    const ALL: [Self; 3] = [Self::Name, Self::Reset, Self::Left];

    fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Reset => "reset",
            Self::Left => "left",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Name => "Provider and name",
            Self::Reset => "Resets first",
            Self::Left => "Least left first",
        }
    }

    fn parse(key: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|order| order.key() == key).unwrap_or_default()
    }
}

impl Wanted {
    pub(crate) fn read(query: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            provider: query("provider").filter(|provider| !provider.is_empty()),
            order: query("sort").map_or_else(Order::default, |key| Order::parse(&key)),
        }
    }

    pub(crate) fn choose(&self, views: &[QuotaView]) -> Vec<QuotaView> {
        let is_wanted = |view: &&QuotaView| {
            let provider = self.provider.as_deref();
            provider.is_none_or(|provider| view.provider.as_str() == provider)
        };
        let mut chosen: Vec<QuotaView> = views.iter().filter(is_wanted).cloned().collect();
        self.order.sort(&mut chosen);
        chosen
    }

    fn href(&self) -> String {
        let provider = self
            .provider
            .as_deref()
            .map(|provider| format!("provider={}", Url::escape(provider)));
        let order = (self.order != Order::default()).then(|| format!("sort={}", self.order.key()));
        let query: Vec<String> = provider.into_iter().chain(order).collect();
        if query.is_empty() {
            PAGE.to_owned()
        } else {
            format!("{PAGE}?{}", query.join("&"))
        }
    }
}

/// A plain form, which scripts send at every change.
#[component]
pub(crate) fn Filters(views: Memo<Vec<QuotaView>>, wanted: Memo<Wanted>) -> impl IntoView {
    let navigate = use_navigate();
    let go = Callback::new(move |wanted: Wanted| {
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(&wanted.href(), options);
    });
    let providers = Memo::new(move |_| {
        let mut all: Vec<(String, String)> = views.with(|views| {
            let pair = |view: &QuotaView| (view.provider_name.clone(), view.provider.0.clone());
            views.iter().map(pair).collect()
        });
        all.sort();
        all.dedup();
        all
    });
    let is_provider = move |id: &str| wanted.with(|wanted| wanted.provider.as_deref() == Some(id));
    let provider = move |(name, id): (String, String)| {
        let (first, later) = (is_provider(&id), id.clone());
        view! {
            <option value=id selected=first prop:selected=move || is_provider(&later)>{name}</option>
        }
    };
    let order = move |order: Order| {
        let is_order = move || wanted.with(|wanted| wanted.order == order);
        view! {
            <option value=order.key() selected=is_order() prop:selected=is_order>{order.name()}</option>
        }
    };
    view! {
        <form class="filters" method="get" action=PAGE on:submit=|event| event.prevent_default()>
            <div class="field">
                <label for="quota-provider">"Provider"</label>
                <select
                    id="quota-provider"
                    name="provider"
                    on:change:target=move |event| {
                        let provider = Some(event.target().value()).filter(|id| !id.is_empty());
                        go.run(Wanted { provider, ..wanted.get_untracked() });
                    }
                >
                    <option value="">"All"</option>
                    {move || providers.get().into_iter().map(provider).collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="quota-sort">"Order"</label>
                <select
                    id="quota-sort"
                    name="sort"
                    on:change:target=move |event| {
                        let order = Order::parse(&event.target().value());
                        go.run(Wanted { order, ..wanted.get_untracked() });
                    }
                >
                    {Order::ALL.map(order)}
                </select>
            </div>
            <noscript><div class="actions"><button type="submit" class="button">"Show"</button></div></noscript>
        </form>
    }
}
