//! Programs that give codes (`mfa_process`): what they print, and when they must run, may run and must not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use awsd_core::chain::Keys;
use awsd_core::effect::{Action, Program, Question};
use awsd_core::event::{Event, Patience, ProgramNews, QuestionId, RequestId};
use awsd_core::time::Boot;
use secrecy::{ExposeSecret as _, SecretString};

use crate::aws;
use crate::world::{Clocks, Flight, Open, World};

/// The numbers of the design, once more.
const MOST_RUNS: u32 = 3;
const STEP: Duration = Duration::from_secs(30);
/// How much later than a device a program may be asked for the next code.
const LATE: Duration = Duration::from_secs(2);

/// The programs of the open questions.
#[derive(Default)]
pub(crate) struct Programs {
    running: BTreeSet<QuestionId>,
    had: BTreeMap<QuestionId, Had>,
    /// Who was told that a program waits for a touch.
    told: BTreeSet<RequestId>,
    /// Who was told when the next code of a program comes.
    announced: BTreeSet<RequestId>,
}

/// How far the program of a question is.
#[derive(Debug, Clone, Copy)]
struct Had {
    runs: u32,
    stage: Stage,
    /// Its last code had been used before; none where that cannot be said from here.
    repeats: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Its code comes in a moment.
    Running,
    /// It takes its time, or people had been asked before it began.
    Slow,
    /// The device shows its next code not before the first of these moments; by the second the program has been run.
    Again(Boot, Boot),
    /// It was to be run again, and who brought it has just left: it is not run for the others.
    Left,
    /// People are asked.
    Ended,
    /// It cannot be said from here.
    Unknown,
}

impl Programs {
    fn stage(&self, id: QuestionId) -> Option<Stage> {
        self.had.get(&id).map(|had| had.stage)
    }

    fn set(&mut self, id: QuestionId, stage: Stage) {
        if let Some(had) = self.had.get_mut(&id) {
            let often = matches!(stage, Stage::Again(..)) && had.runs >= MOST_RUNS;
            had.stage = if often { Stage::Ended } else { stage };
        }
    }

    /// Notes whether the last code of a program had been used before. Returns what was noted of the one before that.
    fn repeats(&mut self, id: QuestionId, repeats: Option<bool>) -> Option<bool> {
        std::mem::replace(&mut self.had.get_mut(&id)?.repeats, repeats)
    }

    /// Whether the program of a question runs.
    pub(crate) fn runs(&self, id: QuestionId) -> bool {
        self.running.contains(&id)
    }

    /// Whether one may give a code in a moment.
    pub(crate) fn any(&self) -> bool {
        !self.running.is_empty() || self.had.values().any(|had| matches!(had.stage, Stage::Again(..)))
    }

    /// Whether a program has the first word on a question.
    pub(crate) fn first(&self, id: QuestionId) -> bool {
        matches!(self.stage(id), Some(Stage::Running | Stage::Again(..)))
    }

    /// Whether the program of a question may give a code yet; none where it cannot be said from here.
    pub(crate) fn may_give(&self, id: QuestionId) -> Option<bool> {
        match self.stage(id) {
            Some(Stage::Running | Stage::Slow | Stage::Again(..)) => Some(true),
            Some(Stage::Left | Stage::Unknown) => None,
            Some(Stage::Ended) | None => Some(false),
        }
    }
}

impl Open {
    /// Whether it waits long enough for its program.
    fn brings_program(&self) -> bool {
        self.chain.mfa_process.is_some() && self.patience != Patience::Never
    }
}

impl World {
    /// A program is to run: somebody here has brought it, and it is its turn.
    pub(crate) fn program_begins(&mut self, id: QuestionId, program: &Program) {
        let (now, shown) = (Boot(self.boot), self.is_shown(id));
        let asked = self.core.questions(self.now()).into_iter().find(|asked| asked.id == id);
        let Some(question) = asked else { self.fail("a program runs for a question that is closed") };
        let brought = |open: &Open| {
            open.brings_program()
                && open.chain.device.as_ref() == Some(&question.device)
                && open.chain.mfa_process.as_ref() == Some(&program.words)
                && open.display == program.display
        };
        if !self.open.values().any(brought) {
            self.fail("a program runs that nobody here has brought");
        }
        if question.verifying || !self.desktop.programs.running.insert(id) {
            self.fail("a program runs beside a code, or beside itself");
        }
        let had = self.desktop.programs.had.entry(id).or_insert(Had {
            runs: 0,
            stage: Stage::Again(now, now),
            repeats: Some(false),
        });
        let early = match had.stage {
            Stage::Again(first, _) => now < first,
            Stage::Left | Stage::Unknown => false,
            Stage::Running | Stage::Slow | Stage::Ended => true,
        };
        let stage = if shown { Stage::Slow } else { Stage::Running };
        *had = Had { runs: had.runs + 1, stage, ..*had };
        if early || had.runs > MOST_RUNS {
            self.fail("a program is run again before its device shows another code, or too often");
        }
    }

    /// Somebody was faster, or nobody needs the code any more.
    pub(crate) fn program_stopped(&mut self, id: QuestionId) {
        if !self.desktop.programs.running.remove(&id) {
            self.fail("a program is stopped that does not run");
        }
        let asked = self.core.questions(self.now());
        let Some(question) = asked.iter().find(|asked| asked.id == id && !asked.verifying) else {
            self.desktop.programs.set(id, Stage::Ended);
            return;
        };
        if self.waiters(question).is_some_and(|waiters| !waiters.is_empty()) {
            self.fail("a program is stopped whose code is still wanted");
        }
        // Who comes next may have it run again.
        self.desktop.programs.had.remove(&id);
    }

    /// A session has arrived. If it is over by now, or about to be, it cannot be said from here what becomes of its code.
    pub(crate) fn code_was_taken(&mut self, flight: &Flight, keys: &Keys) {
        let over = keys.expiration.is_none_or(|end| end.since(self.aws.now) < LATE * 2);
        let device = Self::device_asked(&flight.operation).filter(|_| over);
        let asked = self.core.questions(self.now());
        for question in asked.iter().filter(|asked| device.is_some_and(|device| asked.device == device)) {
            self.desktop.programs.set(question.id, Stage::Unknown);
        }
    }

    /// A code of a device was of no use: from now on its next one comes from people.
    pub(crate) fn program_given_up(&mut self, device: &str) {
        for question in self.core.questions(self.now()).iter().filter(|asked| asked.device == device) {
            self.desktop.programs.set(question.id, Stage::Ended);
        }
    }

    /// A program goes on, or ends.
    pub(crate) fn program(&mut self) {
        let Some(&id) = self.desktop.programs.running.first() else { return };
        let Some(question) = self.core.questions(self.now()).into_iter().find(|asked| asked.id == id) else {
            self.fail("a program runs for a question that is closed")
        };
        self.new_moment();
        match self.random.below(6) {
            0 => self.program_waits(&question),
            1 => {
                self.log(&format!("program {id:?} failed"));
                self.desktop.programs.running.remove(&id);
                self.desktop.programs.set(id, Stage::Ended);
                self.give(Event::Program(id, ProgramNews::Failed("ykman: no key".to_owned())));
            }
            2 => {
                let code = self.some_code(&question.device);
                self.program_prints(&question, &code);
            }
            _ => {
                let code = SecretString::from(aws::code(&question.device, self.aws.now));
                self.program_prints(&question, &code);
            }
        }
    }

    /// A program takes its time: everybody who waits for it hears of it, and nobody else.
    fn program_waits(&mut self, question: &Question) {
        self.log(&format!("program {:?} waits", question.id));
        self.desktop.programs.set(question.id, Stage::Slow);
        self.desktop.programs.told.clear();
        // At terminals it stands with the question.
        let silent = |open: &&Open| !matches!(open.patience, Patience::Terminal(_));
        let waiting = self.waiters(question).map(|waiters| waiters.into_iter().filter(silent).count());
        self.give(Event::Program(question.id, ProgramNews::Slow));
        let told = &self.desktop.programs.told;
        let of_device = |id: &RequestId| {
            self.open.get(id).is_none_or(|open| self.device_of(open) == Some(&question.device))
        };
        if !told.iter().all(of_device) || waiting.is_some_and(|waiting| waiting != told.len()) {
            self.fail("not those who wait for a program are told that it takes its time");
        }
    }

    /// Somebody hears of progress.
    pub(crate) fn told_of_program(&mut self, id: RequestId, text: &str) {
        if text.contains("touch") {
            self.desktop.programs.told.insert(id);
        }
        if text.contains("next code of mfa_process") {
            self.desktop.programs.announced.insert(id);
        }
    }

    fn program_prints(&mut self, question: &Question, code: &SecretString) {
        let digits: String = code.expose_secret().split_whitespace().collect();
        self.log(&format!("program {:?} prints {digits}", question.id));
        let again = self.next_code();
        let stage = if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Stage::Ended
        } else if self.is_spent(&question.device, &digits) == Some(true) {
            // What prints the same once more has no next code.
            match self.desktop.programs.repeats(question.id, Some(true)) {
                Some(false) => again,
                Some(true) => Stage::Ended,
                None => Stage::Unknown,
            }
        } else {
            Stage::Unknown
        };
        let is_spent = self.is_spent(&question.device, &digits);
        let known = stage != Stage::Unknown || is_spent != Some(false);
        self.desktop.programs.running.remove(&question.id);
        self.desktop.programs.set(question.id, stage);
        self.give(Event::Program(question.id, ProgramNews::Code(code.clone())));
        if is_spent.is_none() {
            self.desktop.programs.repeats(question.id, None);
        }
        if known {
            return;
        }
        self.desktop.programs.repeats(question.id, Some(false));
        let sent = self.flights.values().any(|flight| Self::code_of(&flight.operation) == Some(&digits));
        self.desktop.programs.set(question.id, if sent { again } else { Stage::Ended });
        let silent = |asked: &Question| {
            let said = asked.reason.as_ref().is_some_and(|why| why.contains("too many"));
            asked.id == question.id && asked.waiting > 0 && !said
        };
        if !sent && self.core.questions(self.now()).iter().any(silent) {
            self.fail("a program's code is not sent, and nobody says why");
        }
    }

    /// Whether AWS may have looked at a code; none where it may just have been forgotten.
    fn is_spent(&self, device: &str, code: &str) -> Option<bool> {
        let under_way = self.flights.values().any(|flight| Self::code_of(&flight.operation) == Some(code));
        let at = self.seen_codes.get(&format!("{device}aws")).and_then(|codes| codes.get(code));
        match at {
            Some(at) if Boot(self.boot).since(*at) > Duration::from_secs(170) => None,
            seen => Some(seen.is_some() || under_way),
        }
    }

    /// When devices show their next code.
    fn next_code(&self) -> Stage {
        let now = Boot(self.boot);
        if self.clocks != Clocks::Right {
            // The moment is known only as well as the clock.
            return Stage::Again(now, now + STEP + LATE);
        }
        let into = u64::try_from(self.aws.now.0.as_nanos() % STEP.as_nanos()).unwrap_or(0);
        let next = now + STEP.saturating_sub(Duration::from_nanos(into));
        Stage::Again(next, next + LATE)
    }

    /// Notes which programs nobody has brought any more.
    pub(crate) fn follow_programs(&mut self) {
        let asked = self.core.questions(self.now());
        let programs = &mut self.desktop.programs;
        programs.had.retain(|id, _| asked.iter().any(|question| question.id == *id));
        for question in &asked {
            let brought = self.brought(question).filter(|_| question.waiting > 0);
            // Who has brought it may be waiting for the list of devices instead.
            let away =
                self.flights.values().any(|flight| matches!(flight.operation.action, Action::ListMfaDevices));
            let next = match (self.desktop.programs.stage(question.id), brought) {
                (Some(Stage::Again(..)), _) if away => Stage::Unknown,
                (Some(Stage::Again(..)), Some(false)) => Stage::Left,
                (Some(Stage::Again(..)), None) if question.waiting > 0 => Stage::Unknown,
                (Some(Stage::Left), Some(false)) => Stage::Ended,
                (Some(Stage::Left), _) => Stage::Unknown,
                _ => continue,
            };
            self.desktop.programs.set(question.id, next);
        }
    }

    /// Whether somebody who waits for a question has a program for it; none where it is not known who waits.
    fn brought(&self, question: &Question) -> Option<bool> {
        self.waiters(question).map(|waiters| waiters.iter().any(|open| open.brings_program()))
    }

    /// Whether all who wait for a question have been told when the next code of its program comes.
    fn all_know_when(&self, question: &Question) -> bool {
        let waits = |open: &Open| self.device_of(open) == Some(&question.device);
        let announced = &self.desktop.programs.announced;
        self.waiters(question).is_none()
            || self.open.iter().filter(|(_, open)| waits(open)).all(|(id, _)| announced.contains(id))
    }

    /// A program runs wherever somebody brought one who waits for it, and in time; nobody is asked before it has failed.
    pub(crate) fn check_programs(&self) {
        let now = Boot(self.boot);
        for question in self.core.questions(self.now()).iter().filter(|question| !question.verifying) {
            let programs = &self.desktop.programs;
            if programs.first(question.id) && self.is_shown(question.id) {
                self.fail("somebody is asked for a code that a program gives in a moment");
            }
            let nobody = self.waiters(question).is_some_and(|waiters| waiters.is_empty());
            if nobody && programs.runs(question.id) {
                self.fail("a program runs for nobody");
            }
            if self.brought(question) != Some(true) {
                continue;
            }
            match programs.stage(question.id) {
                None => self.fail("somebody has brought a program, and it is not run"),
                Some(Stage::Again(first, last)) => {
                    if now < first && !self.all_know_when(question) {
                        self.fail("somebody waits for a program's next code without knowing");
                    }
                    let wake = self.core.next_wake(self.now());
                    if now > last || wake.is_none_or(|wake| wake > last) {
                        self.fail("the device shows another code, and its program is not run again");
                    }
                }
                Some(_) => {}
            }
        }
    }
}
