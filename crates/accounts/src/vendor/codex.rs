//! Codex: which ChatGPT account the tokens are for stands in the id token.

use crate::error::AccountError;
use crate::grant::Grant;
use crate::login::Login;
use crate::vendor::claims;

pub(crate) fn describe(grant: &Grant, login: &mut Login) -> Result<(), AccountError> {
    let claims = claims::of(grant.id_token.as_deref());
    let auth = &claims.all["https://api.openai.com/auth"];
    let Some(account) = auth["chatgpt_account_id"].as_str() else {
        return Err(AccountError::Unusable(
            "this login belongs to no ChatGPT account: choose a plan at chatgpt.com first"
                .to_owned(),
        ));
    };
    login.credential.facts.account_id = Some(account.to_owned());
    login.credential.facts.plan = auth["chatgpt_plan_type"].as_str().map(str::to_owned);
    let person = claims.email.clone().or(claims.subject).unwrap_or_default();
    login.identity = Some(format!("{person}/{account}"));
    login.label = claims.email;
    Ok(())
}
