//! Checks of parameters against the constraints of the service models, with the texts AWS answers.

use super::error::ApiError;

/// The characters of `[\w…]` classes beyond letters, digits and the underscore, with the pattern as AWS prints it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pattern {
    extra: &'static str,
    printed: &'static str,
}

/// Role session names and source identities.
pub(super) const NAME: Pattern = Pattern { extra: "+=,.@-", printed: r"[\w+=,.@-]*" };
/// External ids.
pub(super) const EXTERNAL_ID: Pattern = Pattern { extra: "+=,.@:/-", printed: r"[\w+=,.@:\/-]*" };
/// MFA serial numbers.
pub(super) const SERIAL: Pattern = Pattern { extra: "+=/:,.@-", printed: r"[\w+=/:,.@-]*" };

/// Collects every broken constraint of a request: AWS lists them all in one answer.
#[derive(Debug, Default)]
pub(super) struct Constraints(Vec<String>);

impl Constraints {
    /// A text of `min` to `max` characters, where it is given.
    pub(super) fn length(&mut self, field: &str, value: Option<&str>, min: usize, max: usize) -> &mut Self {
        if let Some(value) = value {
            let length = value.chars().count();
            if length < min {
                self.broken(field, value, &format!("have length greater than or equal to {min}"));
            } else if length > max {
                self.broken(field, value, &format!("have length less than or equal to {max}"));
            }
        }
        self
    }

    /// A text of certain characters, where it is given.
    pub(super) fn pattern(&mut self, field: &str, value: Option<&str>, pattern: Pattern) -> &mut Self {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || pattern.extra.contains(c);
        if let Some(value) = value.filter(|value| !value.chars().all(allowed)) {
            self.broken(field, value, &format!("satisfy regular expression pattern: {}", pattern.printed));
        }
        self
    }

    /// A one-time code, where it is given.
    pub(super) fn code(&mut self, value: Option<&str>) -> &mut Self {
        self.length("tokenCode", value, 6, 6);
        if let Some(value) = value.filter(|value| !value.bytes().all(|byte| byte.is_ascii_digit())) {
            self.broken("tokenCode", value, r"satisfy regular expression pattern: [\d]*");
        }
        self
    }

    /// A number of seconds, where it is given.
    pub(super) fn range(&mut self, field: &str, value: Option<i32>, min: i32, max: i32) -> &mut Self {
        if let Some(value) = value {
            if value < min {
                self.broken(field, &value.to_string(), &format!("have value greater than or equal to {min}"));
            } else if value > max {
                self.broken(field, &value.to_string(), &format!("have value less than or equal to {max}"));
            }
        }
        self
    }

    /// A list of at most `max` members.
    pub(super) fn at_most(&mut self, field: &str, count: usize, max: usize) -> &mut Self {
        if count > max {
            self.broken(
                field,
                &format!("[{count} members]"),
                &format!("have length less than or equal to {max}"),
            );
        }
        self
    }

    /// The answer, if anything was broken.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let errors = if self.0.len() == 1 { "error" } else { "errors" };
        Err(ApiError::validation(format!(
            "{} validation {errors} detected: {}",
            self.0.len(),
            self.0.join("; ")
        )))
    }

    fn broken(&mut self, field: &str, value: &str, must: &str) {
        self.0.push(format!("Value '{value}' at '{field}' failed to satisfy constraint: Member must {must}"));
    }
}

/// A number as the Query protocol takes it: a sign and leading zeros are fine, blanks, dots and exponents are not.
pub(super) fn integer(value: Option<&str>) -> Result<Option<i32>, ApiError> {
    value
        .map(|text| {
            text.parse()
                .map_err(|_| ApiError::new(400, "MalformedInput", format!("Invalid integer: '{text}'")))
        })
        .transpose()
}
