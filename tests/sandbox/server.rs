//! HTTP on loopback: reads requests, has them answered, and lets the faults of the world happen to them.

use std::{
    fmt,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Response,
    body::{Bytes, Incoming},
    header::HeaderValue,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::{
    fault::Fault,
    log::{Call, CallLog},
    request::Request,
    service::{self, Answer, Service},
    sigv4,
    world::World,
};

/// Larger than any request of these services.
const MAX_BODY: usize = 256 * 1024;

/// Larger than any answer of these services.
const HUGE: usize = 4 * 1024 * 1024;

/// What a captive portal might say.
const HTML: &str = "<!DOCTYPE html><html><body>Please sign in to the network.</body></html>";

/// What the server and the tests look at together.
pub(super) struct Shared {
    world: Mutex<World>,
    /// The calls so far.
    pub log: CallLog,
}

impl Shared {
    /// A server's state before its first call.
    pub(super) fn new(world: World) -> Self {
        Self { world: Mutex::new(world), log: CallLog::default() }
    }

    /// The world. A test that panicked while it held it does not matter to the others.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request, or lets the error of `fault` answer it, and logs the call. The world stays locked meanwhile,
    /// so the log has the order in which things happened.
    fn decide(&self, request: &Request, fault: Option<&Fault>) -> (Answer, Timestamp) {
        let mut world = self.world();
        let answer = match fault.and_then(Fault::error) {
            Some(error) if request.around().is_some() => service::json_error(&error, world.mint.request_id()),
            Some(error) => Service::of(request).error(&error, world.mint.request_id()),
            None => service::answer(&mut world, request),
        };
        let now = world.now();
        self.log.push(call(request, answer.outcome, fault, now));
        (answer, now)
    }

    /// Logs a call that nothing was done for.
    fn ignore(&self, request: &Request, fault: &Fault) -> Timestamp {
        let now = self.world().now();
        self.log.push(call(request, fault.name(), Some(fault), now));
        now
    }
}

fn call(request: &Request, outcome: &str, fault: Option<&Fault>, at: Timestamp) -> Call {
    let credential = sigv4::claimed_credential(request).unwrap_or_default();
    let mut parts = credential.split('/').map(str::to_owned);
    let access_key_id = parts.next().filter(|id| !id.is_empty());
    Call {
        action: request.action().to_owned(),
        access_key_id,
        region: parts.nth(1),
        role_arn: request.get("RoleArn").map(str::to_owned),
        had_code: request.get("TokenCode").is_some(),
        outcome: outcome.to_owned(),
        fault: fault.map(Fault::name),
        parameters: request.loggable(),
        through_proxy: request.through_proxy,
        at,
    }
}

/// The connection is to be closed without an answer.
#[derive(Debug)]
struct Hangup;

impl fmt::Display for Hangup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sandbox was told to hang up")
    }
}

impl std::error::Error for Hangup {}

/// Serves until it is dropped.
pub(super) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    loop {
        // A connection that failed before it was accepted concerns its client alone.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let (tls, shared) = (tls.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            match tls {
                // Clients that do not trust the authority leave here.
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve_connection(stream, shared).await;
                    }
                }
                None => serve_connection(stream, shared).await,
            }
        });
    }
}

async fn serve_connection(stream: impl AsyncRead + AsyncWrite + Unpin, shared: Arc<Shared>) {
    let service = service_fn(|request| {
        let shared = Arc::clone(&shared);
        async move { respond(request, &shared).await }
    });
    // An error means that the client left, or that it was hung up on.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(
    request: hyper::Request<Incoming>,
    shared: &Shared,
) -> Result<Response<Full<Bytes>>, Hangup> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(|_| Hangup)?.to_bytes();
    let request = Request::new(&head, body);

    let mut fault = shared.world().faults.take(request.action());
    if let Some(Fault::Held(gate)) = &fault {
        gate.pass().await;
        fault = None;
    }
    match &fault {
        Some(fault @ Fault::Dropped) => {
            shared.ignore(&request, fault);
            Err(Hangup)
        }
        Some(fault @ Fault::Html) => {
            let now = shared.ignore(&request, fault);
            Ok(response(200, "text/html", HTML.to_owned(), now))
        }
        fault => {
            let (answer, now) = shared.decide(&request, fault.as_ref());
            deliver(answer, now, fault.as_ref()).await
        }
    }
}

/// Sends the answer, unless a fault keeps it from arriving.
async fn deliver(
    mut answer: Answer,
    now: Timestamp,
    fault: Option<&Fault>,
) -> Result<Response<Full<Bytes>>, Hangup> {
    match fault {
        Some(Fault::AnswerLost) => return Err(Hangup),
        // Ends when the client leaves or the server is dropped: both drop this future.
        Some(Fault::AnswerHangs) => pending().await,
        Some(Fault::Truncated) => {
            answer.body.truncate(answer.body.floor_char_boundary(answer.body.len() / 2));
        }
        Some(Fault::Huge) => answer.body.extend(std::iter::repeat_n(' ', HUGE)),
        _ => {}
    }
    let mut response = response(answer.status, answer.content_type, answer.body, now);
    if answer.content_type == service::JSON && answer.status >= 400 {
        let kind = HeaderValue::from_static(answer.outcome);
        response.headers_mut().insert("x-amzn-errortype", kind);
    }
    if let Ok(id) = answer.request_id.parse() {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    Ok(response)
}

fn response(status: u16, content_type: &str, body: String, now: Timestamp) -> Response<Full<Bytes>> {
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now).expect("a time in this era");
    Response::builder()
        .status(status)
        .header("content-type", content_type)
        .header("date", date)
        .body(Full::from(body))
        .expect("headers made here are valid")
}
