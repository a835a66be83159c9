//! One request as the Query protocol means it: an action, its parameters, and what is needed to check the signature.

use std::collections::BTreeMap;

use hyper::{HeaderMap, body::Bytes, http::request::Parts};

use super::{around::Call as Around, error::ApiError};

/// Parameters that hold a code, a session or a token.
const SECRET: [&str; 4] = ["TokenCode", "WebIdentityToken", "Session", "SigninToken"];

/// A request that was read completely.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: String,
    /// The path of the URI.
    pub path: String,
    /// The query of the URI, without its question mark.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Bytes,
    /// The request came with a whole URL in its first line, as clients talk to a proxy.
    pub through_proxy: bool,
    parameters: BTreeMap<String, String>,
}

impl Request {
    /// Reads query and form.
    pub fn new(head: &Parts, body: Bytes) -> Self {
        let query = head.uri.query().unwrap_or_default().to_owned();
        let parameters = form_urlencoded::parse(query.as_bytes())
            .chain(form_urlencoded::parse(&body))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        Self {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query,
            headers: head.headers.clone(),
            body,
            through_proxy: head.uri.scheme().is_some(),
            parameters,
        }
    }

    /// The action, or an empty text where there is none.
    pub fn action(&self) -> &str {
        let around = self.around().map(Around::name);
        around.or_else(|| self.get("Action")).unwrap_or_default()
    }

    /// The call of a service that knows no signatures, if it is one.
    pub(super) fn around(&self) -> Option<Around> {
        Around::of(&self.method, &self.path)
    }

    /// A parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// A parameter that must be there; `field` is its name in error texts.
    pub fn require(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).ok_or_else(|| {
            let (first, rest) = name.split_at(1);
            ApiError::validation(format!(
                "1 validation error detected: Value null at '{}{rest}' failed to satisfy constraint: Member must not be null",
                first.to_lowercase()
            ))
        })
    }

    /// The members of a list: `Name.member.1`, or `Name.member.1.Field` for a list of structures.
    pub fn list(&self, name: &str, field: Option<&str>) -> Vec<&str> {
        (1..)
            .map_while(|index| match field {
                Some(field) => self.get(&format!("{name}.member.{index}.{field}")),
                None => self.get(&format!("{name}.member.{index}")),
            })
            .collect()
    }

    /// All parameters but those that are secret, for the log.
    pub fn loggable(&self) -> BTreeMap<String, String> {
        let mut parameters = self.parameters.clone();
        parameters.retain(|name, _| !SECRET.contains(&name.as_str()));
        parameters
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
