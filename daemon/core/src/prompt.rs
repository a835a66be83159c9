//! Questions: at most one open per MFA device, for all calls that need a code of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use secrecy::SecretString;

use crate::codes::{Codes, Unfit};
use crate::effect::{Denial, Question};
use crate::event::{CallId, Caller, Desktop, Display, QuestionId, RequestId};
use crate::graph::{Device, Node};
use crate::policy::QUESTION_LINGERS;
use crate::programs::Program;
use crate::time::{Boot, Now, Wall};

/// All devices that codes were asked of.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    devices: BTreeMap<Device, Record>,
    last_id: u64,
}

/// What is known of a device.
#[derive(Debug, Default)]
struct Record {
    codes: Codes,
    quiet_until: Boot,
    open: Option<Open>,
}

/// An open question.
#[derive(Debug)]
pub(crate) struct Open {
    pub id: QuestionId,
    /// The calls that need a code, one code each, in this order.
    pub queue: VecDeque<Node>,
    pub verifying: Option<Verifying>,
    /// Why the last code was not enough, and when that was: for the callers that wait silently and must be told at once.
    problem: Option<(Boot, Denial)>,
    /// Changes whenever terminals have to show it again.
    pub version: u32,
    /// How many codes were given for it, and what was wrong with the form of the last one if that was typed at the desktop.
    attempts: u32,
    slip: Option<(Option<Desktop>, String)>,
    /// `awsd mfa` callers that want to know how it ended.
    pub answerers: Vec<RequestId>,
    pub profiles: BTreeSet<String>,
    since: Boot,
    /// Since when nobody waits for it.
    alone_since: Option<Boot>,
    profile: String,
    caller: Caller,
    reason: Option<String>,
    /// Where the person asked to be asked: somebody waits for it there although no caller does.
    pub wanted: Option<Display>,
    /// The desktops that could show it to nobody, and when they last said so. None is the daemon's own.
    pub unreachable: BTreeMap<Option<Desktop>, Boot>,
    /// The desktops where the person put it away.
    pub aside: BTreeSet<Option<Desktop>>,
    /// The program that gives codes, and how far it is.
    pub program: Option<Program>,
}

/// Somebody who waits for a code.
#[derive(Debug)]
pub(crate) struct Waiter<'a> {
    pub node: &'a Node,
    pub profile: &'a str,
    pub caller: &'a Caller,
}

/// A code that AWS is being asked about.
#[derive(Debug)]
pub(crate) struct Verifying {
    pub call: CallId,
    pub code: SecretString,
    /// When its try was counted.
    counted: Wall,
}

impl Open {
    /// Shows it again, with a reason if there is one.
    pub(crate) fn explain(&mut self, reason: Option<&str>) {
        if let Some(reason) = reason {
            (self.reason, self.slip) = (Some(reason.to_owned()), None);
        }
        self.version += 1;
    }

    /// Asks again, with the reason.
    pub(crate) fn ask_again(&mut self, now: Now, problem: Denial) {
        self.reason = Some(problem.sentence.clone());
        self.problem = Some((now.boot, problem));
        self.slip = None;
        self.version += 1;
    }

    /// What was typed at this desktop is no code. Only there the reason is said.
    pub(crate) fn slipped(&mut self, desktop: Option<Desktop>, reason: String) {
        self.attempts += 1;
        self.slip = Some((desktop, reason));
    }

    /// Why this desktop asks again, if for a reason of its own.
    pub(crate) fn slip_at(&self, desktop: Option<&Desktop>) -> Option<&String> {
        self.slip.as_ref().filter(|(at, _)| at.as_ref() == desktop).map(|(_, reason)| reason)
    }

    /// What went wrong with a code since somebody began to wait. Who comes later has nothing to do with it.
    pub(crate) fn problem_since(&self, since: Boot) -> Option<&Denial> {
        self.problem.as_ref().filter(|(at, _)| *at >= since).map(|(_, denial)| denial)
    }

    /// As it is shown.
    pub(crate) fn question(&self, device: &Device, now: Now, waiting: usize) -> Question {
        Question {
            id: self.id,
            user: user_of(&device.serial).to_owned(),
            device: device.serial.clone(),
            profile: self.profile.clone(),
            caller: self.caller.clone(),
            waiting,
            newest: None,
            age: now.boot.since(self.since),
            waited: Duration::ZERO,
            reason: self.reason.clone(),
            verifying: self.verifying.is_some(),
            on_desktop: false,
            attempts: self.attempts,
            wanted: self.wanted.is_some(),
            at_terminals: false,
            display: self.caller.display.clone(),
        }
    }
}

impl Question {
    /// The question, if it says that the desktop asks it as well.
    pub(crate) fn promised(&self) -> Option<QuestionId> {
        self.on_desktop.then_some(self.id)
    }
}

fn next_id(last: &mut u64) -> QuestionId {
    *last += 1;
    QuestionId(*last)
}

/// Whose device it is, as far as its name tells.
pub(crate) fn user_of(serial: &str) -> &str {
    serial.rsplit('/').next().unwrap_or(serial)
}

impl Desk {
    pub(crate) fn open(&self, device: &Device) -> Option<&Open> {
        self.devices.get(device)?.open.as_ref()
    }

    pub(crate) fn open_mut(&mut self, device: &Device) -> Option<&mut Open> {
        self.devices.get_mut(device)?.open.as_mut()
    }

    /// Every open question.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Device, &Open)> {
        self.devices.iter().filter_map(|(device, record)| Some((device, record.open.as_ref()?)))
    }

    /// A number for something else that is asked.
    pub(crate) fn number(&mut self) -> QuestionId {
        next_id(&mut self.last_id)
    }

    /// The device whose question this is.
    pub(crate) fn find(&self, id: QuestionId) -> Option<Device> {
        self.all().find(|(_, open)| open.id == id).map(|(device, _)| device.clone())
    }

    /// The device whose code this call carries.
    pub(crate) fn verified_by(&self, call: CallId) -> Option<Device> {
        let verifies = |open: &Open| open.verifying.as_ref().is_some_and(|verifying| verifying.call == call);
        self.all().find(|(_, open)| verifies(open)).map(|(device, _)| device.clone())
    }

    /// A call needs a code: opens the device's question or joins it.
    pub(crate) fn need(
        &mut self,
        now: Now,
        device: &Device,
        node: &Node,
        profile: &str,
        caller: &Caller,
        reason: Option<&str>,
    ) {
        let record = self.devices.entry(device.clone()).or_default();
        let last_id = &mut self.last_id;
        let open = record.open.get_or_insert_with(|| Open {
            id: next_id(last_id),
            queue: VecDeque::new(),
            verifying: None,
            problem: None,
            version: 0,
            attempts: 0,
            slip: None,
            answerers: Vec::new(),
            profiles: BTreeSet::new(),
            since: now.boot,
            alone_since: None,
            profile: profile.to_owned(),
            caller: caller.clone(),
            reason: reason.map(str::to_owned),
            wanted: None,
            unreachable: BTreeMap::new(),
            aside: BTreeSet::new(),
            program: None,
        });
        if !open.queue.contains(node) {
            open.queue.push_back(node.clone());
        }
        open.profiles.insert(profile.to_owned());
    }

    /// The calls that somebody waits for, in the order in which they asked, and who was first. A call that a code is out
    /// with stays at the front until it ends.
    pub(crate) fn queue_up(&mut self, device: &Device, waiters: &[Waiter<'_>]) {
        let (Some(open), [first, ..]) = (self.open_mut(device), waiters) else { return };
        let mut queue: VecDeque<Node> = match open.verifying {
            Some(_) => open.queue.pop_front().into_iter().collect(),
            None => VecDeque::new(),
        };
        for waiter in waiters {
            if !queue.contains(waiter.node) {
                queue.push_back(waiter.node.clone());
            }
            if !open.profiles.contains(waiter.profile) {
                open.profiles.insert(waiter.profile.to_owned());
            }
        }
        open.queue = queue;
        if open.profile != first.profile || open.caller != *first.caller {
            first.profile.clone_into(&mut open.profile);
            open.caller = first.caller.clone();
        }
    }

    /// Makes a code out of what was typed, or says why it is not sent.
    pub(crate) fn judge(
        &self,
        now: Now,
        skew: i64,
        device: &Device,
        typed: &SecretString,
    ) -> Result<SecretString, Unfit> {
        let wall = now.wall.shifted(skew);
        match self.devices.get(device) {
            Some(record) => record.codes.judge(now.boot, wall, typed),
            None => Codes::default().judge(now.boot, wall, typed),
        }
    }

    /// AWS looks at no more codes of a device for as long as is returned.
    pub(crate) fn exhausted(&mut self, now: Now, skew: i64, device: &Device) -> Duration {
        self.devices.entry(device.clone()).or_default().codes.exhausted(now.wall.shifted(skew))
    }

    /// A judged code goes out with the call for a node, which comes to the front of the queue.
    pub(crate) fn begin(
        &mut self,
        now: Now,
        skew: i64,
        (device, node): (&Device, &Node),
        call: CallId,
        code: SecretString,
    ) {
        let Some(record) = self.devices.get_mut(device) else { return };
        let wall = now.wall.shifted(skew);
        record.codes.sent(now.boot, wall, &code);
        if let Some(open) = record.open.as_mut() {
            open.queue.retain(|queued| queued != node);
            open.queue.push_front(node.clone());
            open.verifying = Some(Verifying { call, code, counted: wall });
            (open.reason, open.slip) = (None, None);
            open.attempts += 1;
            open.version += 1;
        }
    }

    /// The same code goes out once more, with another call: AWS cannot have seen it.
    pub(crate) fn resend(&mut self, now: Now, device: &Device, call: CallId) -> Option<SecretString> {
        let record = self.devices.get_mut(device)?;
        let verifying = record.open.as_mut()?.verifying.as_mut()?;
        verifying.call = call;
        record.codes.sent_again(now.boot, &verifying.code);
        Some(verifying.code.clone())
    }

    /// The callers of `awsd mfa` that are to be told how it ended.
    pub(crate) fn take_answerers(&mut self, device: &Device) -> Vec<RequestId> {
        self.open_mut(device).map(|open| std::mem::take(&mut open.answerers)).unwrap_or_default()
    }

    /// The call that carried the code has ended. `seen` says whether AWS may have looked at it; if not, it may be
    /// typed again.
    pub(crate) fn end(&mut self, device: &Device, seen: bool) {
        let Some(record) = self.devices.get_mut(device) else { return };
        let Some(verifying) = record.open.as_mut().and_then(|open| open.verifying.take()) else { return };
        if !seen {
            record.codes.take_back(&verifying.code, verifying.counted);
        }
        if let Some(open) = record.open.as_mut() {
            open.version += 1;
        }
    }

    /// Removes a call from the queue of its device; the question closes with its last one.
    pub(crate) fn satisfied(&mut self, device: &Device, node: &Node) {
        let Some(record) = self.devices.get_mut(device) else { return };
        let Some(open) = record.open.as_mut() else { return };
        open.queue.retain(|queued| queued != node);
        if open.queue.is_empty() {
            record.open = None;
        } else if open.reason.is_none() {
            open.reason = Some("another call needs a code of its own: type the next one".to_owned());
            open.version += 1;
        }
    }

    /// Takes the question away, for its waiters to be told.
    pub(crate) fn close(&mut self, device: &Device) -> Option<Open> {
        self.devices.get_mut(device)?.open.take()
    }

    /// The sessions that these calls would have made are not wanted any more. Returns the callers of `awsd mfa` whose
    /// code is without an object now.
    pub(crate) fn abandon(&mut self, goes: impl Fn(&Node) -> bool) -> Vec<RequestId> {
        let mut left = Vec::new();
        for record in self.devices.values_mut() {
            let Some(open) = record.open.as_mut() else { continue };
            if open.queue.front().is_some_and(&goes) && open.verifying.take().is_some() {
                left.append(&mut open.answerers);
            }
            open.queue.retain(|node| !goes(node));
            if open.queue.is_empty() {
                left.append(&mut open.answerers);
                record.open = None;
            } else {
                open.version += 1;
            }
        }
        left
    }

    /// A caller of `awsd mfa` left.
    pub(crate) fn forget_answerer(&mut self, id: RequestId) {
        for open in self.devices.values_mut().filter_map(|record| record.open.as_mut()) {
            open.answerers.retain(|answerer| *answerer != id);
        }
    }

    /// The person does not want to be asked for a while.
    pub(crate) fn put_off(&mut self, now: Now, device: &Device, pause: Duration) {
        self.devices.entry(device.clone()).or_default().quiet_until = now.boot + pause;
    }

    /// A terminal or `awsd login` asks all the same.
    pub(crate) fn insist(&mut self, device: &Device) {
        self.devices.entry(device.clone()).or_default().quiet_until = Boot::default();
    }

    pub(crate) fn quiet(&self, now: Now, device: &Device) -> bool {
        self.devices.get(device).is_some_and(|record| record.quiet_until > now.boot)
    }

    /// Notes who still waits, closes what nobody has waited for long enough, and forgets old codes.
    pub(crate) fn tidy(&mut self, now: Now, waited_for: &BTreeSet<Device>) {
        for (device, record) in &mut self.devices {
            record.codes.tidy(now.boot);
            let Some(open) = record.open.as_mut() else { continue };
            if waited_for.contains(device) || open.verifying.is_some() {
                open.alone_since = None;
                continue;
            }
            if open.alone_since.is_none() && open.reason.take().is_some() {
                // Who comes next has given no code yet.
                open.version += 1;
            }
            if now.boot.since(*open.alone_since.get_or_insert(now.boot)) >= QUESTION_LINGERS {
                record.open = None;
            }
        }
    }

    /// When [`Desk::tidy`] has something to do.
    pub(crate) fn next_wake(&self) -> Option<Boot> {
        let lingering = self.all().filter_map(|(_, open)| Some(open.alone_since? + QUESTION_LINGERS));
        lingering.chain(self.devices.values().flat_map(|record| record.codes.moments())).min()
    }
}
