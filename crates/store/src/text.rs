//! How our enums look in columns. The texts are stored for good: add, never rename.

use api::auth::Role;
use api::budget::{BudgetPeriod, BudgetUnit};
use api::connection::{AuthKind, Health};
use api::log::Stage;
use api::provider::{ApiType, ModelOrigin, NodeKind};
use api::routing::Strategy;
use api::usage::Outcome;
use sea_orm::DbErr;

use crate::records::UsageSource;

/// An enum that is kept as a text.
pub(crate) trait Text: Copy + Sized + 'static {
    const NAME: &'static str;
    const ALL: &'static [Self];

    fn text(self) -> &'static str;

    fn read(text: &str) -> Result<Self, DbErr> {
        Self::ALL
            .iter()
            .copied()
            .find(|value| value.text() == text)
            .ok_or_else(|| DbErr::Type(format!("expected a {}, found `{text}`", Self::NAME)))
    }
}

impl Text for Role {
    const NAME: &'static str = "role";
    const ALL: &'static [Self] = &[Self::Admin, Self::Member];

    fn text(self) -> &'static str {
        self.as_str()
    }
}

impl Text for BudgetUnit {
    const NAME: &'static str = "unit of a budget";
    const ALL: &'static [Self] = &Self::ALL;

    fn text(self) -> &'static str {
        self.as_str()
    }
}

impl Text for BudgetPeriod {
    const NAME: &'static str = "period of a budget";
    const ALL: &'static [Self] = &Self::ALL;

    fn text(self) -> &'static str {
        self.as_str()
    }
}

impl Text for AuthKind {
    const NAME: &'static str = "kind of authentication";
    const ALL: &'static [Self] = &[Self::ApiKey, Self::OAuth];

    fn text(self) -> &'static str {
        match self {
            Self::ApiKey => "apikey",
            Self::OAuth => "oauth",
        }
    }
}

impl Text for Health {
    const NAME: &'static str = "health";
    const ALL: &'static [Self] = &[Self::Unknown, Self::Active, Self::Error];

    fn text(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Active => "active",
            Self::Error => "error",
        }
    }
}

impl Text for NodeKind {
    const NAME: &'static str = "kind of provider node";
    const ALL: &'static [Self] = &Self::ALL;

    fn text(self) -> &'static str {
        self.as_str()
    }
}

impl Text for ModelOrigin {
    const NAME: &'static str = "origin of a model";
    const ALL: &'static [Self] = &Self::ALL;

    fn text(self) -> &'static str {
        self.as_str()
    }
}

impl Text for ApiType {
    const NAME: &'static str = "type of api";
    const ALL: &'static [Self] = &[Self::Chat, Self::Responses];

    fn text(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
        }
    }
}

impl Text for Strategy {
    const NAME: &'static str = "strategy of a combo";
    const ALL: &'static [Self] = &Self::ALL;

    fn text(self) -> &'static str {
        self.as_str()
    }
}

impl Text for Outcome {
    const NAME: &'static str = "outcome";
    const ALL: &'static [Self] = &Self::ALL;

    fn text(self) -> &'static str {
        self.as_str()
    }
}

impl Text for Stage {
    const NAME: &'static str = "stage of a request";
    const ALL: &'static [Self] = &Self::ALL;

    fn text(self) -> &'static str {
        self.as_str()
    }
}

impl Text for UsageSource {
    const NAME: &'static str = "source of usage";
    const ALL: &'static [Self] = &[Self::Reported, Self::Estimated, Self::None];

    fn text(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Estimated => "estimated",
            Self::None => "none",
        }
    }
}

/// Somebody else's text as both engines take it: Postgres knows no NUL,
/// and the unit separator is what joins the dimensions of the hourly sums.
pub(crate) fn storable(text: &str) -> String {
    // Nearly every text is: a look at its bytes is quicker than one at its characters.
    if text.bytes().all(|byte| byte != 0 && byte != 0x1f) {
        return text.to_owned();
    }
    text.replace(['\0', '\u{1f}'], "\u{fffd}")
}
