//! Users with several devices: what people choose, and what must hold of the lists that they are shown.

use awsd_core::effect::{Action, Choice, Operation, Question};
use awsd_core::event::{Event, Failure, Granted, Patience, QuestionId, RequestId};
use awsd_core::memory::Memory;

use crate::aws::ACCOUNT;
use crate::world::{Clocks, Flight, Open, World};

/// A device that was chosen and works.
pub(crate) struct Taken {
    root: String,
    device: String,
}

impl Open {
    /// Whether its terminal can show a list of devices.
    pub(crate) fn can_choose(&self) -> bool {
        self.chooses && matches!(self.patience, Patience::Terminal(_))
    }
}

impl World {
    /// The lists on the terminals.
    fn lists(&self) -> Vec<(RequestId, Choice)> {
        self.open.iter().filter_map(|(id, open)| Some((*id, open.choosing.clone()?))).collect()
    }

    /// Somebody chooses: mostly a device of the list, sometimes another user's, nonsense, or from a list that is over.
    pub(crate) fn choose(&mut self) {
        let lists = self.lists();
        if lists.is_empty() {
            return;
        }
        let (by, choice) = self.random.pick(&lists).clone();
        match self.random.below(10) {
            0 => self.choose_in_vain(by, choice.id, "arn:aws:iam::111122223333:mfa/alice"),
            1 => self.choose_in_vain(by, choice.id, "the second one"),
            2 => self.choose_too_late(by, QuestionId(choice.id.0 - 1), &choice.devices[0]),
            _ => {
                let device = self.random.pick(&choice.devices).clone();
                self.choose_from(by, &choice, &device);
            }
        }
    }

    /// Dave gets a new device for one of his two.
    pub(crate) fn replace_device(&mut self) {
        if self.cast.contains(&"DAVE") {
            let device = |number| format!("arn:aws:iam::{ACCOUNT}:mfa/dave{number}");
            let second = self.random.below(3) + 2;
            self.aws.users.insert("AKIADAVE".to_owned(), vec![device(1), device(second)]);
        }
    }

    /// Everybody who is shown a list chooses from it.
    pub(crate) fn choose_rightly(&mut self) {
        while let Some((by, choice)) = self.lists().pop() {
            self.choose_from(by, &choice, &choice.devices[0]);
        }
    }

    fn choose_from(&mut self, by: RequestId, choice: &Choice, device: &str) {
        self.log(&format!("chosen {by:?} {device}"));
        let root = self.open[&by].root().to_owned();
        self.chosen.insert(root.clone(), device.to_owned());
        self.give(Event::Chosen { by, question: choice.id, device: device.to_owned() });
        if self.lists().iter().any(|(_, other)| other.id == choice.id) {
            self.fail("a list is shown of which a device was chosen");
        }
        let taken = self.calm && self.mfa_session_lives(&root, Some(device), self.now().boot);
        if taken && self.remembered(&root).is_none_or(|kept| kept != device) {
            self.fail("a device whose code was taken before it was chosen is not remembered");
        }
    }

    /// The list comes again, at this terminal, with the reason.
    fn choose_in_vain(&mut self, by: RequestId, question: QuestionId, device: &str) {
        self.log(&format!("chosen {by:?} {device}, which is not there"));
        let before = self.lists();
        self.give(Event::Chosen { by, question, device: device.to_owned() });
        let mut after = self.lists();
        let reason = after.iter_mut().find(|(id, _)| *id == by).and_then(|(_, choice)| choice.reason.take());
        let plain = |lists: Vec<(RequestId, Choice)>| {
            lists.into_iter().map(|(id, choice)| (id, Choice { reason: None, ..choice })).collect::<Vec<_>>()
        };
        if reason.is_none() || plain(after) != plain(before) {
            self.fail("a device that is not on the list is chosen");
        }
    }

    fn choose_too_late(&mut self, by: RequestId, question: QuestionId, device: &str) {
        let before = self.lists();
        self.give(Event::Chosen { by, question, device: device.to_owned() });
        if self.lists() != before {
            self.fail("a choice from a list that is over counts");
        }
    }

    /// A list is shown: to one who can choose, with the user's own devices, of which none is known to be the right one.
    pub(crate) fn list_shown(&mut self, id: RequestId, choice: &Choice) {
        self.log(&format!("choose {id:?} {:?} {:?}", choice.id, choice.reason));
        let Some(open) = self.open.get_mut(&id).filter(|open| open.can_choose() && open.shown.is_none())
        else {
            self.fail(&format!("{id:?} is shown a list and cannot choose"))
        };
        let (root, profile) = (open.root().to_owned(), open.chain.profile.clone());
        let (named, again) = (open.chain.device.is_some(), open.choosing.is_some());
        open.choosing = Some(choice.clone());
        if named || again != choice.reason.is_some() || profile != choice.profile {
            self.fail("a list is shown to one who needs none");
        }
        let own = |device: &String| device.contains(":mfa/dave");
        if choice.devices.len() < 2 || root != "AKIADAVE" || !choice.devices.iter().all(own) {
            self.fail(&format!("{:?} are not the devices of {root}", choice.devices));
        }
        if self.remembered(&root).is_some() {
            self.fail("somebody is asked for a device that is remembered");
        }
        self.chosen.remove(&root);
    }

    /// The device that a request is asked a code of.
    pub(crate) fn device_of<'a>(&'a self, open: &'a Open) -> Option<&'a String> {
        let known = || self.remembered(open.root()).or_else(|| self.chosen.get(open.root()));
        open.chain.device.as_ref().or_else(known)
    }

    fn remembered(&self, root: &str) -> Option<&String> {
        self.memory.users.get(root)?.device.as_ref()
    }

    /// Of several devices a code is asked for the one that was chosen, this time or before.
    pub(crate) fn check_asked_device(&self, open: &Open, question: &Question) {
        let several = self.aws.users.get(open.root()).is_some_and(|devices| devices.len() > 1);
        let known = [self.chosen.get(open.root()), self.remembered(open.root())];
        if several && open.chain.device.is_none() && !known.contains(&Some(&question.device)) {
            self.fail(&format!("a code of {} is asked for, which nobody has chosen", question.device));
        }
    }

    /// A chosen device is remembered once AWS has taken a code of it, and not before.
    pub(crate) fn check_remembered(&self, memory: &Memory) {
        for (root, facts) in &memory.users {
            let (Some(device), Some(devices)) = (&facts.device, self.aws.users.get(root)) else { continue };
            if devices.len() < 2 || self.remembered(root) == Some(device) {
                continue;
            }
            let taken =
                self.aws.devices.get(&format!("{device}aws")).is_some_and(|device| !device.spent.is_empty());
            if !taken || self.chosen.get(root) != Some(device) {
                self.fail(&format!("{device} is remembered, which was not chosen or never worked"));
            }
        }
    }

    /// Whose device it is if this answer takes a code of one that was chosen. One that is not its user's any more is not
    /// chosen any more.
    pub(crate) fn taken(&mut self, flight: &Flight, result: &Result<Granted, Failure>) -> Option<Taken> {
        let (Action::GetSessionToken { mfa: Some(mfa), .. } | Action::AssumeRole { mfa: Some(mfa), .. }) =
            &flight.operation.action
        else {
            return None;
        };
        let root = &flight.operation.signer.access_key_id;
        self.chosen.get(root).filter(|chosen| self.awaited(flight) && **chosen == mfa.serial)?;
        match result {
            Ok(Granted::Session(keys)) => {
                let alive = self.clocks == Clocks::Right && keys.expiration > Some(self.aws.now);
                alive.then(|| Taken { root: root.clone(), device: mfa.serial.clone() })
            }
            Err(Failure::Refused { message, .. }) if message.contains("unable to validate") => {
                self.chosen.remove(root);
                None
            }
            _ => None,
        }
    }

    /// A chosen device whose code AWS has taken is remembered.
    pub(crate) fn check_taken(&self, taken: &Taken) {
        if self.remembered(&taken.root) != Some(&taken.device) {
            self.fail("a device was chosen, its code was taken, and it is not remembered");
        }
    }

    /// A choice that came to nothing ends with the last of those whom it was for.
    pub(crate) fn follow_choices(&mut self) {
        let open = &self.open;
        self.chosen
            .retain(|root, _| open.values().any(|open| open.root() == root && open.chain.device.is_none()));
    }

    /// While somebody looks at a list, the devices are not looked up once more, unless AWS could not check a code.
    pub(crate) fn check_lookup(&self, operation: &Operation) {
        let root = &operation.signer.access_key_id;
        let listed = |open: &Open| open.root() == root && open.choosing.is_some();
        if matches!(operation.action, Action::ListMfaDevices)
            && self.open.values().any(listed)
            && !self.doubted.contains(root)
        {
            self.fail("the devices are looked up although somebody is choosing");
        }
    }
}
