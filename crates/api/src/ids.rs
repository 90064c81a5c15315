//! Identifiers. Ours are UUIDs in text form, made in `admin` and `gateway`, never here.

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self(value)
            }
        }

        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                Self(value.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A person who may sign in.
    UserId;
    /// One of our own API keys.
    KeyId;
    /// A credential-bearing account with a provider.
    ConnectionId;
    /// How much something may use up in a time.
    BudgetId;
    /// A provider the user defined.
    NodeId;
    /// A catalogue entry's id, or a node's.
    ProviderId;
    /// A login with a provider that has begun.
    LoginId;
    /// An ordered list of models under one name.
    ComboId;
    /// One request of a client, and its usage row.
    RequestId;
}
