//! What the daemon asks: a code, or which device. The words at the terminal, and what a typed line means.

use awsd_proto::{Answer, Choice, Question, Secret};

use crate::render::text::safe;

/// Something that the daemon asks.
#[derive(Debug, Clone)]
pub(crate) enum Asked {
    /// The code of a device.
    Code(Question),
    /// One device of several.
    Device(Choice),
}

/// How it is asked at the terminal. Every text is made safe for it where it is shown.
pub(super) struct Words {
    /// Lines above the one that is typed in.
    pub list: Vec<String>,
    /// The beginning of the line that is typed in.
    pub line: String,
    /// Whether what is typed is shown.
    pub echo: bool,
}

impl Asked {
    /// The daemon's number for it; questions and choices have no number in common.
    pub(super) fn id(&self) -> u64 {
        match self {
            Self::Code(question) => question.id,
            Self::Device(choice) => choice.id,
        }
    }

    /// Why it is asked again.
    pub(super) fn reason(&self) -> Option<&String> {
        match self {
            Self::Code(question) => question.reason.as_ref(),
            Self::Device(choice) => choice.reason.as_ref(),
        }
    }

    /// Whether AWS is being asked about a code, so that there is nothing to type.
    pub(super) fn verifying(&self) -> bool {
        matches!(self, Self::Code(question) if question.verifying)
    }

    pub(super) fn words(&self) -> Words {
        match self {
            Self::Code(question) => {
                let or = if question.on_desktop { ", or answer the notification" } else { "" };
                let line = format!("MFA code for {} ({}){or}: ", question.user, question.profile);
                Words { list: Vec::new(), line, echo: false }
            }
            Self::Device(choice) => Words {
                list: list(choice),
                line: format!("Which MFA device? [1-{}]: ", choice.devices.len()),
                echo: true,
            },
        }
    }

    /// What a typed line answers, or why it answers nothing. A code is judged by the daemon.
    pub(super) fn answer(&self, typed: Secret) -> Result<Answer, String> {
        match self {
            Self::Code(question) => Ok(Answer::Code { question: question.id, code: typed }),
            Self::Device(choice) => {
                let chosen = typed.expose().parse().ok().and_then(|number: usize| number.checked_sub(1));
                match chosen.and_then(|index| choice.devices.get(index)) {
                    Some(device) => Ok(Answer::Device { question: choice.id, device: device.clone() }),
                    None => Err(format!("type a number from 1 to {}", choice.devices.len())),
                }
            }
        }
    }

    /// What a person is told who cannot be asked here, because this job is in the background.
    pub(super) fn elsewhere(&self) -> String {
        match self {
            Self::Code(question) => format!(
                "an MFA code is needed for {} ({})\n  answer {}from any terminal: awsd mfa CODE",
                safe(&question.user),
                safe(&question.profile),
                if question.on_desktop { "the notification, or " } else { "" },
            ),
            Self::Device(choice) => format!(
                "an MFA device has to be chosen for {}\n  bring this job to the foreground, or choose in another \
                 terminal: awsd login {}",
                safe(&choice.profile),
                safe(&choice.profile)
            ),
        }
    }
}

/// The devices, numbered, by the last part of their names where that tells them apart.
fn list(choice: &Choice) -> Vec<String> {
    let name = |serial: &str| serial.rsplit('/').next().unwrap_or(serial).to_owned();
    let mut names: Vec<_> = choice.devices.iter().map(|serial| name(serial)).collect();
    names.sort();
    names.dedup();
    let distinct = names.len() == choice.devices.len();
    let rows = choice.devices.iter().zip(1..).map(|(serial, number)| {
        let shown = if distinct { name(serial) } else { serial.clone() };
        format!("  {number}  {shown}")
    });
    let head = format!("{} can use several MFA devices:", choice.profile);
    std::iter::once(head).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(devices: [&str; 2]) -> Asked {
        let devices = devices.map(ToOwned::to_owned).to_vec();
        Asked::Device(Choice { id: 1, profile: "dev".to_owned(), devices, reason: None })
    }

    #[test]
    fn a_number_of_the_list_chooses_and_nothing_else_does() {
        let asked = choice(["arn:aws:iam::111122223333:mfa/phone", "GAHT12345678"]);
        let chosen = |line| match asked.answer(Secret::new(line)) {
            Ok(Answer::Device { question: 1, device }) => Some(device),
            Ok(other) => panic!("{other:?}"),
            Err(reason) => {
                assert_eq!(reason, "type a number from 1 to 2");
                None
            }
        };
        assert_eq!(chosen("1").as_deref(), Some("arn:aws:iam::111122223333:mfa/phone"));
        assert_eq!(chosen("2").as_deref(), Some("GAHT12345678"));
        for line in ["0", "3", "-1", "phone", "99999999999999999999999", "1 2", "123456"] {
            assert_eq!(chosen(line), None, "{line}");
        }
    }

    #[test]
    fn devices_of_one_name_are_told_apart_by_their_paths() {
        let words = choice(["arn:aws:iam::111122223333:mfa/alice", "GAHT12345678"]).words();
        assert_eq!(words.list, ["dev can use several MFA devices:", "  1  alice", "  2  GAHT12345678"]);
        let (first, second) =
            ("arn:aws:iam::111122223333:mfa/a/alice", "arn:aws:iam::111122223333:mfa/b/alice");
        assert_eq!(
            choice([first, second]).words().list[1..],
            [format!("  1  {first}"), format!("  2  {second}")]
        );
    }
}
