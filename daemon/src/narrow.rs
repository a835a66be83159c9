//! What passes a narrow socket: who is at its other end may be on another machine, and gets credentials of one profile.
//!
//! Nothing of such a request chooses files, endpoints or what is shown to the person: that is as it was when the socket was
//! made.

use awsd_proto::{CredentialsRequest, Error, ErrorCode, Narrowing, Prompting, Request, Via};

use crate::exchange::Update;

/// The only thing that a socket gives.
#[derive(Debug)]
pub(crate) struct Narrow {
    given: CredentialsRequest,
}

impl Narrow {
    /// What this request asks for, again and again.
    pub(crate) fn new(given: CredentialsRequest) -> Self {
        Self { given }
    }

    /// The profile.
    pub(crate) fn profile(&self) -> &str {
        &self.given.profile
    }

    /// What is asked in the place of a request.
    pub(crate) fn admit(&self, request: Request) -> Result<Request, Error> {
        let Request::Credentials(asked) = request else { return Err(self.refused("nothing else")) };
        let CredentialsRequest {
            profile, purpose, duration, min_ttl, narrowing, no_session, prompting, ..
        } = *asked;
        if profile != self.given.profile {
            return Err(self.refused("no other profile's"));
        }
        if no_session || duration.is_some() || narrowing != Narrowing::default() {
            return Err(self.refused("as they are, no longer or narrower ones"));
        }
        if prompting.code.is_some() {
            return Err(self.refused("takes no codes for them"));
        }
        let own = &self.given.prompting;
        let prompting = Prompting {
            // Whoever could try codes here might find one.
            terminal: false,
            choice: false,
            code: None,
            no_prompt: own.no_prompt || prompting.no_prompt,
            wait: prompting.wait,
            ..own.clone()
        };
        Ok(Request::Credentials(Box::new(CredentialsRequest {
            purpose,
            min_ttl,
            prompting,
            ..self.given.clone()
        })))
    }

    /// What is told of an answer. What to do next, is to be done where the socket comes from; how commands get credentials
    /// there, is nothing to a command elsewhere.
    pub(crate) fn told(update: Update) -> Update {
        let elsewhere =
            |hint: Option<String>| hint.map(|hint| format!("where the socket comes from: {hint}"));
        match update {
            Update::Served { served, .. } => Update::Served { served, via: Via::Env },
            Update::Denied(mut denial) => {
                denial.hint = elsewhere(denial.hint);
                Update::Denied(denial)
            }
            Update::Failed(error) => Update::Failed(Error { hint: elsewhere(error.hint), ..error }),
            other => other,
        }
    }

    fn refused(&self, but: &str) -> Error {
        Error {
            error: ErrorCode::NarrowSocket,
            sentence: format!("this socket gives credentials of '{}', and {but}", self.given.profile),
            hint: Some(
                "it was made by `awsd forward`; everything else is to be had where that runs".to_owned(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use awsd_core::effect::{Denial, Reason};
    use awsd_proto::{Caller, Context, Purpose, Secret};

    use super::*;

    fn asked(profile: &str, context: Context, prompting: Prompting) -> CredentialsRequest {
        CredentialsRequest {
            profile: profile.to_owned(),
            purpose: Purpose::Snapshot,
            duration: None,
            min_ttl: None,
            narrowing: Narrowing::default(),
            no_session: false,
            context,
            prompting,
        }
    }

    fn narrow() -> Narrow {
        let context = Context { config_file: Some("/home/alice/.aws/config".into()), ..Context::default() };
        let caller = Caller { pid: Some(1), command: Some("ssh host".into()) };
        let prompting =
            Prompting { caller, display: [("DISPLAY".into(), ":0".into())].into(), ..Prompting::default() };
        let narrowing = Narrowing { read_only: true, ..Narrowing::default() };
        Narrow::new(CredentialsRequest {
            purpose: Purpose::Repeated,
            narrowing,
            ..asked("dev", context, prompting)
        })
    }

    #[test]
    fn whoever_asks_chooses_no_files_no_endpoints_and_nothing_that_is_shown() {
        let context = Context {
            config_file: Some("/tmp/evil".into()),
            endpoint_url: Some("https://evil.example".into()),
            ca_bundle: Some("/tmp/evil.pem".into()),
            https_proxy: Some("http://evil.example".into()),
            ..Context::default()
        };
        let prompting = Prompting {
            caller: Caller { pid: Some(2), command: Some("your bank".into()) },
            terminal: true,
            choice: true,
            no_prompt: false,
            wait: Some(60),
            code: None,
            display: [("DISPLAY".into(), "evil:0".into())].into(),
        };
        let request = CredentialsRequest { min_ttl: Some(600), ..asked("dev", context, prompting) };
        let narrow = narrow();
        let Ok(Request::Credentials(admitted)) = narrow.admit(Request::Credentials(Box::new(request))) else {
            panic!("it is admitted")
        };
        let given = &narrow.given;
        assert_eq!((&admitted.context, &admitted.narrowing), (&given.context, &given.narrowing));
        let Prompting { caller, terminal, choice, no_prompt, wait, code, display } = &admitted.prompting;
        assert_eq!((caller, display), (&given.prompting.caller, &given.prompting.display));
        assert_eq!((*terminal, *choice, *no_prompt, *wait), (false, false, false, Some(60)));
        assert!(code.is_none());
        assert_eq!((admitted.purpose, admitted.min_ttl), (Purpose::Snapshot, Some(600)));
    }

    #[test]
    fn what_would_be_something_else_is_refused() {
        let good = || asked("dev", Context::default(), Prompting::default());
        let with_code = Prompting { code: Some(Secret::new("123456")), ..Prompting::default() };
        let read_only = Narrowing { read_only: true, ..Narrowing::default() };
        for request in [
            CredentialsRequest { profile: "prod".into(), ..good() },
            CredentialsRequest { duration: Some(900), ..good() },
            CredentialsRequest { no_session: true, ..good() },
            CredentialsRequest { narrowing: read_only, ..good() },
            CredentialsRequest { prompting: with_code, ..good() },
        ] {
            let refused = narrow().admit(Request::Credentials(Box::new(request))).unwrap_err();
            assert_eq!(refused.error, ErrorCode::NarrowSocket);
        }
        for request in [
            Request::Status,
            Request::Stop,
            Request::Logout { profiles: Vec::new(), context: Box::default() },
        ] {
            assert_eq!(narrow().admit(request).unwrap_err().error, ErrorCode::NarrowSocket);
        }
    }

    #[test]
    fn what_to_do_next_is_to_be_done_elsewhere() {
        let (reason, hint) = (Reason::CodeRequired, Some("awsd mfa CODE".to_owned()));
        let denial = Denial { reason, sentence: "s".to_owned(), hint };
        let Update::Denied(told) = Narrow::told(Update::Denied(denial)) else { panic!("another update") };
        assert_eq!(told.hint.as_deref(), Some("where the socket comes from: awsd mfa CODE"));
    }
}
