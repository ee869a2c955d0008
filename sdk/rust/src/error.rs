//! Why something failed.

use std::fmt;

use crate::abi;

/// What ends an observer, with a text for people. `?` makes one of a `&str` or a `String`.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    pub(crate) code: i32,
    pub(crate) text: String,
}

impl Error {
    /// The configuration cannot be used; for `create`. The text begins with the key: "min_f1: …".
    pub fn config(text: impl Into<String>) -> Error {
        Error { code: abi::E_CONFIG, text: text.into() }
    }

    /// The host, or the observer's `migrate`, does not know what is asked.
    pub fn unsupported(text: impl Into<String>) -> Error {
        Error { code: abi::E_UNSUPPORTED, text: text.into() }
    }

    /// What a service of the host returned: it has kept the text, if there is one.
    pub(crate) fn of_host(code: i32) -> Error {
        Error { code, text: String::new() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.text.is_empty() { "the host refused" } else { &self.text })
    }
}

impl std::error::Error for Error {}

impl From<String> for Error {
    fn from(text: String) -> Error {
        Error { code: abi::E_FAILED, text }
    }
}

impl From<&str> for Error {
    fn from(text: &str) -> Error {
        Error::from(text.to_string())
    }
}

/// The result of a service that has no other.
pub(crate) fn check(code: i32) -> Result<(), Error> {
    if code < 0 {
        Err(Error::of_host(code))
    } else {
        Ok(())
    }
}
