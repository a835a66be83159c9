//! Several MFA devices, and no line that names one: the person is asked which, at the terminals that can show a list.
//!
//! What is chosen holds for everybody who needs this user's device, as if it had been looked up. It is remembered only
//! once AWS has taken a code of it: a wrong pick must not stick.

use std::collections::BTreeSet;
use std::iter::successors;

use crate::denial;
use crate::effect::{Choice, Effect};
use crate::event::{QuestionId, RequestId};
use crate::graph::{Node, User};
use crate::route::Discoveries;
use crate::session::{Core, Pending};
use crate::time::Now;

/// The devices of a user that has more than one.
#[derive(Debug)]
pub(crate) struct Several {
    pub id: QuestionId,
    pub devices: Vec<String>,
    /// What the person has chosen; AWS has not taken a code of it yet.
    pub chosen: Option<String>,
}

impl Several {
    /// As it is shown to one who waits for it.
    fn choice(&self, pending: &Pending, reason: Option<String>) -> Choice {
        Choice { id: self.id, profile: pending.chain.profile.clone(), devices: self.devices.clone(), reason }
    }
}

impl Discoveries {
    /// The list for the terminal of a request that waits for a choice.
    pub(crate) fn choice(&self, pending: &Pending) -> Option<Choice> {
        let several = self.several.values().find(|several| pending.choosing == Some(several.id))?;
        Some(several.choice(pending, None))
    }
}

impl Core {
    /// The devices of a user were looked up, and there is more than one.
    pub(crate) fn found_several(&mut self, user: User, devices: Vec<String>) {
        if self.discoveries.several.get(&user).is_some_and(|several| several.devices == devices) {
            // Somebody may be choosing.
            return;
        }
        let id = self.desk.number();
        self.discoveries.several.insert(user, Several { id, devices, chosen: None });
    }

    /// A request comes before a choice: it waits there if its terminal can show the list.
    pub(crate) fn need_choice(&mut self, now: Now, id: RequestId, user: &User, out: &mut Vec<Effect>) {
        let limit = self.settings.default_wait;
        let Some(several) = self.discoveries.several.get(user) else { return };
        let Some(pending) = self.requests.get_mut(&id) else { return };
        let profile = &pending.chain.profile;
        let denial = if !pending.can_choose() {
            denial::several_devices(profile, &several.devices)
        } else if pending.deadline(limit).is_some_and(|deadline| deadline <= now.boot) {
            denial::not_chosen(profile, &several.devices)
        } else {
            pending.choosing = Some(several.id);
            return;
        };
        self.deny(id, denial, out);
    }

    /// A device was chosen at the terminal of a request. Only that terminal hears that there is none of that name.
    pub(crate) fn chosen(
        &mut self,
        by: RequestId,
        question: QuestionId,
        device: &str,
        out: &mut Vec<Effect>,
    ) {
        let Some(pending) = self.requests.get(&by).filter(|pending| pending.choosing == Some(question))
        else {
            return;
        };
        let open = self.discoveries.several.iter_mut().find(|(_, several)| several.id == question);
        let Some((user, several)) = open else { return };
        if !several.devices.iter().any(|listed| listed == device) {
            let reason = "that is none of the devices".to_owned();
            out.push(Effect::Choose(by, several.choice(pending, Some(reason))));
            return;
        }
        several.chosen = Some(device.to_owned());
        let user = user.clone();
        // What is held by a code of it, or was taken from that, says that it works.
        let of_it = |node: &Node| node.device().is_some_and(|of| of.serial == device);
        let by_it =
            |node: &Node| *node.user() == user && successors(Some(node), |node| node.parent()).any(of_it);
        if self.slots.iter().any(|(node, slot)| slot.lease.is_some() && by_it(node)) {
            self.code_accepted(&user, device, out);
        }
    }

    /// AWS has taken a code of a device: if it was chosen, it is the user's from now on, also after a restart.
    pub(crate) fn code_accepted(&mut self, user: &User, serial: &str, out: &mut Vec<Effect>) {
        let chosen = |several: &Several| several.chosen.as_deref() == Some(serial);
        if self.discoveries.several.get(user).is_some_and(chosen) {
            self.discoveries.several.remove(user);
            let facts = self.memory.users.entry(user.access_key_id.clone()).or_default();
            facts.device = Some(serial.to_owned());
            out.push(Effect::Remember(self.memory.clone()));
        }
    }

    /// A list that nobody is here for any more is forgotten, and with it a choice that came to nothing: the next one
    /// is shown the devices as they are then.
    pub(crate) fn forget_choices(&mut self) {
        let begins = |pending: &Pending, user: &User| self.begins_with(&pending.chain, user);
        let needed = |user: &&User| {
            self.requests.values().any(|pending| pending.chain.device.is_none() && begins(pending, user))
        };
        let needed: BTreeSet<User> = self.discoveries.several.keys().filter(needed).cloned().collect();
        self.discoveries.several.retain(|user, _| needed.contains(user));
    }
}

impl Pending {
    /// Whether a list of devices can be shown to the person who waits.
    fn can_choose(&self) -> bool {
        self.has_terminal() && self.chooses
    }
}
