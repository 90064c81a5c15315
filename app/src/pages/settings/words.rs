//! What the choices mean, for people.

use api::settings::{AccountStrategy, Conversations};

pub(crate) fn strategy(strategy: AccountStrategy) -> &'static str {
    match strategy {
        AccountStrategy::FillFirst => {
            "Always the first account, by priority; the next one only while that one cannot serve."
        }
        AccountStrategy::RoundRobin => {
            "In turns, so many requests in a row each. No account is ever more than one turn ahead of another."
        }
        AccountStrategy::LeastRecentlyUsed => {
            "The account that has been left alone the longest, standing in for others included."
        }
        AccountStrategy::Weighted => {
            "In turns, each account as often as its weight says. The weights stand below, with the provider."
        }
        AccountStrategy::QuotaAware => {
            "The account whose longest quota resets first, as what is left of it is lost then. Accounts with less than 5 % left come last."
        }
    }
}

pub(crate) fn conversations(choice: Conversations) -> (&'static str, &'static str) {
    match choice {
        Conversations::Roam => (
            "Do not keep them together",
            "Every request is on its own. The load is shared most evenly, and the provider reads most prompts anew, at full price.",
        ),
        Conversations::StayIfNamed => (
            "Keep those that the client names",
            "Claude Code, Codex and others send a session with each request; such a session stays with its account.",
        ),
        Conversations::Stay => (
            "Keep all of them",
            "One without a name is known by its system prompt and first message. Requests that begin alike then share an account.",
        ),
    }
}
