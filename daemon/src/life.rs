//! One daemon's life: the lock, the socket, the app, and an end that leaves nothing behind.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use awsd_core::session::Core;
use awsd_proto::places::LOG;
use awsd_proto::{Error, ErrorCode};
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::info;

use crate::adapters::aws::Aws;
use crate::adapters::aws_files::Sources;
use crate::adapters::clock::{self, Alarm};
use crate::adapters::container_endpoint::ContainerEndpoint;
use crate::adapters::generated::Generated;
use crate::adapters::harden;
use crate::adapters::ipc::{self, Forwards, Listener, Server};
use crate::adapters::lock::{self, Claim, Lease};
use crate::adapters::presence::PresenceWatch;
use crate::adapters::prompt::{Desktop, Display};
use crate::adapters::store::Store;
use crate::adapters::watch::Watch;
use crate::app::App;
use crate::config::{self, Settings};
use crate::exchange::Door;
use crate::locations::{self, Locations};
use crate::log;
use crate::machine::Machine;
use crate::report::Report;

/// Starts, reports, and works until the end.
pub(crate) fn live(report: Report) -> io::Result<()> {
    let claimed = harden::process()
        .map_err(|error| unavailable(format!("this process cannot be protected: {error}"), None))
        .and_then(|()| Locations::find())
        .and_then(|locations| Ok((claim(&locations)?, locations)));
    let (lease, locations) = match claimed {
        Ok((Claim::Ours(lease), locations)) => (lease, locations),
        Ok((Claim::Taken, _)) => return report.taken(),
        Err(error) => return report.failed(&error),
    };
    let log_file = log::start(&locations.state).is_ok().then(|| locations.state.join(LOG));
    // One thread: answering takes microseconds, and waiting for AWS takes none.
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        match Parts::make(&locations) {
            Ok(parts) => parts.run(locations, log_file, lease, report).await,
            Err(error) => {
                let socket = locations.endpoint.socket();
                report.failed(&unusable(
                    &format!("the socket {} cannot be made", socket.display()),
                    socket,
                    &error,
                ))
            }
        }
    })
}

fn claim(locations: &Locations) -> Result<Claim, Error> {
    let directory = locations.endpoint.directory();
    lock::claim(directory, || ipc::answers(locations.endpoint.socket())).map_err(|error| {
        let what = format!("the daemon's lock in {} cannot be taken", directory.display());
        let refused = unusable(&what, directory, &error);
        match error.kind() {
            io::ErrorKind::TimedOut => {
                Error { hint: Some("end that process: kill -KILL and its number".to_owned()), ..refused }
            }
            _ => refused,
        }
    })
}

/// What has to be there before the daemon can say that it is.
struct Parts {
    listener: Arc<Listener>,
    watch: Watch,
    alarm: Alarm,
    signals: [Signal; 3],
}

impl Parts {
    fn make(locations: &Locations) -> io::Result<Self> {
        // The watch comes first: from then on no change of the directory is missed.
        let watch = Watch::new(locations.endpoint.directory())?;
        let signals = [
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
        ];
        let listener = Arc::new(Listener::bind(locations.endpoint.socket())?);
        Ok(Self { listener, watch, alarm: Alarm::new()?, signals })
    }

    async fn run(
        self,
        locations: Locations,
        log_file: Option<PathBuf>,
        mut lease: Lease,
        report: Report,
    ) -> io::Result<()> {
        let Self { listener, watch, alarm, signals } = self;
        lease.listening();
        report.ready(locations.endpoint.socket())?;
        info!(version = env!("CARGO_PKG_VERSION"), pid = std::process::id(), "started");
        let store = Store::new(locations.state);
        let settings = config::read(&locations.settings_file).unwrap_or_default();
        let core = new_core(&settings, &store);
        let (door, commands) = Door::new();
        let forwards = Forwards::new(door.downgrade(), locations.endpoint.directory());
        let machine = Machine {
            generated: Generated::new(locations.endpoint.directory()),
            endpoint: locations.endpoint,
            settings_file: locations.settings_file,
            log_file,
            user_name: locations::user_name(|name| std::env::var_os(name)),
            alarm,
            sources: Sources::default(),
            store,
            aws: Aws::new(|| clock::now().wall),
            container_endpoint: ContainerEndpoint::new(door.downgrade()),
            forwards,
            desktop: Desktop::new(),
            presence: PresenceWatch::new(),
            display: Display::own(),
        };
        let mut app = App::new(core, machine, commands);
        let mut server = Server::new(Arc::clone(&listener), door, ipc::LIMITS);
        let reason = tokio::select! {
            () = app.run() => "it was told to stop",
            () = server.run() => "it cannot accept connections",
            () = any(signals) => "a signal came",
            _ = watch.gone(|| listener.is_in_place()) => "its socket is gone",
        };
        info!(reason, "ending");
        // First the secrets go, which also tells every waiting connection; then the socket; the lock last of all.
        let machine = app.end();
        drop(listener);
        machine.forwards.farewell().await;
        machine.desktop.farewell().await;
        server.farewell().await;
        drop(lease);
        Ok(())
    }
}

fn new_core(settings: &Settings, store: &Store) -> Core {
    // The standard library's random keys: good enough to spread renewals.
    let seed = RandomState::new().build_hasher().finish();
    Core::new(settings.for_core(), store.load(), seed)
}

async fn any([mut first, mut second, mut third]: [Signal; 3]) {
    tokio::select! {
        _ = first.recv() => {}
        _ = second.recv() => {}
        _ = third.recv() => {}
    }
}

/// `awsd doctor` would be of no help: it asks the daemon.
fn unusable(what: &str, path: &Path, error: &io::Error) -> Error {
    unavailable(format!("{what}: {error}"), Some(format!("look at it with: ls -l {}", path.display())))
}

fn unavailable(sentence: String, hint: Option<String>) -> Error {
    Error { error: ErrorCode::Unavailable, sentence, hint }
}
