//! Programs that give codes (`mfa_process`): when they run, and what their output comes to.
//!
//! While one runs, nobody else is asked; once it takes its time it may wait for a touch, and everybody is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::denial;
use crate::effect::{self, Effect, Reason};
use crate::event::{Patience, ProgramNews, QuestionId, RequestId};
use crate::graph::Device;
use crate::policy::{CODE_STEP, PROGRAM_RUNS};
use crate::prompt::Open;
use crate::questions::Places;
use crate::session::{Core, Pending};
use crate::time::{Boot, Now};

/// The program of a question.
#[derive(Debug)]
pub(crate) struct Program {
    state: State,
    runs: u32,
    /// Its last code had been used before.
    repeats: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Running,
    /// It may wait for a touch.
    Slow,
    /// It is run again at this moment, for another code.
    Again(Boot),
    Ended,
}

impl Open {
    /// Whether the code comes from a program in a moment, so that nobody has to be asked.
    pub(crate) fn is_left_to_its_program(&self) -> bool {
        self.program.as_ref().is_some_and(|program| matches!(program.state, State::Running | State::Again(_)))
    }

    /// When its program is run again, for another code.
    fn runs_again(&self) -> Option<Boot> {
        match self.program.as_ref()?.state {
            State::Again(at) => Some(at),
            State::Running | State::Slow | State::Ended => None,
        }
    }

    /// Whether its program may give a code yet.
    pub(crate) fn has_program(&self) -> bool {
        self.program.as_ref().is_some_and(|program| program.state != State::Ended)
    }
}

impl Core {
    /// Runs the programs of questions that somebody waits for, and stops those of others.
    pub(crate) fn run_programs(&mut self, now: Now, places: &Places, out: &mut Vec<Effect>) {
        let devices: BTreeSet<&Device> = places.values().map(|place| &place.device).collect();
        for device in devices {
            if let Some(named) = self.named_program(device, places) {
                if self.waiting_at(device, places).any(|pending| self.goes_on_waiting(now, pending)) {
                    self.run_program(now, device, named, out);
                }
            } else if self.desk.open(device).and_then(Open::runs_again).is_some() {
                // Who brought the program has left; it is not run again for the others.
                self.give_up_program(device);
            }
        }
        self.stop_programs(places, out);
        self.announce_next_codes(now, places, out);
    }

    /// Who waits for a program's next code hears how long that takes: meanwhile nobody is asked.
    fn announce_next_codes(&mut self, now: Now, places: &Places, out: &mut Vec<Effect>) {
        for (id, place) in places {
            let open = self.desk.open(&place.device).filter(|open| open.verifying.is_none());
            let again = open.and_then(Open::runs_again).filter(|at| *at > now.boot);
            let (Some(at), Some(pending)) = (again, self.requests.get_mut(id)) else { continue };
            if pending.told_of_next_code.replace(at) != Some(at) {
                let seconds = at.since(now.boot).as_secs().max(1);
                out.push(Effect::Progress(*id, format!("the next code of mfa_process comes in {seconds} s")));
            }
        }
    }

    fn goes_on_waiting(&self, now: Now, pending: &Pending) -> bool {
        pending.deadline(self.settings.default_wait).is_none_or(|deadline| deadline > now.boot)
    }

    /// The program that one of those who wait has for a device.
    fn named_program(&self, device: &Device, places: &Places) -> Option<effect::Program> {
        let mut patient =
            self.waiting_at(device, places).filter(|pending| pending.patience != Patience::Never);
        patient.find_map(|pending| {
            let words = Arc::clone(pending.chain.mfa_process.as_ref()?);
            Some(effect::Program { words, display: pending.caller.display.clone() })
        })
    }

    /// Runs a program unless it runs, has failed, or its next code is not due yet.
    fn run_program(&mut self, now: Now, device: &Device, named: effect::Program, out: &mut Vec<Effect>) {
        let shown = self.is_shown(device);
        let Some(open) = self.desk.open_mut(device) else { return };
        let due = match &open.program {
            None => true,
            Some(program) => matches!(program.state, State::Again(at) if at <= now.boot),
        };
        if due && open.verifying.is_none() {
            let (runs, repeats) =
                open.program.as_ref().map_or((0, false), |program| (program.runs, program.repeats));
            // A question that people see already is not taken away from them.
            let state = if shown { State::Slow } else { State::Running };
            open.program = Some(Program { state, runs: runs + 1, repeats });
            self.programs.insert(open.id);
            out.push(Effect::Run(open.id, named));
        }
    }

    /// Stops the programs that run for nobody any more, or beside a code that is being checked.
    pub(crate) fn stop_programs(&mut self, places: &Places, out: &mut Vec<Effect>) {
        let programs = self.programs.iter().copied();
        let stopped: Vec<_> = programs.filter(|id| !self.needs_program(*id, places)).collect();
        for id in stopped {
            self.programs.remove(&id);
            out.push(Effect::Stop(id));
            let Some(device) = self.desk.find(id) else { continue };
            match self.desk.open_mut(&device) {
                // Somebody was faster; whoever that was gives the next code, too.
                Some(open) if open.verifying.is_some() => self.give_up_program(&device),
                // Everybody has left. Who comes next may have it run again.
                Some(open) => open.program = None,
                None => {}
            }
        }
    }

    /// Whether the code of a question's program would be of use.
    fn needs_program(&self, id: QuestionId, places: &Places) -> bool {
        let Some((device, open)) = self.desk.all().find(|(_, open)| open.id == id) else { return false };
        let is_running =
            open.program.as_ref().is_some_and(|of| matches!(of.state, State::Running | State::Slow));
        let waits = |pending: &Pending| pending.patience != Patience::Never;
        is_running && open.verifying.is_none() && self.waiting_at(device, places).any(waits)
    }

    /// Whether somebody sees the question of a device.
    fn is_shown(&self, device: &Device) -> bool {
        self.desk.open(device).is_some_and(|open| {
            let at_terminal = |pending: &Pending| pending.shown.is_some_and(|(id, _)| id == open.id);
            self.on_desktop.contains_key(&open.id) || self.requests.values().any(at_terminal)
        })
    }

    /// A program has something to tell.
    pub(crate) fn program(
        &mut self,
        now: Now,
        question: QuestionId,
        news: ProgramNews,
        out: &mut Vec<Effect>,
    ) {
        let Some(device) = self.desk.find(question).filter(|_| self.programs.contains(&question)) else {
            return;
        };
        match news {
            ProgramNews::Slow => {
                let touch = "the program that gives the code waits, perhaps for a touch of your security key";
                let waiting = self.places.iter().filter(|(_, place)| place.device == device);
                // Terminals show the question, and the reason with it.
                let silent = |id: &RequestId| !self.requests.get(id).is_some_and(Pending::has_terminal);
                let silent = waiting.map(|(id, _)| *id).filter(silent);
                out.extend(silent.map(|id| Effect::Progress(id, touch.to_owned())));
                self.set_program(&device, State::Slow, Some(touch));
            }
            ProgramNews::Code(code) => {
                self.programs.remove(&question);
                self.program_gave(now, &device, &code, out);
            }
            ProgramNews::Failed(why) => {
                self.programs.remove(&question);
                self.set_program(&device, State::Ended, Some(&why));
            }
        }
    }

    fn program_gave(&mut self, now: Now, device: &Device, code: &SecretString, out: &mut Vec<Effect>) {
        match self.desk.judge(now, self.skew, device, code) {
            Ok(code) => {
                // The next call of this device needs the next code.
                self.set_program(device, State::Again(self.next_step(now)), None);
                self.set_repeats(device, false);
                self.send_code(now, device, code, out);
            }
            // What prints the same once more has no next code.
            Err(unfit) if unfit.reason == Reason::SpentCode && !self.set_repeats(device, true) => {
                self.set_program(device, State::Again(self.next_step(now)), None);
            }
            Err(unfit) => {
                let why = denial::program_gave(&unfit);
                self.set_program(device, State::Ended, Some(&why));
            }
        }
    }

    /// A program's code was not accepted, or it has been run often enough: now people are asked.
    pub(crate) fn give_up_program(&mut self, device: &Device) {
        if self.desk.open(device).is_some_and(Open::has_program) {
            self.set_program(device, State::Ended, None);
        }
    }

    fn set_program(&mut self, device: &Device, state: State, reason: Option<&str>) {
        let Some(open) = self.desk.open_mut(device) else { return };
        let Some(program) = open.program.as_mut() else { return };
        let again = matches!(state, State::Again(_));
        program.state = if again && program.runs >= PROGRAM_RUNS { State::Ended } else { state };
        open.explain(reason);
    }

    /// Notes whether the last code of a program had been used before. Says what was noted of the one before that.
    fn set_repeats(&mut self, device: &Device, repeats: bool) -> bool {
        let program = self.desk.open_mut(device).and_then(|open| open.program.as_mut());
        program.is_some_and(|program| std::mem::replace(&mut program.repeats, repeats))
    }

    /// When devices show another code: their steps are aligned to UTC. A second later, so that clocks may differ a little.
    fn next_step(&self, now: Now) -> Boot {
        let into = now.wall.shifted(self.skew).0.as_secs() % CODE_STEP.as_secs();
        now.boot + CODE_STEP.saturating_sub(Duration::from_secs(into)) + Duration::from_secs(1)
    }

    /// The moments at which programs are run again.
    pub(crate) fn program_moments(&self) -> impl Iterator<Item = Boot> {
        self.desk.all().filter_map(|(_, open)| open.runs_again())
    }
}
