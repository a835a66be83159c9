//! The sentences about sources that give nothing.

use std::time::Duration;

use super::{deny, said};
use crate::effect::{Denial, Reason};
use crate::event::Failure;
use crate::source::Source;
use crate::verdict::Verdict;

/// A source gave nothing to `profile`; `has_it` is the profile with the line.
pub(crate) fn failed(
    profile: &str,
    has_it: &str,
    source: &Source,
    verdict: Verdict,
    failure: &Failure,
) -> Denial {
    let (way, said) = (source.way(), said(failure));
    match verdict {
        Verdict::SignIn => deny(
            Reason::SourceExpired,
            format!("the sign-in that {profile} starts from {said}"),
            source.sign_in(has_it).map(|command| format!("sign in with: {command}; then do this again")),
        ),
        Verdict::Expired => deny(
            Reason::SourceExpired,
            format!("AWS says that what {profile} starts from ({way}) is over: {said}"),
            "renew it with the tool that gives it, then do this again".to_owned(),
        ),
        Verdict::Throttled => deny(
            Reason::Throttled,
            format!("{way} of {profile} is asked too often: {said}"),
            "wait a minute, then do it again".to_owned(),
        ),
        Verdict::NotSent | Verdict::Unclear => deny(
            Reason::AwsUnavailable,
            format!("{way} could not be asked for keys for {profile}: {said}"),
            "check the network, HTTPS_PROXY, AWS_CA_BUNDLE and the endpoint settings, then do it again"
                .to_owned(),
        ),
        Verdict::AccessDenied => deny(
            Reason::AccessDenied,
            format!("{way} gives no keys to {profile}: {said}"),
            "check the account and the role, and who may use them".to_owned(),
        ),
        _ => deny(
            Reason::SourceFailed,
            format!("{way} gives no keys to {profile}: {said}"),
            format!("look at the profile {has_it} with: awsd doctor"),
        ),
    }
}

/// The program of a source asks for what that very source is to give.
pub(crate) fn inside_itself(profile: &str) -> Denial {
    deny(
        Reason::SourceFailed,
        format!("the credential_process of {profile} asks awsd for {profile}: it would wait for itself"),
        "let the command ask for another profile".to_owned(),
    )
}

/// A source was asked just now, and what it gave is over, or almost.
pub(crate) fn gave_little(profile: &str, left: Duration) -> Denial {
    deny(
        Reason::SourceExpired,
        format!(
            "the keys that {profile} starts from, which it was given just now, are over in {} s",
            left.as_secs()
        ),
        "renew them with the tool that gives them, then do this again".to_owned(),
    )
}
