//! What a reading of the files comes to, in a form in which readings can be compared.

use std::collections::BTreeMap;

use awsd_core::config_file::{Kind, Profiles, parse};

use crate::files::Files;

/// Profiles, their keys and values; nested values as one text of sorted lines.
pub(crate) type View = BTreeMap<String, BTreeMap<String, String>>;

/// A view, or why the files were not read.
pub(crate) type Reading = Result<View, String>;

/// awsd's reading. A profile with a line that cannot be read is left out: it cannot be used.
pub(crate) fn of(files: &Files) -> View {
    let profiles = Profiles::merge(
        parse(Kind::Config, "config", &files.config),
        parse(Kind::Credentials, "credentials", &files.credentials),
    );
    let usable = profiles.iter().filter(|profile| profile.spoiled().is_none());
    let keys = |profile: &awsd_core::config_file::Profile| {
        profile.properties.iter().map(|p| (p.key.clone(), nested_as_text(p.value.text()))).collect()
    };
    usable.map(|profile| (profile.name.clone(), keys(profile))).collect()
}

/// The text of a value; if it is a group of nested ones (an empty first line), its lines trimmed and sorted.
pub(crate) fn nested_as_text(text: &str) -> String {
    let Some(lines) = text.strip_prefix('\n') else { return text.to_owned() };
    let pairs =
        lines.lines().filter(|line| !line.starts_with(['#', ';'])).filter_map(|line| line.split_once('='));
    group(pairs.map(|(key, value)| (key.trim(), value.trim())))
}

/// A group of nested values as text.
pub(crate) fn group<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let sorted: BTreeMap<_, _> = pairs.collect();
    sorted.iter().map(|(key, value)| format!("\n{key}={value}")).collect()
}
