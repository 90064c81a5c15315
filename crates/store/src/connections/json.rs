//! Small things of an account that are stored as JSON. Nothing is no text at all.

use sea_orm::DbErr;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::error::StoreError;

pub(super) fn read<T: DeserializeOwned + Default>(
    text: Option<&str>,
    connection: &str,
) -> Result<T, StoreError> {
    let Some(text) = text else {
        return Ok(T::default());
    };
    serde_json::from_str(text).map_err(|error| {
        let what = format!("what connection `{connection}` says of itself is not JSON: {error}");
        DbErr::Type(what).into()
    })
}

pub(super) fn written<T: Serialize>(value: &T, is_empty: bool) -> Option<String> {
    (!is_empty).then(|| json!(value).to_string())
}
