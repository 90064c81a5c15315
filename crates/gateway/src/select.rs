//! Which account serves.

use std::sync::Arc;

use crate::caller::Caller;
use crate::snapshot::Account;

/// The accounts that may serve `caller`, in the order in which they are tried.
pub fn candidates<'a>(
    accounts: &'a [Arc<Account>],
    caller: &'a Caller,
) -> impl Iterator<Item = &'a Arc<Account>> {
    accounts
        .iter()
        .filter(|account| account.is_active && may_use(account, caller))
}

fn may_use(account: &Account, caller: &Caller) -> bool {
    account.is_shared || caller.user_id.as_ref() == Some(&account.owner_id)
}
