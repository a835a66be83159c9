//! The rules of the house that no compiler checks: who may depend on whom, and how large a file may be.
//!
//! It reads manifests and sources, never behaviour. A rule that is broken is named with the place.

#![allow(clippy::expect_used)] // a test: it stops loudly

mod dependencies;
mod paths;
mod sources;

use std::path::Path;

/// The directory with the workspace's manifest.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is above its members")
}
