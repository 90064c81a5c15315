//! What a login must say to be one.

use url::Url;

use crate::oauth::{Flow, Method, OauthSpec};

impl OauthSpec {
    /// What is missing or wrong, in words.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.methods.is_empty() {
            return Err("a login needs a method".to_owned());
        }
        for (index, method) in self.methods.iter().enumerate() {
            method
                .check()
                .map_err(|what| format!("the login method `{}`: {what}", method.id))?;
            if self
                .methods
                .iter()
                .skip(index + 1)
                .any(|other| other.id == method.id)
            {
                return Err(format!("two login methods are called `{}`", method.id));
            }
        }
        Ok(())
    }
}

impl Method {
    fn check(&self) -> Result<(), String> {
        let endpoints = [Some(&self.token), self.refresh.as_ref()];
        let tokens = endpoints
            .into_iter()
            .flatten()
            .map(|endpoint| &endpoint.url);
        let others = [&self.url, &self.registration_url, &self.start_url];
        for url in others.into_iter().flatten().chain(tokens) {
            let filled = url.replace("{region}", "us-east-1");
            let is_safe = Url::parse(&filled).is_ok_and(|url| url.scheme() == "https");
            if !is_safe {
                return Err(format!("expected an https address, found `{url}`"));
            }
        }
        match self.flow {
            Flow::Code | Flow::Device if self.url.is_none() => {
                Err("it needs the address where people log in".to_owned())
            }
            Flow::Device if self.client_id.is_none() && self.registration_url.is_none() => {
                Err("it needs a client id or a place to register".to_owned())
            }
            Flow::Code | Flow::Device | Flow::Import => Ok(()),
        }
    }
}
