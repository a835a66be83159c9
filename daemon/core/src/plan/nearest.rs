//! The name somebody probably meant.

use crate::config_file::Profiles;

/// The most similar profile name, if one is similar enough to be a slip: one edit, or one in every three characters.
pub(super) fn nearest(profiles: &Profiles, wanted: &str) -> Option<String> {
    let allowed = (wanted.chars().count() / 3).max(1);
    profiles
        .iter()
        .map(|profile| (distance(wanted, &profile.name), &profile.name))
        .filter(|&(distance, _)| distance <= allowed)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name.clone())
}

/// Case costs nothing: names are case-sensitive, and that is the slip.
fn distance(a: &str, b: &str) -> usize {
    strsim::damerau_levenshtein(&a.to_lowercase(), &b.to_lowercase())
}
