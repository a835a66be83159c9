//! The little XML that AWS answers are made of. Text is escaped; names come from the code alone.

use std::fmt::{Display, Write};

/// A sequence of elements under construction.
#[derive(Clone, Debug, Default)]
pub(super) struct Xml(String);

impl Xml {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Appends `<name>value</name>`.
    #[must_use]
    pub(super) fn text(self, name: &str, value: impl Display) -> Self {
        let escaped = value
            .to_string()
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;");
        self.raw(name, "", &escaped)
    }

    /// Appends `<name>value</name>` where there is a value.
    #[must_use]
    pub(super) fn maybe(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// Appends an element that holds other elements.
    #[must_use]
    pub(super) fn element(self, name: &str, content: &Self) -> Self {
        self.raw(name, "", &content.0)
    }

    /// Appends an element in a namespace: the outermost one.
    #[must_use]
    pub(super) fn root(self, name: &str, namespace: &str, content: &Self) -> Self {
        let attribute = format!(" xmlns=\"{namespace}\"");
        self.raw(name, &attribute, &content.0)
    }

    fn raw(mut self, name: &str, attributes: &str, content: &str) -> Self {
        // Writing to a String cannot fail.
        let _ = write!(self.0, "<{name}{attributes}>{content}</{name}>");
        self
    }
}

impl Display for Xml {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
