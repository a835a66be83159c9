//! Session policies, as the command line names them.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use awsd_proto::Narrowing;
use serde_json::Value;

use crate::cli::Less;
use crate::failure::{Exit, Failure};

/// Far more than AWS takes, with all the blanks that people write.
const MAX_FILE: u64 = 64 * 1024;

/// What the options ask for.
///
/// # Errors
/// Where the file of a policy cannot be read or holds no JSON object.
pub(super) fn of(less: &Less) -> Result<Narrowing, Failure> {
    let policy = less.policy.as_deref().map(policy).transpose()?;
    Ok(Narrowing { policy, policy_arns: less.policy_arn.clone(), read_only: less.read_only })
}

/// The policy without the blanks: AWS counts them.
fn policy(path: &Path) -> Result<String, Failure> {
    let unusable = |why: String| {
        Failure::new(
            Exit::Usage,
            format!("the policy {} cannot be used: {why}", path.display()),
            "it is a file with a policy document in JSON",
        )
    };
    let text = read(path).map_err(|error| unusable(error.to_string()))?;
    match serde_json::from_str(&text) {
        Ok(policy @ Value::Object(_)) => Ok(policy.to_string()),
        Ok(_) => Err(unusable("it is JSON, but no object".to_owned())),
        Err(error) => Err(unusable(error.to_string())),
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let read = File::open(path)?.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if read as u64 > MAX_FILE { Err(io::Error::other("it is too large")) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_policy_is_an_object_without_blanks() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("policy");
        let of = |text: &str| {
            fs::write(&path, text).unwrap();
            policy(&path)
        };
        assert_eq!(of("{\n  \"Version\": \"2012-10-17\"\n}\n").unwrap(), r#"{"Version":"2012-10-17"}"#);
        for (text, why) in
            [("[]", "no object"), ("{", "line 1"), ("", "line 1"), (&" ".repeat(65_537), "too large")]
        {
            let failure = of(text).unwrap_err();
            assert!(failure.exit == Exit::Usage && failure.sentence.contains(why), "{}", failure.sentence);
        }
        assert!(policy(directory.path()).unwrap_err().sentence.contains("directory"));
    }
}
