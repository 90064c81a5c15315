//! What a plain form sends, read: an empty field is an absent one, and nothing leads off this site.

use api::auth::{LoginParams, SetupParams};
use api::error::{ApiError, ErrorKind};

/// The page after a sign-in that asked for none, or for one elsewhere.
const HOME: &str = "/dashboard";

pub(crate) fn set_up(params: SetupParams, confirm: &str) -> Result<SetupParams, ApiError> {
    if params.password != confirm {
        return Err(ApiError {
            field: Some("confirm".to_owned()),
            ..ApiError::new(ErrorKind::Invalid, "the two passwords differ")
        });
    }
    Ok(SetupParams {
        token: params.token.filter(|token| !token.trim().is_empty()),
        ..params
    })
}

pub(crate) fn sign_in(params: LoginParams) -> LoginParams {
    LoginParams {
        name: params.name.filter(|name| !name.trim().is_empty()),
        ..params
    }
}

/// A path on this site and nothing else: no host, no scheme, nothing a browser would read as one.
pub(crate) fn next(wanted: Option<&str>) -> &str {
    wanted.filter(|path| is_local(path)).unwrap_or(HOME)
}

fn is_local(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn only_a_path_of_ours_is_followed() {
        for wanted in ["/dashboard/usage?period=24h", "/dashboard"] {
            assert_eq!(next(Some(wanted)), wanted);
        }
        for wanted in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/a\r\nb: c",
            "dashboard",
        ] {
            assert_eq!(next(Some(wanted)), "/dashboard");
        }
        assert_eq!(next(None), "/dashboard");
    }
}
