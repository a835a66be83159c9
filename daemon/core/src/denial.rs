//! The sentences: one with the cause, one with the next thing to type.

pub(crate) mod source;

use std::time::Duration;

use crate::codes::Unfit;
use crate::effect::{Denial, Notice, NoticeKind, Reason, ScreenLock};
use crate::event::{Command, Failure, LockedBy};
use crate::reach::NearEnd;
use crate::verdict::Verdict;

const SIGN_IN_AGAIN: &str =
    "sign in again with the tool that writes them (saml2aws login, for instance), then do this again";

fn deny(reason: Reason, sentence: String, hint: impl Into<Option<String>>) -> Denial {
    Denial { reason, sentence, hint: hint.into() }
}

pub(crate) fn no_device(profile: &str) -> Notice {
    Notice {
        kind: NoticeKind::NoDevice,
        text: format!(
            "the user of {profile} has no MFA device: this session works, but AWS refuses every IAM call with it; with \
             allow_long_lived = true in awsd's config.toml, --no-session hands out the key itself"
        ),
    }
}

pub(crate) fn code_not_needed(profile: &str) -> Notice {
    let text = format!("{profile} needed no code: the one you gave can still be used");
    Notice { kind: NoticeKind::CodeNotNeeded, text }
}

pub(crate) fn near_end(profile: &str, remaining: Duration, why: NearEnd) -> Notice {
    let minutes = remaining.as_secs() / 60;
    let text = match why {
        NearEnd::NeedsCode => {
            format!("this session ends in {minutes} min; to make it longer with a code: awsd login {profile}")
        }
        NearEnd::Failed => format!("this session ends in {minutes} min and could not be renewed now"),
    };
    Notice { kind: NoticeKind::NearEnd, text }
}

pub(crate) fn source_over(profile: &str, left: Duration) -> Denial {
    let state = if left.is_zero() { "over".to_owned() } else { format!("over in {} s", left.as_secs()) };
    deny(
        Reason::SourceExpired,
        format!("the temporary keys that {profile} starts from are {state}"),
        SIGN_IN_AGAIN.to_owned(),
    )
}

pub(crate) fn too_short(profile: &str, longest: Duration, asked: Duration) -> Denial {
    let minutes = |life: Duration| life.as_secs().div_ceil(60);
    deny(
        Reason::LifeTooShort,
        format!(
            "a session of {profile} lives {} min at most, and {} min are asked for",
            minutes(longest),
            minutes(asked)
        ),
        "ask for less, or for a longer session where the role allows it (--duration, duration_seconds in the profile, mfa_duration \
         in awsd's settings)"
            .to_owned(),
    )
}

pub(crate) fn source_ends(profile: &str, left: Duration, command: Option<&Command>) -> Notice {
    let how = command.map(|command| format!(" ({})", command.line())).unwrap_or_default();
    Notice {
        kind: NoticeKind::NearEnd,
        text: format!(
            "the temporary keys that {profile} starts from end in {} min, and awsd cannot renew them: sign in again \
             before{how}",
            left.as_secs() / 60
        ),
    }
}

/// What to do about keys that are over, where a command is known that signs in.
pub(crate) fn sign_in_with(command: &Command) -> String {
    format!("run: {}; then do this again", command.line())
}

/// Part of the sentence about a command that has not failed.
pub(crate) fn no_new_keys(source: &str) -> String {
    format!("it has ended, but the keys of profile {source} are the same as before")
}

/// `lock` kept the desktop from asking.
pub(crate) fn code_required(profile: &str, device: &str, lock: Option<ScreenLock>) -> Denial {
    let why = lock.map_or_else(
        || "nobody could be asked".to_owned(),
        |lock| format!("nobody is asked on the desktop while the screen counts as locked ({lock})"),
    );
    deny(
        Reason::CodeRequired,
        format!("an MFA code of {device} is needed for {profile}, and {why}"),
        format!("{}answer with: awsd mfa CODE; then do this again", unlock(lock)),
    )
}

/// `lock` keeps the desktop from asking.
pub(crate) fn waited_in_vain(profile: &str, device: &str, lock: Option<ScreenLock>) -> Denial {
    let why =
        lock.map(|lock| format!(": the desktop asks nobody while the screen counts as locked ({lock})"));
    deny(
        Reason::CodeRequired,
        format!(
            "nobody gave the MFA code of {device} for {profile} in time{}",
            why.as_deref().unwrap_or_default()
        ),
        format!("{}answer with: awsd mfa CODE; then do this again", unlock(lock)),
    )
}

/// What to do about a lock, before another way.
fn unlock(lock: Option<ScreenLock>) -> &'static str {
    match lock.map(|lock| lock.by) {
        None => "",
        Some(LockedBy::LoginManager | LockedBy::ScreenSaver) => "unlock the screen, or ",
        Some(LockedBy::Request) => "if nothing has locked it: loginctl unlock-session; or ",
    }
}

pub(crate) fn not_now(profile: &str) -> Denial {
    deny(
        Reason::NotNow,
        format!("the MFA code for {profile} was put off"),
        format!("when you are ready: awsd login {profile}"),
    )
}

pub(crate) fn no_question(profile: Option<&str>) -> Denial {
    let whom = profile.map(|name| format!(" for {name}")).unwrap_or_default();
    deny(
        Reason::NoQuestion,
        format!("awsd is not waiting for a code{whom}"),
        "to make a session now: awsd login PROFILE --code CODE".to_owned(),
    )
}

pub(crate) fn several_questions(serials: &[String]) -> Denial {
    deny(
        Reason::SeveralQuestions,
        format!("codes of several devices are waited for: {}", serials.join(", ")),
        format!("say which: awsd mfa CODE --for {}", serials.first().map_or("PROFILE", String::as_str)),
    )
}

pub(crate) fn being_checked() -> Denial {
    deny(
        Reason::SpentCode,
        "another code for this device is being checked".to_owned(),
        "see with: awsd mfa".to_owned(),
    )
}

pub(crate) fn bad_code(reason: Reason, sentence: &str) -> Denial {
    deny(reason, sentence.to_owned(), "answer with: awsd mfa CODE".to_owned())
}

pub(crate) fn logged_out() -> Denial {
    deny(
        Reason::LoggedOut,
        "the sessions were logged out while this waited".to_owned(),
        "do it again".to_owned(),
    )
}

pub(crate) fn several_devices(profile: &str, serials: &[String]) -> Denial {
    deny(
        Reason::BadDevice,
        format!("the user of {profile} has several MFA devices: {}", serials.join(", ")),
        format!(
            "say which one to use: add the line mfa_serial = {} to the profile, or choose at a terminal: awsd login \
             {profile}",
            serials.first().map_or("ARN", String::as_str)
        ),
    )
}

pub(crate) fn not_chosen(profile: &str, serials: &[String]) -> Denial {
    let several = several_devices(profile, serials);
    Denial {
        reason: Reason::CodeRequired,
        sentence: format!("{}; nobody said in time which one to use", several.sentence),
        ..several
    }
}

pub(crate) fn only_security_keys(profile: &str) -> Denial {
    deny(
        Reason::BadDevice,
        format!(
            "the only MFA device of {profile}'s user is a security key, which AWS takes in the console only"
        ),
        "add an authenticator app to the user in the AWS console, then do this again".to_owned(),
    )
}

pub(crate) fn lookup_refused(profile: &str) -> Denial {
    deny(
        Reason::BadDevice,
        format!("no line names the MFA device for {profile}, and AWS does not let this user look it up"),
        "add the line mfa_serial = arn:aws:iam::ACCOUNT:mfa/NAME to the profile (the AWS console shows it under \
         Security credentials)"
            .to_owned(),
    )
}

pub(crate) fn no_device_for_role(profile: &str) -> Denial {
    deny(
        Reason::AccessDenied,
        format!("AWS does not allow {profile}'s role without MFA, if at all, and its user has no MFA device"),
        "check the role's trust policy; if it wants MFA, add a device to the user in the AWS console"
            .to_owned(),
    )
}

pub(crate) fn wrong_code(skew: i64) -> Denial {
    // A code is good for about a minute and a half; a clock that is further off explains the refusal.
    let clock = if skew.abs() > 60 {
        format!(
            "; this machine's clock is {} s off, and if the codes are made here they are off as well",
            skew.abs()
        )
    } else {
        String::new()
    };
    deny(
        Reason::WrongCode,
        format!("AWS did not accept that code: it was mistyped, too old or used before{clock}"),
        "answer with the next one: awsd mfa CODE".to_owned(),
    )
}

pub(crate) fn program_gave(unfit: &Unfit) -> String {
    match unfit.reason {
        Reason::SpentCode => "mfa_process has printed a code once more that had been used".to_owned(),
        Reason::WrongCode => format!("what mfa_process printed is no code: {}", unfit.sentence),
        _ => unfit.sentence.clone(),
    }
}

pub(crate) fn unclear_code(failure: &Failure) -> Denial {
    deny(
        Reason::AwsUnavailable,
        format!(
            "AWS did not say whether it took that code, so it counts as used ({}): wait for the next one",
            said(failure)
        ),
        "answer with the next one: awsd mfa CODE".to_owned(),
    )
}

pub(crate) fn not_the_users(profile: &str, serial: &str, devices: &[String]) -> Denial {
    let (has, hint) = match devices {
        [] => {
            ("none that can be used".to_owned(), "enable a virtual MFA device in the IAM console".to_owned())
        }
        [first, ..] => (devices.join(", "), format!("write mfa_serial = {first}")),
    };
    deny(
        Reason::BadDevice,
        format!("{serial} is not an MFA device of the user of {profile}, who has {has}"),
        hint,
    )
}

pub(crate) fn exhausted(serial: &str, wait: Duration) -> Denial {
    deny(
        Reason::TooManyTries,
        format!("AWS checks no codes of {serial} for now: too many were tried"),
        format!("do it again in {} s", wait.as_secs().max(1)),
    )
}

pub(crate) fn cannot_validate(serial: &str) -> Denial {
    deny(
        Reason::BadDevice,
        format!(
            "AWS cannot check codes of {serial}: it is not a device of this user, or too many codes were tried"
        ),
        "compare mfa_serial with the device's ARN in the IAM console; if it is right, wait three minutes"
            .to_owned(),
    )
}

/// The words for a failed call: `what` was tried for `profile` with `key`.
pub(crate) fn failed(
    profile: &str,
    what: &str,
    verdict: Verdict,
    failure: &Failure,
    context: &Context<'_>,
) -> Denial {
    let said = said(failure);
    match verdict {
        Verdict::AccessDenied => deny(
            Reason::AccessDenied,
            format!("AWS does not allow {what} for {profile}: {said}"),
            "check the role's trust policy, external_id and the user's permissions".to_owned(),
        ),
        Verdict::UnknownKey | Verdict::Expired | Verdict::WrongSecret => bad_keys(profile, verdict, context),
        Verdict::Skew => deny(
            Reason::ClockSkew,
            format!("AWS refuses the request's time: {said}"),
            "set this machine's clock (timedatectl set-ntp true)".to_owned(),
        ),
        Verdict::RegionDisabled => deny(
            Reason::AwsRefused,
            format!("STS is not active in this region for the account of {what}, which {profile} needs: {said}"),
            "set another region for the profile (us-east-1 is always active), or have the account's owner activate this one"
                .to_owned(),
        ),
        Verdict::Throttled => deny(
            Reason::Throttled,
            format!("AWS asks to slow down ({what} for {profile})"),
            "wait a minute, then do it again".to_owned(),
        ),
        Verdict::NotSent | Verdict::Unclear => deny(
            Reason::AwsUnavailable,
            format!("AWS could not be asked ({what} for {profile}): {said}"),
            "check the network, HTTPS_PROXY, AWS_CA_BUNDLE and the endpoint settings, then do it again"
                .to_owned(),
        ),
        Verdict::TooLong
        | Verdict::Rejected
        | Verdict::WrongCode
        | Verdict::CannotValidate
        | Verdict::SignIn
        | Verdict::Source => deny(
            Reason::AwsRefused,
            format!("AWS refuses {what} for {profile}: {said}"),
            "look at the profile with: awsd doctor".to_owned(),
        ),
    }
}

/// AWS does not take what the call was signed with.
fn bad_keys(profile: &str, verdict: Verdict, context: &Context<'_>) -> Denial {
    match verdict {
        Verdict::UnknownKey | Verdict::WrongSecret if context.from_source => deny(
            Reason::KeyRevoked,
            format!(
                "AWS does not take the access key {} that {profile} was given by its source",
                context.key
            ),
            "let the source give a valid key".to_owned(),
        ),
        Verdict::UnknownKey | Verdict::Expired if context.temporary_base => deny(
            Reason::SourceExpired,
            format!("the temporary keys that {profile} starts from are over"),
            SIGN_IN_AGAIN.to_owned(),
        ),
        Verdict::UnknownKey => deny(
            Reason::KeyRevoked,
            format!(
                "AWS does not know the access key {} (any more): it was deleted or made inactive",
                context.key
            ),
            "put a valid key into the credentials file; the AWS console shows the user's keys".to_owned(),
        ),
        Verdict::Expired => deny(
            Reason::AwsRefused,
            format!("AWS says that the session for {profile} is over"),
            "do it again; if it stays so, check this machine's clock".to_owned(),
        ),
        _ => deny(
            Reason::WrongSecret,
            format!("the secret access key beside {} is not the right one", context.key),
            "correct aws_secret_access_key in the credentials file".to_owned(),
        ),
    }
}

/// What a sentence about a failed call needs to know.
pub(crate) struct Context<'a> {
    /// The access key as it may be shown.
    pub key: &'a str,
    /// The base's keys are temporary.
    pub temporary_base: bool,
    /// Not a file has them: a source gave them.
    pub from_source: bool,
}

fn said(failure: &Failure) -> String {
    match failure {
        Failure::NotSent(why) | Failure::NoAnswer(why) | Failure::SignIn(why) | Failure::Source(why) => {
            why.clone()
        }
        Failure::Refused { code, message, .. } if message.is_empty() => code.clone(),
        Failure::Refused { message, .. } => message.trim_end_matches(['.', ' ']).to_owned(),
    }
}

/// An access key id as it may be shown: its kind and its last four characters.
pub fn masked(access_key_id: &str) -> String {
    let tail: String = access_key_id.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    let head: String = access_key_id.chars().take(4).collect();
    if access_key_id.chars().count() > 8 { format!("{head}…{tail}") } else { "(an access key)".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_key_only_kind_and_end_are_shown() {
        assert_eq!(masked("ASIAIOSFODNN7EXAMPLE"), "ASIA…MPLE");
        assert_eq!(masked("short"), "(an access key)");
    }
}
