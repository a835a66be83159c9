//! The least that a server of credentials over HTTP can be: the same library, one thread, and the same bytes to everybody.

use std::{
    convert::Infallible,
    io::{Read as _, Write as _},
    net::Ipv4Addr,
};

use http_body_util::Full;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, runtime};

use crate::Outcome;

/// Serves what comes on standard input, after saying at which address, until the process is ended.
pub(crate) fn serve() -> Outcome {
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body)?;
    let body = Bytes::from(body);
    runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("http://{}/", listener.local_addr()?);
        std::io::stdout().flush()?;
        loop {
            let (stream, _) = listener.accept().await?;
            let body = body.clone();
            let service = service_fn(move |_: Request<Incoming>| {
                std::future::ready(Ok::<_, Infallible>(response(body.clone())))
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    })
}

fn response(body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
