//! The port: connections, and what a request on one of them comes to.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::access::Tokens;
use super::reply::{Reply, ending, forbidden, not_yet};
use super::{ACCEPT_PAUSE, CONNECTIONS, HEAD, PATIENCE, rules};

/// Headers of a request: SDKs send a handful.
const HEADERS: usize = 32;

/// Bytes of a request's head that are held; the least that the library takes.
const BUFFER: usize = 8192;

/// Accepts connections until no token is good any more. Dropping the future closes all of them.
pub(super) async fn run(listener: TcpListener, address: SocketAddr, tokens: Tokens) {
    let desk = Arc::new(Desk { address: address.to_string(), tokens });
    let mut guests = Guests::default();
    loop {
        tokio::select! {
            () = desk.tokens.used_up() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => guests.welcome(stream, &desk),
                Err(error) => {
                    warn!(%error, "a connection for credentials cannot be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_ended) = guests.tasks.join_next() => {}
        }
    }
}

/// The connections.
#[derive(Default)]
struct Guests {
    tasks: JoinSet<()>,
    /// The oldest first.
    present: VecDeque<Guest>,
}

struct Guest {
    task: AbortHandle,
    /// Came with a good token.
    is_trusted: Arc<AtomicBool>,
}

impl Guests {
    /// Whoever can connect to this port can also do so too often. Strangers give way to whoever comes after them, and to
    /// nobody who has shown a good token.
    fn welcome(&mut self, stream: TcpStream, desk: &Arc<Desk>) {
        if self.present.len() >= CONNECTIONS {
            self.present.retain(|guest| !guest.task.is_finished());
        }
        if self.present.len() >= CONNECTIONS {
            let is_stranger = |guest: &Guest| !guest.is_trusted.load(Ordering::Relaxed);
            let Some(oldest) = self.present.iter().position(is_stranger) else { return };
            if let Some(guest) = self.present.remove(oldest) {
                guest.task.abort();
            }
        }
        let is_trusted = Arc::new(AtomicBool::new(false));
        let task = self.tasks.spawn(attend(stream, Arc::clone(desk), Arc::clone(&is_trusted)));
        self.present.push_back(Guest { task, is_trusted });
    }
}

/// One connection to its end.
async fn attend(stream: TcpStream, desk: Arc<Desk>, is_trusted: Arc<AtomicBool>) {
    let service = service_fn(|request: Request<Incoming>| {
        let (desk, is_trusted) = (&desk, &is_trusted);
        async move { Ok::<_, Infallible>(desk.answer(&request, is_trusted).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_headers(HEADERS)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    // Whatever ended it is the other side's affair.
    let _ended = connection.await;
}

/// What is answered, to whom.
struct Desk {
    /// As it was given out.
    address: String,
    tokens: Tokens,
}

impl Desk {
    async fn answer(&self, request: &Request<Incoming>, is_trusted: &AtomicBool) -> Response<Full<Bytes>> {
        let token = rules::token(request.method(), request.uri(), request.headers(), &self.address);
        let Some(place) = token.and_then(|token| self.tokens.find(token)) else {
            return response(Reply::error(&forbidden()));
        };
        is_trusted.store(true, Ordering::Relaxed);
        let (waiter, reply) = oneshot::channel();
        if place.try_send(waiter).is_err() {
            return response(Reply::error(&not_yet()));
        }
        response(match timeout(PATIENCE, reply).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(_gone)) => Reply::error(&ending()),
            Err(_elapsed) => Reply::error(&not_yet()),
        })
    }
}

fn response(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(reply.body));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
