//! Watches one call: where it goes, whether its answer is whole, and what AWS's clock says: the `Date` header of the
//! answer against the middle of the time between request and answer.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextRef,
    BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use awsd_core::time::Wall;

/// Reads the wall clock.
pub(crate) type ReadWall = fn() -> Wall;

/// Sees one call go by.
#[derive(Debug, Clone)]
pub(super) struct Observer {
    clock: ReadWall,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    sent: Option<Wall>,
    host: Option<String>,
    proxy: Option<String>,
    skew: Option<i64>,
    cut: bool,
}

impl Observer {
    pub(super) fn new(clock: ReadWall) -> Self {
        Self { clock, seen: Arc::default() }
    }

    /// The clock it measures against.
    pub(super) fn clock(&self) -> ReadWall {
        self.clock
    }

    /// Whether the request was about to be sent.
    pub(super) fn tried(&self) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).sent.is_some()
    }

    /// The request would go through this proxy, unless the host is an exception.
    pub(super) fn proxy(&self, url: Option<&str>) {
        self.seen(|seen, _now| seen.proxy = url.and_then(host));
    }

    /// The host that the request was for, once it was about to be sent, and the proxy, because either may be the mistake.
    pub(super) fn destination(&self) -> Option<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Some(by_way_of(seen.host.as_ref()?, seen.proxy.as_deref()))
    }

    /// Whether the answer ends before its end. The SDK takes what it can find in such an answer, half a token as well.
    pub(super) fn cut(&self) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).cut
    }

    /// AWS's clock minus this machine's, in seconds, if an answer came.
    pub(super) fn skew(&self) -> Option<i64> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).skew
    }

    fn seen(&self, note: impl FnOnce(&mut Seen, Wall)) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner), (self.clock)());
    }
}

#[dyn_dispatch_hint]
impl Intercept for Observer {
    fn name(&self) -> &'static str {
        "awsd clock"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let host = host(context.request().uri());
        self.seen(|seen, now| {
            seen.sent = Some(now);
            seen.host = host;
        });
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        self.seen(|seen, now| {
            seen.skew = date.zip(seen.sent).and_then(|(date, sent)| skew(date, sent, now));
        });
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let whole = context.response().body().bytes().is_some_and(is_whole);
        self.seen(|seen, _now| seen.cut = !whole);
        Ok(())
    }
}

/// Whether a document ends with the end of its root element: `</AssumeRoleResponse>`.
fn is_whole(body: &[u8]) -> bool {
    body.trim_ascii_end().ends_with(b"Response>")
}

/// The host of a URL, and that of the proxy.
pub(super) fn destination(url: &str, proxy: Option<&str>) -> String {
    by_way_of(&host(url).unwrap_or_default(), proxy.and_then(host).as_deref())
}

fn by_way_of(host: &str, proxy: Option<&str>) -> String {
    match proxy {
        Some(proxy) => format!("{host} (HTTPS_PROXY is {proxy})"),
        None => host.to_owned(),
    }
}

/// Without a user and password, which a URL may hold. A proxy is often named without its scheme.
fn host(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_scheme, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit('@').next().map(str::to_owned)
}

/// None where the header is no date.
fn skew(date: &str, sent: Wall, received: Wall) -> Option<i64> {
    let theirs = DateTime::from_str(date, Format::HttpDate).ok()?.secs();
    let middle = sent + received.since(sent) / 2;
    Some(theirs - i64::try_from(middle.0.as_secs()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_told_without_a_password() {
        assert_eq!(host("https://sts.amazonaws.com/").as_deref(), Some("sts.amazonaws.com"));
        assert_eq!(host("http://u:hunter2@127.0.0.1:4566?x=@y").as_deref(), Some("127.0.0.1:4566"));
        assert_eq!(host("u:hunter2@proxy:3128").as_deref(), Some("proxy:3128"));
    }

    #[test]
    fn an_answer_that_was_cut_is_known() {
        assert!(is_whole(b"<AssumeRoleResponse><A>a</A></AssumeRoleResponse>\n"));
        assert!(!is_whole(b"<AssumeRoleResponse><SessionToken>IQoJb3"));
        assert!(!is_whole(b""));
    }

    #[test]
    fn skew_is_measured_at_the_middle_of_the_call() {
        // Sat, 23 Nov 2024 00:00:00 GMT
        let midnight = 1_732_320_000;
        let date = "Sat, 23 Nov 2024 00:00:00 GMT";
        let at = |offset: i64| Wall::from_secs(midnight).shifted(offset);
        assert_eq!(skew(date, at(-1), at(1)), Some(0));
        assert_eq!(skew(date, at(598), at(602)), Some(-600));
        assert_eq!(skew(date, at(-600), at(-600)), Some(600));
        assert_eq!(skew("yesterday", at(0), at(0)), None);
    }
}
