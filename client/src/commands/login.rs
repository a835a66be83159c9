//! `awsd login`: sessions before they are needed.

use awsd_proto::{Login as LoginRequest, NoticeKind, Request};

use super::{Outcome, done, finished, pick, prompting, tell};
use crate::cli::{Asking, Login};
use crate::context;
use crate::converse;

pub(super) fn run(options: Login) -> Outcome {
    let context = context::of_this_process()?;
    let Asking { mut code, no_prompt, wait } = options.asking;
    let mut profiles = match options.profiles {
        none if none.is_empty() => vec![pick::profile(None, no_prompt)?],
        named => named,
    }
    .into_iter()
    .peekable();
    while let Some(profile) = profiles.next() {
        let asking = Asking { code: code.clone(), no_prompt, wait };
        let (prompting, asker) = prompting(asking, &format!("awsd login {profile}"))?;
        let request = Request::Login(Box::new(LoginRequest { profile, context: context.clone(), prompting }));
        let mut notices = finished(converse::ask(&request, asker, drop)?)?;
        // A code is good for one session: the next profile gets only one that was not needed.
        if !notices.iter().any(|notice| notice.kind == NoticeKind::CodeNotNeeded) {
            code = None;
        } else if profiles.peek().is_some() {
            notices.retain(|notice| notice.kind != NoticeKind::CodeNotNeeded);
        }
        tell(&notices);
    }
    done(Ok(()))
}
