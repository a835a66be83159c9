//! Both files together: the profiles as they are looked up.

use std::collections::HashMap;

use super::{File, Kind, Origin, Problem, ProblemKind, Property, Section, SectionName, Value, find, set};

/// A profile, an SSO session or a group of service settings: the keys of both files, the credentials file's winning.
#[derive(Debug, Clone)]
pub struct Profile {
    /// As written in the header, without quotes.
    pub name: String,
    /// The line of the first header.
    pub origin: Origin,
    /// In the order of the files.
    pub properties: Vec<Property>,
    /// What is wrong with its lines.
    pub problems: Vec<Problem>,
}

impl Profile {
    /// The value of a key; a key with nothing after its `=` counts as not there.
    pub fn get(&self, key: &str) -> Option<&Value> {
        find(&self.properties, key).filter(|value| !value.text().is_empty())
    }

    /// Why it cannot be used: the first line of it that could not be read.
    pub fn spoiled(&self) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.kind.spoils())
    }
}

/// Everything of both files.
#[derive(Debug, Clone, Default)]
pub struct Profiles {
    named: Table,
    sso_sessions: Table,
    services: Table,
    other_problems: Vec<Problem>,
    unusable: Option<Problem>,
    exist: bool,
    missing: Vec<Origin>,
}

/// Named sections in order.
#[derive(Debug, Clone, Default)]
struct Table {
    entries: Vec<Profile>,
    by_name: HashMap<String, usize>,
}

impl Profiles {
    /// Merges the files key by key.
    pub fn merge(config: File, credentials: File) -> Self {
        let mut merged = Self::default();
        for file in [config, credentials] {
            merged.add(file);
        }
        merged
    }

    /// The profile of this name.
    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.named.get(name)
    }

    /// All profiles, in the order of the files.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.named.entries.iter()
    }

    /// The section `[sso-session NAME]`.
    pub fn sso_session(&self, name: &str) -> Option<&Profile> {
        self.sso_sessions.get(name)
    }

    /// The section `[services NAME]`.
    pub fn services(&self, name: &str) -> Option<&Profile> {
        self.services.get(name)
    }

    /// All `[services NAME]` sections, in the order of the files.
    pub fn all_services(&self) -> impl Iterator<Item = &Profile> {
        self.services.entries.iter()
    }

    /// Why no profile can be resolved: a file that could not be read.
    pub fn unusable(&self) -> Option<&Problem> {
        self.unusable.as_ref()
    }

    /// Whether there is at least one of the files.
    pub fn exist(&self) -> bool {
        self.exist
    }

    /// The files that were named and do not exist.
    pub fn missing(&self) -> &[Origin] {
        &self.missing
    }

    /// Everything that is wrong with the files themselves.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        let of_sections = [&self.named, &self.sso_sessions, &self.services]
            .into_iter()
            .flat_map(|table| table.entries.iter().flat_map(|entry| &entry.problems));
        self.unusable.iter().chain(&self.other_problems).chain(of_sections)
    }

    fn add(&mut self, file: File) {
        self.exist |= file.exists;
        if !file.exists && !file.path.is_empty() {
            self.missing.push(Origin { kind: file.kind, file: file.path, line: 0 });
        }
        self.unusable = self.unusable.take().or(file.unusable);
        self.other_problems.extend(file.problems);
        let prefixed_default = SectionName::Profile("default".to_owned());
        let replaced = file.kind == Kind::Config && file.sections.iter().any(|s| s.name == prefixed_default);
        for section in file.sections {
            match section.name.clone() {
                SectionName::PlainDefault if replaced => {
                    let origin = section.origin;
                    self.other_problems.extend(section.problems);
                    self.other_problems.push(Problem { kind: ProblemKind::ReplacedDefault, origin });
                }
                SectionName::PlainDefault => self.named.add("default".to_owned(), section),
                SectionName::Profile(name) => self.named.add(name, section),
                SectionName::SsoSession(name) => self.sso_sessions.add(name, section),
                SectionName::Services(name) => self.services.add(name, section),
                SectionName::UpperCaseDefault | SectionName::Other(_) => {
                    self.other_problems.extend(section.problems);
                }
            }
        }
    }
}

impl Table {
    fn get(&self, name: &str) -> Option<&Profile> {
        self.by_name.get(name).map(|&index| &self.entries[index])
    }

    fn add(&mut self, name: String, section: Section) {
        let index = *self.by_name.entry(name.clone()).or_insert_with(|| {
            let origin = section.origin.clone();
            self.entries.push(Profile { name, origin, properties: Vec::new(), problems: Vec::new() });
            self.entries.len() - 1
        });
        let entry = &mut self.entries[index];
        entry.problems.extend(section.problems);
        for property in section.properties {
            set(&mut entry.properties, property.key, property.value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config_file::parse;

    fn merge(config: &str, credentials: &str) -> Profiles {
        Profiles::merge(
            parse(Kind::Config, "config", config.as_bytes()),
            parse(Kind::Credentials, "credentials", credentials.as_bytes()),
        )
    }

    #[test]
    fn the_credentials_file_wins_key_by_key() {
        let profiles = merge("[profile a]\nx=1\ny=1\nz=1", "[b]\n[a]\ny=2\nz=");
        let a = profiles.get("a").expect("a");
        let shown = |key| a.get(key).map(|v| (v.text().to_owned(), v.origin.to_string()));
        assert_eq!(shown("x"), Some(("1".to_owned(), "config:2".to_owned())));
        assert_eq!(shown("y"), Some(("2".to_owned(), "credentials:3".to_owned())));
        assert_eq!(shown("z"), None);
        assert_eq!(profiles.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_prefixed_default_replaces_a_plain_one() {
        let profiles = merge("[default]\nx=1\nbroken\n[profile default]\ny=2", "[default]\nz=3");
        let default = profiles.get("default").expect("default");
        let keys: Vec<_> = default.properties.iter().map(|p| p.key.as_str()).collect();
        assert_eq!(keys, ["y", "z"]);
        let kinds: Vec<_> = profiles.problems().map(|p| p.kind.clone()).collect();
        assert_eq!(kinds, [ProblemKind::NoEquals, ProblemKind::ReplacedDefault]);
        assert!(default.spoiled().is_none());
        assert!(merge("[default]\nx=1", "").get("default").expect("default").get("x").is_some());
    }

    #[test]
    fn a_mistake_in_either_file_spoils_the_profile() {
        let profiles = merge("[profile a]\n[profile b]", "[a]\nbroken");
        let place = profiles.get("a").and_then(Profile::spoiled).map(|p| p.origin.to_string());
        assert_eq!(place.as_deref(), Some("credentials:2"));
        assert!(profiles.get("b").expect("b").spoiled().is_none());
    }

    #[test]
    fn other_sections_are_found_by_their_kind() {
        let profiles = merge("[sso-session s]\n[services v]\n[profile p]", "");
        assert!(profiles.sso_session("s").is_some() && profiles.services("v").is_some());
        assert!(profiles.get("s").is_none() && profiles.sso_session("p").is_none());
        assert!(profiles.services("p").is_none());
    }

    #[test]
    fn an_unreadable_file_is_remembered() {
        let credentials = File::unreadable(Kind::Credentials, "credentials", "it is a directory");
        let profiles = Profiles::merge(File::missing(Kind::Config, "config"), credentials);
        let problem = profiles.unusable().expect("unusable");
        assert_eq!(problem.kind.sentence(), "The file cannot be read: it is a directory.");
        assert_eq!(problem.origin.to_string(), "credentials");
    }
}
