//! Measures AWS's clock: the `Date` header of an answer against the middle of the time between request and answer.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
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
    skew: Option<i64>,
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

    /// The host that the request was for, once it was about to be sent.
    pub(super) fn host(&self) -> Option<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).host.clone()
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
}

/// Without a user and password, which a URL may hold.
fn host(url: &str) -> Option<String> {
    let (_scheme, rest) = url.split_once("://")?;
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
        assert_eq!(host("nonsense"), None);
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
