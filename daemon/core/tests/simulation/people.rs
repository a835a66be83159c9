//! What callers and the person at the device do.

use std::time::Duration;

use awsd_core::chain::{Base, Chain, RoleName};
use awsd_core::event::{Caller, Display, Event, Patience, Purpose, QuestionId, Request, RequestId, Surface};
use awsd_core::session::Core;
use awsd_core::time::Boot;
use secrecy::SecretString;

use crate::aws;
use crate::profiles;
use crate::seats::named;
use crate::world::{Clocks, Open, World, mfa_duration};

/// What somebody wants who runs something for long.
const MIN_TTLS: [Duration; 4] =
    [Duration::from_mins(10), Duration::from_mins(30), Duration::from_mins(55), Duration::from_hours(2)];

impl World {
    /// Somebody asks for something.
    pub(crate) fn ask(&mut self) {
        let caller = self.caller();
        self.come_from(&caller.display.desktop);
        let written = self.written();
        let new = profiles::chain(&mut self.random, &self.cast, &written, self.calm);
        // Who has asked for something often asks for it again. (The SAML tool's file is read anew each time.)
        let again = self.last_chain.take().filter(|chain| !temporary(chain) && self.random.percent(40));
        let chain = again.unwrap_or(new);
        self.last_chain = Some(chain.clone());
        let purpose = *self.random.pick(&[
            Purpose::Repeated,
            Purpose::Repeated,
            Purpose::Snapshot,
            Purpose::Snapshot,
            Purpose::Login,
        ]);
        let patience = *self.random.pick(&[
            Patience::Terminal(None),
            Patience::Terminal(None),
            Patience::Terminal(Some(Duration::from_secs(40))),
            Patience::Silent(None),
            Patience::Silent(Some(Duration::from_secs(90))),
            Patience::Never,
        ]);
        let code =
            chain.device.clone().filter(|_| self.random.percent(10)).map(|device| self.some_code(&device));
        let picky = purpose != Purpose::Login && self.random.percent(8);
        let min_ttl = picky.then(|| *self.random.pick(&MIN_TTLS));
        let id = self.request();
        let chooses = !id.0.is_multiple_of(5);
        let Base::Keys(keys) = &chain.base else { unreachable!("profiles have keys") };
        let logouts = self.logouts.get(&keys.access_key_id).copied().unwrap_or(0);
        let roles: Vec<_> = chain
            .roles
            .iter()
            .map(|role| match &role.arn {
                RoleName::Arn(name) | RoleName::Bare(name) => name.rsplit('/').next().unwrap_or_default(),
            })
            .collect();
        self.log(&format!(
            "ask {id:?} {} {roles:?} {purpose:?} {min_ttl:?} {patience:?} code {}",
            keys.access_key_id,
            code.is_some()
        ));
        let open = Open {
            chain: chain.clone(),
            purpose,
            patience,
            chooses,
            min_ttl,
            asked: Boot(self.boot),
            line: self.history.len(),
            display: caller.display.clone(),
            coded: code.is_some(),
            shown: None,
            choosing: None,
            logouts,
        };
        self.asked_last.insert(open.root().to_owned(), open.line);
        self.open.insert(id, open);
        self.new_moment();
        self.last_ask = Boot(self.boot);
        if code.is_some() || purpose == Purpose::Login || matches!(patience, Patience::Terminal(_)) {
            self.put_off.clear();
        }
        let sign_in = temporary(&chain).then(|| self.sign_in());
        self.give(Event::Requested(
            id,
            Box::new(Request {
                chain,
                purpose,
                patience,
                chooses,
                caller,
                min_ttl,
                code,
                sign_in,
                inside: Vec::new(),
            }),
        ));
    }

    fn caller(&mut self) -> Caller {
        let name = *self.random.pick(&[None, None, None, Some(":1"), Some(":1"), Some(":2"), Some(":3")]);
        // A day on which everybody has a desktop of their own.
        let crowd = self.seed.is_multiple_of(10).then(|| format!(":{}", self.random.below(20)));
        let desktop = name.map(|name| named(crowd.as_deref().unwrap_or(name)));
        Caller { display: Display { desktop, ..Display::default() }, ..Caller::default() }
    }

    pub(crate) fn request(&mut self) -> RequestId {
        self.last_request += 1;
        RequestId(self.last_request)
    }

    /// Somebody answers a question: at a terminal, or with `awsd mfa`.
    pub(crate) fn person(&mut self) {
        self.choose();
        let shown: Vec<(RequestId, QuestionId, String)> = self
            .open
            .iter()
            .filter_map(|(id, open)| open.shown.as_ref().map(|shown| (*id, shown.id, shown.device.clone())))
            .collect();
        let questions = self.core.questions(self.now());
        if !shown.is_empty() && self.random.percent(80) {
            let (by, question, device) = self.random.pick(&shown).clone();
            let code = self.some_code(&device);
            self.log(&format!("typed {by:?} {question:?}"));
            self.new_moment();
            self.give(Event::Typed { at: Surface::Terminal(by), question, code: code.clone() });
            let shown = self.open.get(&by).and_then(|open| open.shown.as_ref());
            if let Some(reason) = shown.and_then(|shown| shown.reason.clone()) {
                self.check_unfit(&device, &code, &reason);
            }
        } else if !questions.is_empty() {
            let question = self.random.pick(&questions).clone();
            let code = self.some_code(&question.device);
            let by = self.request();
            self.answers.insert(by);
            let profile = self.random.percent(50).then_some(question.profile);
            self.log(&format!("awsd mfa {by:?}"));
            self.new_moment();
            self.answered = Some((question.device, code.clone()));
            self.give(Event::Answer { by, profile, code });
        }
    }

    pub(crate) fn dismiss(&mut self) {
        let questions = self.core.questions(self.now());
        if let Some(question) = questions.first() {
            self.log(&format!("not now {:?}", question.id));
            self.dismissed = Some(Boot(self.boot));
            if !question.verifying {
                self.rest_offers(&question.device);
            }
            self.give(Event::Dismissed(question.id));
            let open = self.core.questions(self.now());
            if !question.verifying && open.iter().any(|open| open.id == question.id) {
                self.fail("somebody said not now, and is still asked");
            }
            // Whoever insists and is not there yet may ask again in a moment.
            if self.calm && self.open.is_empty() && open.is_empty() {
                self.put_off.insert(question.device.clone(), Boot(self.boot) + self.settings.not_now);
            }
        }
    }

    /// Somebody tries one code after the other, here or with another tool.
    pub(crate) fn guess(&mut self) {
        if self.random.percent(30) {
            return self.aws.use_up_tries();
        }
        let Some(question) = self.core.questions(self.now()).into_iter().next() else { return };
        for guess in 0..12 {
            if !self.core.questions(self.now()).iter().any(|open| open.id == question.id) {
                return;
            }
            let by = self.request();
            self.answers.insert(by);
            let code = SecretString::from(format!("{:06}", self.random.below(900_000) + guess));
            self.log(&format!("guess {by:?}"));
            self.new_moment();
            self.answered = Some((question.device.clone(), code.clone()));
            self.give(Event::Answer { by, profile: Some(question.device.clone()), code });
            if self.outage.is_none() {
                self.finish_calls();
            }
        }
    }

    pub(crate) fn leave(&mut self) {
        let ids: Vec<_> = self.open.keys().chain(&self.answers).copied().collect();
        if !ids.is_empty() {
            let id = *self.random.pick(&ids);
            self.abandoned |= self.open.remove(&id).is_some_and(|open| open.wants_new_mfa());
            self.answers.remove(&id);
            self.log(&format!("gone {id:?}"));
            self.give(Event::Gone(id));
        }
    }

    pub(crate) fn logout(&mut self) {
        let keys: Vec<String> = self.aws.users.keys().cloned().collect();
        let one = self.random.percent(50).then(|| self.random.pick(&keys).clone());
        for key in keys.iter().filter(|key| one.as_ref().is_none_or(|one| one == *key)) {
            *self.logouts.entry(key.clone()).or_default() += 1;
        }
        self.forget_pauses(one.as_deref());
        self.forget_sign_in(one.as_deref());
        let by = self.request();
        self.answers.insert(by);
        self.log(&format!("logout {one:?}"));
        let before = self.core.sessions(self.now()).len();
        self.give(Event::Logout { by, origins: one.clone().map(|key| vec![key]) });
        let went = self
            .leases
            .values()
            .filter(|held| one.as_ref().is_none_or(|one| held.what.contains(one.as_str())));
        if self.clocks == Clocks::Right && self.core.sessions(self.now()).len() + went.count() < before {
            self.fail("a logout takes the sessions of others with it");
        }
        let gone = |key: &str| one.as_ref().is_none_or(|one| one == key);
        let root = |open: &Open| matches!(&open.chain.base, Base::Keys(keys) if gone(&keys.access_key_id));
        if self.answers.contains(&by) || self.open.values().any(root) {
            self.fail("after a logout somebody still waits");
        }
        if one.is_none() && !self.core.sessions(self.now()).is_empty() {
            self.fail("after a logout sessions are held");
        }
    }

    /// The person changes the settings.
    pub(crate) fn configure(&mut self) {
        self.settings.mfa_duration = mfa_duration(&mut self.random);
        self.log(&format!("settings {:?}", self.settings));
        self.core.configure(self.settings);
    }

    /// Keys are rewritten by the SAML tool, revoked, or made valid again; sessions are revoked.
    pub(crate) fn edit(&mut self) {
        let what = if self.calm { 0 } else { self.random.below(7) };
        match what {
            0 => self.write_new_keys(),
            1 => {
                let keys: Vec<String> = self.aws.sessions.keys().cloned().collect();
                if !keys.is_empty() {
                    let key = self.random.pick(&keys).clone();
                    self.log(&format!("revoked {key}"));
                    self.aws.revoked.insert(key);
                }
            }
            2 => {
                self.aws.revoked.insert("AKIABOB".to_owned());
            }
            3 => {
                self.aws.revoked.remove("AKIABOB");
            }
            4 => self.aws.may_list = !self.aws.may_list,
            5 => self.replace_bobs_device(),
            _ => {
                self.replace_device();
                let carol = self.aws.users.get_mut("AKIACAROL");
                if let Some(carol) = carol.filter(|devices| devices.is_empty()) {
                    carol.push(format!("arn:aws:iam::{}:mfa/carol", aws::ACCOUNT));
                }
            }
        }
    }

    /// Bob loses his device and registers another one.
    fn replace_bobs_device(&mut self) {
        let device = format!("arn:aws:iam::{}:mfa/bob{}", aws::ACCOUNT, self.random.below(2));
        self.aws.users.insert("AKIABOB".to_owned(), vec![device]);
    }

    /// Everybody who is asked gives the code that is shown now.
    pub(crate) fn answer_rightly(&mut self) {
        for question in self.core.questions(self.now()) {
            let code = SecretString::from(aws::code(&question.device, self.aws.now));
            let by = self.request();
            self.answers.insert(by);
            self.log(&format!("awsd mfa {by:?} (right)"));
            self.new_moment();
            self.answered = Some((question.device.clone(), code.clone()));
            self.give(Event::Answer { by, profile: Some(question.device), code });
            self.finish_calls();
        }
    }

    /// The daemon is started anew: what it held is gone, what it remembers is not.
    pub(crate) fn restart(&mut self) {
        self.log("restart");
        self.core = Core::new(self.settings, self.memory.clone(), self.seed + 1);
        self.open.clear();
        self.answers.clear();
        self.flights.clear();
        self.leases.clear();
        self.alone.clear();
        self.seen_codes.clear();
        self.forget_pauses(None);
        self.looked_up.clear();
        self.put_off.clear();
        self.skewed.clear();
        self.dead.clear();
        for device in self.aws.devices.values_mut() {
            device.tries.clear();
        }
        self.chosen.clear();
        self.clear_desktop();
        self.dismissed = None;
        self.abandoned = false;
    }
}

fn temporary(chain: &Chain) -> bool {
    matches!(&chain.base, Base::Keys(keys) if keys.temporary())
}
