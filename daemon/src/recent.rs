//! Which profiles were asked for last, so that a list can begin with them. It is forgotten with the daemon.

/// How many are remembered: more than a person keeps in mind.
const KEPT: usize = 64;

/// Profiles by name, the last one first.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    asked: Vec<String>,
}

impl Recent {
    /// It is asked for now.
    pub(crate) fn asked(&mut self, profile: &str) {
        self.asked.retain(|name| name != profile);
        self.asked.truncate(KEPT - 1);
        self.asked.insert(0, profile.to_owned());
    }

    /// How many were asked for since then, itself included: 1 for the last one. None where it is not known.
    pub(crate) fn place(&self, profile: &str) -> Option<u32> {
        let index = self.asked.iter().position(|name| name == profile)?;
        u32::try_from(index + 1).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_time_counts_and_the_oldest_are_forgotten() {
        let mut recent = Recent::default();
        for profile in ["dev", "first", "dev"] {
            recent.asked(profile);
        }
        assert_eq!((recent.place("dev"), recent.place("first"), recent.place("x")), (Some(1), Some(2), None));
        for number in 0..KEPT - 1 {
            recent.asked(&number.to_string());
        }
        assert_eq!((recent.place("dev"), recent.place("first")), (Some(64), None));
    }
}
