//! The files as the AWS SDK for Rust reads them.

use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_types::os_shim_internal::{Env, Fs};

use crate::files::Files;
use crate::view::{Reading, nested_as_text, of};

/// Keys that only the SDK may see: it tells no list of a profile's keys, so they are asked for by name.
const MORE_KEYS: [&str; 4] = ["region", "colon", "a b", "output"];

pub(crate) fn read(files: &Files) -> Reading {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string());
    let both = EnvConfigFiles::builder()
        .with_contents(EnvConfigFileKind::Config, text(&files.config)?)
        .with_contents(EnvConfigFileKind::Credentials, text(&files.credentials)?)
        .build();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let source = runtime
        .block_on(source::load(&Env::from_slice(&[]), &Fs::from_slice(&[]), &both))
        .map_err(|error| error.to_string())?;
    let sections = EnvConfigSections::parse(source).map_err(|error| error.to_string())?;
    let ours = of(files);
    let keys = || ours.values().flat_map(|keys| keys.keys().map(String::as_str)).chain(MORE_KEYS);
    let view = sections.profiles().filter_map(|name| Some((name, sections.get_profile(name)?)));
    Ok(view
        .map(|(name, profile)| {
            let found = keys().filter_map(|key| Some((key.to_owned(), nested_as_text(profile.get(key)?))));
            (name.to_owned(), found.collect())
        })
        .collect())
}
