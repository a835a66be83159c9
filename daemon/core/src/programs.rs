//! Programs that give codes (`mfa_process`): when they run, and what their output comes to.
//!
//! While one runs, nobody else is asked; once it takes its time it may wait for a touch, and everybody is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::denial;
use crate::effect::{self, Effect, Reason};
use crate::event::{Patience, ProgramNews, QuestionId};
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

    fn is_to_run_again(&self) -> bool {
        self.program.as_ref().is_some_and(|program| matches!(program.state, State::Again(_)))
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
            } else if self.desk.open(device).is_some_and(Open::is_to_run_again) {
                // Who brought the program has left; it is not run again for the others.
                self.give_up_program(device);
            }
        }
        self.stop_programs(out);
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
            let runs = open.program.as_ref().map_or(0, |program| program.runs) + 1;
            // A question that people see already is not taken away from them.
            let state = if shown { State::Slow } else { State::Running };
            open.program = Some(Program { state, runs });
            self.programs.insert(open.id);
            out.push(Effect::Run(open.id, named));
        }
    }

    /// Stops the programs that run for nobody any more, or beside a code that is being checked.
    fn stop_programs(&mut self, out: &mut Vec<Effect>) {
        let runs = |id: &QuestionId| {
            self.desk.all().any(|(_, open)| {
                let state = open.program.as_ref().map(|program| &program.state);
                open.id == *id
                    && matches!(state, Some(State::Running | State::Slow))
                    && open.verifying.is_none()
            })
        };
        let stopped: Vec<_> = self.programs.iter().copied().filter(|id| !runs(id)).collect();
        for id in stopped {
            self.programs.remove(&id);
            out.push(Effect::Stop(id));
            // Somebody was faster; whoever that was gives the next code, too.
            if let Some(device) = self.desk.find(id) {
                self.give_up_program(&device);
            }
        }
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
                out.extend(waiting.map(|(id, _)| Effect::Progress(*id, touch.to_owned())));
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
                self.send_code(now, device, code, out);
            }
            Err(unfit) if unfit.reason == Reason::SpentCode => {
                self.set_program(device, State::Again(self.next_step(now)), None);
            }
            Err(unfit) => {
                let why = denial::program_gave(&unfit.sentence);
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

    /// When devices show another code: their steps are aligned to UTC. A second later, so that clocks may differ a little.
    fn next_step(&self, now: Now) -> Boot {
        let into = now.wall.shifted(self.skew).0.as_secs() % CODE_STEP.as_secs();
        now.boot + CODE_STEP.saturating_sub(Duration::from_secs(into)) + Duration::from_secs(1)
    }

    /// The moments at which programs are run again.
    pub(crate) fn program_moments(&self) -> impl Iterator<Item = Boot> {
        self.desk.all().filter_map(|(_, open)| match open.program.as_ref()?.state {
            State::Again(at) => Some(at),
            State::Running | State::Slow | State::Ended => None,
        })
    }
}
