//! Numbers that people type.

use api::error::{ApiError, ErrorKind};

/// A whole number. `None` where nothing is typed.
pub(crate) fn whole(text: &str, field: &'static str) -> Result<Option<u32>, ApiError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let number = text
        .parse()
        .map_err(|_| wrong(field, "a whole number", text))?;
    Ok(Some(number))
}

/// Seconds with a decimal point, as milliseconds. `None` where nothing is typed.
pub(crate) fn seconds(text: &str, field: &'static str) -> Result<Option<u32>, ApiError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let most = f64::from(u32::MAX) / 1000.0;
    let seconds = text.parse::<f64>().ok();
    let seconds = seconds.filter(|seconds| (0.0..=most).contains(seconds));
    let seconds = seconds.ok_or_else(|| wrong(field, "a number of seconds", text))?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it was found to fit"
    )]
    let ms = (seconds * 1000.0).round() as u32;
    Ok(Some(ms))
}

/// Milliseconds as people type them.
pub(crate) fn shown(ms: Option<u32>) -> String {
    ms.map(|ms| (f64::from(ms) / 1000.0).to_string())
        .unwrap_or_default()
}

pub(crate) fn wrong(field: &'static str, wanted: &str, found: &str) -> ApiError {
    ApiError {
        field: Some(field.to_owned()),
        ..ApiError::new(
            ErrorKind::Invalid,
            format!("expected {wanted}, found `{found}`"),
        )
    }
}
