//! Which accounts rest, for people: what [`crate::health`] remembers, read and cleared.

use std::collections::HashMap;

use api::connection::RestView;
use api::ids::ConnectionId;
use chrono::{DateTime, Utc};

use crate::Gateway;
use crate::check::trouble;

impl Gateway {
    /// Every rest at `now`, by account; those of the whole account first.
    #[must_use]
    pub fn rests(&self, now: DateTime<Utc>) -> HashMap<ConnectionId, Vec<RestView>> {
        let mut rests: HashMap<ConnectionId, Vec<RestView>> = HashMap::new();
        for (account, model, rest) in self.inner.health.all(now) {
            let view = RestView {
                model,
                until: rest.until,
                trouble: trouble(rest.kind),
                is_known: rest.is_out(),
            };
            rests.entry(account).or_default().push(view);
        }
        for views in rests.values_mut() {
            views.sort_by(|one, other| one.model.cmp(&other.model));
        }
        rests
    }

    /// Lets an account be asked again at once: all of it, or for one model.
    pub fn wake(&self, account: &ConnectionId, model: Option<&str>) {
        self.inner.health.wake(account, model);
    }

    /// A check found that the account's key works: what had to do with the key or the way there is over. What it has
    /// used up stays used up.
    pub fn found_sound(&self, account: &ConnectionId) {
        self.inner.health.found_sound(account);
    }
}
