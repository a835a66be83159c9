//! `awsd login`: sessions before they are needed.

use awsd_proto::{Login as LoginRequest, Request};

use super::{Outcome, done, finish, prompting};
use crate::cli::{Asking, Login};
use crate::context;
use crate::converse;

pub(super) fn run(options: Login) -> Outcome {
    let context = context::of_this_process()?;
    let Asking { mut code, no_prompt, wait } = options.asking;
    for profile in options.profiles {
        // A code is good for one session: the next profile must not get it again.
        let asking = Asking { code: code.take(), no_prompt, wait };
        let (prompting, asker) = prompting(asking, &format!("awsd login {profile}"))?;
        let request = Request::Login(Box::new(LoginRequest { profile, context: context.clone(), prompting }));
        finish(converse::ask(&request, asker, drop)?)?;
    }
    done(Ok(()))
}
