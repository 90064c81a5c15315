//! Which account a conversation is at home with, so that its upstream's prompt cache is of use.
//!
//! A conversation is known by the name its client gives it, in a header or in the body, or else by its system prompt
//! and first message; always together with the caller, so that nobody can land on another's.
//! What is not heard of for an hour is forgotten, and so is the oldest where there are too many.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use api::ids::{ConnectionId, KeyId, ProviderId, UserId};
use api::settings::Conversations;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use sha2::{Digest as _, Sha256};
use wire::head::opening::Opening;

use crate::caller::Caller;

/// Headers that name a session, as clients send them: Claude Code, OpenCode, Codex, and what others have taken up.
/// <https://code.claude.com/docs/en/llm-gateway-protocol>
const SESSION_HEADERS: [&str; 6] = [
    "x-claude-code-session-id",
    "x-opencode-session",
    "session_id",
    "session-id",
    "x-session-id",
    "conversation_id",
];

/// Vendors keep a prompt's cache for five minutes to an hour after its last use.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::hours(1);
/// Conversations in each of the two halves of the table.
const HALF: usize = 10_000;

/// A conversation of one caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Conversation([u8; 16]);

impl Conversation {
    /// For an upstream that wants to know which requests belong together; it tells nothing else.
    pub(crate) fn id(self) -> String {
        uuid::Uuid::from_bytes(self.0).to_string()
    }
}

/// The conversation of a request, if it is one that stays.
pub(crate) fn identify(
    setting: Conversations,
    caller: &Caller,
    headers: &HeaderMap,
    opening: &Opening,
    body: &Bytes,
) -> Option<Conversation> {
    let mut digest = Sha256::new();
    let mut tell = |part: &str| {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    };
    tell(caller.user_id.as_ref().map_or("", UserId::as_str));
    tell(caller.key_id.as_ref().map_or("", KeyId::as_str));
    let named = || named_by(headers).or_else(|| opening.name(body));
    match setting {
        Conversations::Roam => return None,
        Conversations::StayIfNamed => tell(&named()?),
        Conversations::Stay => match named() {
            Some(name) => tell(&name),
            None => {
                let mut is_empty = true;
                opening.texts(body, |text| {
                    is_empty = false;
                    tell(text);
                });
                if is_empty {
                    return None;
                }
            }
        },
    }
    let digest = digest.finalize();
    let (half, _) = digest.split_first_chunk()?;
    Some(Conversation(*half))
}

fn named_by(headers: &HeaderMap) -> Option<String> {
    let mut values = SESSION_HEADERS.iter().filter_map(|name| headers.get(*name));
    let value = values.find(|value| !value.is_empty())?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Where conversations are at home, at each provider.
#[derive(Debug, Default)]
pub(crate) struct Homes {
    halves: Mutex<Halves>,
}

/// The young half takes what is new and what is used; when it is full it becomes the old one, and the old one is gone.
#[derive(Debug, Default)]
struct Halves {
    young: HashMap<(Conversation, ProviderId), Home>,
    old: HashMap<(Conversation, ProviderId), Home>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Home {
    account: ConnectionId,
    used_at: DateTime<Utc>,
}

impl Homes {
    /// The account that answered the conversation last.
    pub(crate) fn of(
        &self,
        conversation: Conversation,
        provider: &ProviderId,
        now: DateTime<Utc>,
    ) -> Option<ConnectionId> {
        let place = (conversation, provider.clone());
        let halves = self.lock();
        let home = halves
            .young
            .get(&place)
            .or_else(|| halves.old.get(&place))?;
        (now - home.used_at < FORGOTTEN_AFTER).then(|| home.account.clone())
    }

    /// The account has answered the conversation, which is at home there from now on.
    pub(crate) fn settle(
        &self,
        conversation: Conversation,
        provider: &ProviderId,
        account: &ConnectionId,
        now: DateTime<Utc>,
    ) {
        let home = Home {
            account: account.clone(),
            used_at: now,
        };
        let mut halves = self.lock();
        halves.young.insert((conversation, provider.clone()), home);
        if halves.young.len() >= HALF {
            halves.old = std::mem::take(&mut halves.young);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Halves> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use wire::head;

    use super::*;

    fn caller(key: &str) -> Caller {
        Caller {
            key_id: Some(key.into()),
            user_id: Some("u".into()),
        }
    }

    fn known(
        setting: Conversations,
        key: &str,
        header: Option<&str>,
        body: &str,
    ) -> Option<Conversation> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let mut headers = HeaderMap::new();
        if let Some(session) = header {
            headers.insert("session_id", session.parse().expect("a value"));
        }
        let opening = head::check(&body).expect("an object");
        identify(setting, &caller(key), &headers, &opening, &body)
    }

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::default() + TimeDelta::minutes(minutes)
    }

    #[test]
    fn a_name_is_a_name_wherever_it_stands_and_belongs_to_its_caller() {
        let named = r#"{"prompt_cache_key":"s","messages":[{"role":"user","content":"hi"}]}"#;
        let unnamed = r#"{"messages":[{"role":"user","content":"hi"}]}"#;
        let setting = Conversations::StayIfNamed;
        let by_body = known(setting, "k", None, named);
        assert!(by_body.is_some());
        assert_eq!(by_body, known(setting, "k", Some("s"), unnamed));
        assert_ne!(
            by_body,
            known(setting, "other", None, named),
            "another caller's"
        );
        assert_eq!(known(setting, "k", None, unnamed), None);
        assert_eq!(known(Conversations::Roam, "k", None, named), None);
    }

    #[test]
    fn one_without_a_name_is_known_by_how_it_begins() {
        let hi = r#"{"messages":[{"role":"user","content":"hi"}]}"#;
        let later = r#"{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"yes?"}]}"#;
        let other = r#"{"messages":[{"role":"user","content":"hello"}]}"#;
        let stay = |body| known(Conversations::Stay, "k", None, body);
        assert!(stay(hi).is_some());
        assert_eq!(stay(hi), stay(later));
        assert_ne!(stay(hi), stay(other));
        assert_eq!(stay(r#"{"messages":[]}"#), None);
    }

    #[test]
    fn a_home_is_kept_while_it_is_used_and_for_an_hour() {
        let homes = Homes::default();
        let conversation = Conversation([1; 16]);
        let home = |now| homes.of(conversation, &"p".into(), at(now));
        assert_eq!(home(0), None);
        homes.settle(conversation, &"p".into(), &"a".into(), at(0));
        assert_eq!(home(59), Some("a".into()));
        assert_eq!(home(60), None);
        homes.settle(conversation, &"p".into(), &"b".into(), at(60));
        assert_eq!(home(61), Some("b".into()), "it has moved");
        assert_eq!(homes.of(conversation, &"other".into(), at(61)), None);
    }

    #[test]
    fn the_table_stays_small_and_keeps_what_is_used() {
        let homes = Homes::default();
        let conversation = |number: usize| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&number.to_le_bytes());
            Conversation(id)
        };
        for number in 1..HALF * 5 {
            homes.settle(conversation(number), &"p".into(), &"a".into(), at(0));
            if number % 1_000 == 0 {
                homes.settle(conversation(0), &"p".into(), &"b".into(), at(0));
            }
        }
        let halves = homes.lock();
        assert!(halves.young.len() + halves.old.len() <= 2 * HALF);
        drop(halves);
        assert_eq!(
            homes.of(conversation(0), &"p".into(), at(0)),
            Some("b".into())
        );
        assert_eq!(homes.of(conversation(1), &"p".into(), at(0)), None);
    }
}
