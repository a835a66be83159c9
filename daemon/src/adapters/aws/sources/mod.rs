//! Sources that AWS, or a machine or container of AWS, has keys for: sign-ins that the AWS CLI keeps, tokens of others, and
//! what is around a program that runs in the cloud.
//!
//! The SDK's own providers take the home directory, the endpoints and the container's address from the environment of the
//! process that they are in, and nothing else can be told to them. That would be the daemon's, and it is the caller's that
//! counts. So the services are asked here, with the SDK's clients of them. They also say what went wrong, where the providers
//! say only that something did: whether a person has to sign in is what the caller needs to know.

mod cache;
mod client;
mod http;
mod login;
mod metadata;
mod proof;
mod sso;
mod web_identity;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use awsd_core::chain::Service;
use awsd_core::effect::Fetch;
use awsd_core::event::{Failure, Granted, Outcome};
use awsd_core::source::Source;
use awsd_core::time::Wall;
use tracing::info;

use super::connector::Connectors;
use super::observe::Observer;
use super::{Aws, named};

/// What the AWS CLI keeps is renewed this long before its end, as the SDKs do.
const RENEWAL: Duration = Duration::from_mins(5);

/// Files that are kept guarded. Usually there is one.
const GUARDED: usize = 16;

/// What asking takes.
#[derive(Debug, Clone)]
struct Asking {
    connectors: Connectors,
    service: Arc<Service>,
    observer: Observer,
    skew: i64,
    guards: Guards,
}

impl Asking {
    /// AWS's clock, as far as it is known.
    fn now(&self) -> Wall {
        (self.observer.clock())().shifted(self.skew)
    }
}

impl Aws {
    /// Prepares to ask a source; the future asks it.
    pub(crate) fn fetch(&self, fetch: Fetch) -> impl Future<Output = Outcome> + Send + 'static {
        let asking = Asking {
            connectors: self.connectors.clone(),
            service: fetch.service,
            observer: Observer::new(self.clock),
            skew: fetch.skew,
            guards: self.guards.clone(),
        };
        async move {
            let result = ask(&asking, &fetch.source).await;
            let result = result.map_err(|failure| named(failure, &asking.observer));
            let source = fetch.source.way();
            match &result {
                Ok(_) => info!(source, "keys came"),
                Err(failure) => info!(source, ?failure, "no keys came"),
            }
            Outcome { result, skew: asking.observer.skew() }
        }
    }
}

async fn ask(asking: &Asking, source: &Source) -> Result<Granted, Failure> {
    let keys = match source {
        Source::Sso(sso) => sso::keys(asking, sso).await?,
        Source::Login(login) => login::keys(asking, login).await?,
        Source::WebIdentity(identity) => return web_identity::session(asking, identity).await,
        Source::InstanceMetadata(machine) => metadata::of_machine(asking, machine).await?,
        Source::Container(container) => metadata::of_container(asking, container).await?,
        // Programs are not run here.
        Source::Process(_) => return Err(Failure::Source("it is no service".to_owned())),
    };
    Ok(Granted::Session(keys))
}

/// Files that are read, renewed and written again: by one at a time, or one would use what another has used up.
#[derive(Debug, Clone, Default)]
pub(super) struct Guards(Arc<Mutex<HashMap<PathBuf, Arc<tokio::sync::Mutex<()>>>>>);

impl Guards {
    async fn take(&self, path: &Path) -> tokio::sync::OwnedMutexGuard<()> {
        let guard = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= GUARDED {
                known.retain(|_, guard| Arc::strong_count(guard) > 1);
            }
            Arc::clone(known.entry(path.to_owned()).or_default())
        };
        guard.lock_owned().await
    }
}

/// A moment that a service, or a file, names.
fn moment(text: &str) -> Option<Wall> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    Some(Wall::from_secs(u64::try_from(moment.as_second()).unwrap_or_default()))
}

/// As the SDKs write it.
fn written(moment: Wall) -> String {
    let seconds = i64::try_from(moment.0.as_secs()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map(|moment| moment.to_string()).unwrap_or_default()
}

/// Where the caller's home is; a client that does not say it lives where the daemon does.
fn home(said: Option<&String>) -> Result<PathBuf, Failure> {
    let own = || std::env::var_os("HOME").map(PathBuf::from);
    said.map(PathBuf::from).or_else(own).ok_or_else(|| {
        Failure::Source("there is no home directory, below which sign-ins are kept".to_owned())
    })
}

fn unusable(what: &str) -> Failure {
    Failure::NoAnswer(format!("the answer has {what}"))
}
