//! An AWS endpoint in process: STS, the IAM calls of the guide, one EC2 call and the sign-in to the console, on loopback.
//!
//! It exists so that everything can be tried and tested without an AWS account, and it is as strict as the real one
//! where a client could get it wrong: signatures, one-time codes, session lives, trust. It answers with the texts AWS
//! answers with. It must never be lenient to make a test pass, never listen on anything but loopback, and never write
//! a secret anywhere: a test asks for what it needs.
//!
//! What is known to differ: one address serves every service and region, so a signature for any well-formed region is
//! accepted; permissions are not modelled beyond trust policies and a list of refused actions per user; what becomes
//! of a user's sessions when its access key is deleted is not documented by AWS, and here they live on.

mod around;
mod auth;
mod clock;
mod constraints;
mod error;
mod fault;
mod federation;
pub mod guide;
mod iam;
mod identity;
mod log;
mod mint;
mod policies;
mod request;
mod server;
mod service;
mod sigv4;
mod sts;
mod tls;
mod totp;
mod world;
mod xml;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, MutexGuard},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{runtime, sync::oneshot};

pub use self::{
    around::{Around, LoginSignIn, SsoSignIn},
    error::ApiError,
    fault::{Fault, Gate},
    identity::{AccessKey, Credentials, Role, Session, SessionKind, Trust, User},
    log::Call,
    mint::CANARY,
    request::Request,
    sigv4::Claim,
    totp::Device,
    world::World,
};
use self::{server::Shared, tls::Tls};

/// The endpoint while it runs. Dropping it stops it; calls that hang are cut off.
pub struct Sandbox {
    address: SocketAddr,
    ca_pem: Option<String>,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts on a free port, plain HTTP.
    ///
    /// # Panics
    /// Where loopback has no port left: nothing can be tested then.
    pub fn start(world: World) -> Self {
        Self::start_on(0, world).expect("a free port on loopback")
    }

    /// Starts on a free port with TLS. Clients must be told to trust [`Sandbox::ca_pem`].
    ///
    /// # Panics
    /// Where loopback has no port left: nothing can be tested then.
    pub fn start_tls(world: World) -> Self {
        Self::launch(0, world, Some(Tls::generate())).expect("a free port on loopback")
    }

    /// Starts on a given port, plain HTTP; 0 is any free one.
    pub fn start_on(port: u16, world: World) -> io::Result<Self> {
        Self::launch(port, world, None)
    }

    fn launch(port: u16, world: World, tls: Option<Tls>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        let shared = Arc::new(Shared::new(world));
        let (stop, stopped) = oneshot::channel();
        let (acceptor, ca_pem) = tls.map(|tls| (tls.acceptor, tls.ca_pem)).unzip();
        let served = Arc::clone(&shared);
        let listener = {
            let _context = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let thread = thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = server::serve(listener, acceptor, served) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, ca_pem, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// What `AWS_ENDPOINT_URL` is to be set to.
    pub fn url(&self) -> String {
        let scheme = if self.ca_pem.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The authority to trust, in PEM; with TLS only.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The world, to be looked at or changed. Calls wait while it is held.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world()
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.log.calls()
    }

    /// How many calls of this action came, whatever became of them.
    pub fn count(&self, action: &str) -> usize {
        self.calls().iter().filter(|call| call.action == action).count()
    }

    /// Forgets the calls so far.
    pub fn clear_calls(&self) {
        self.shared.log.clear();
    }

    /// Waits until the calls satisfy `done`; false when that took too long.
    pub fn wait_for(&self, done: impl Fn(&[Call]) -> bool, timeout: Duration) -> bool {
        self.shared.log.wait_for(done, timeout)
    }

    /// Waits until there are `count` calls of this action; false when that took too long.
    pub fn wait_for_count(&self, action: &str, count: usize, timeout: Duration) -> bool {
        self.wait_for(|calls| calls.iter().filter(|call| call.action == action).count() >= count, timeout)
    }

    /// The code that a user's first device shows now, used or not.
    pub fn code(&self, user: &str) -> String {
        self.with_device(user, Device::code)
    }

    /// A code of a user's first device that would be accepted now: not used yet and in the window.
    ///
    /// # Panics
    /// When all of them were used; [`World::forget_codes`] starts over.
    pub fn next_code(&self, user: &str) -> String {
        self.with_device(user, |device, now| device.unused_code(now).expect("a code that was not used yet"))
    }

    /// All such codes, the one that is shown now first.
    pub fn unused_codes(&self, user: &str) -> Vec<String> {
        self.with_device(user, |device, now| device.unused_codes(now).collect())
    }

    /// Six digits that are no code of a user's first device.
    pub fn wrong_code(&self, user: &str) -> String {
        self.with_device(user, Device::wrong_code)
    }

    /// So many of them, all different.
    pub fn wrong_codes(&self, user: &str, count: usize) -> Vec<String> {
        self.with_device(user, |device, now| device.wrong_codes(now).take(count).collect())
    }

    fn with_device<T>(&self, user: &str, read: impl Fn(&Device, jiff::Timestamp) -> T) -> T {
        let world = self.world();
        let device = world.user(user).devices.first().unwrap_or_else(|| panic!("{user} has no device"));
        read(device, world.now())
    }

    /// Every secret that exists or was handed out; each contains [`CANARY`].
    pub fn canaries(&self) -> Vec<String> {
        self.world().canaries()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // The receiver is gone only if the server's thread is.
        let _ = self.stop.take().map(|stop| stop.send(()));
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join)
            && !thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}
