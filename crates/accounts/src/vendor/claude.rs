//! Claude's token answer names the person and the organisation.

use crate::grant::Grant;
use crate::login::Login;

pub(crate) fn describe(grant: &Grant, login: &mut Login) {
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let email = text(&grant.account["email_address"]);
    let person = text(&grant.account["uuid"]).or_else(|| email.clone());
    let organisation = text(&grant.organization["uuid"]);
    // A person may have a plan of their own and another one in an organisation.
    login.identity = match (person, organisation) {
        (Some(person), Some(organisation)) => Some(format!("{person}/{organisation}")),
        (person, _) => person,
    };
    login.label = match (email, text(&grant.organization["name"])) {
        (Some(email), Some(name)) if !name.contains(&email) => Some(format!("{email} ({name})")),
        (email, name) => email.or(name),
    };
}
