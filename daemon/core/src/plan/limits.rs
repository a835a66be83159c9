//! What AWS accepts as a name, so that what it would refuse is said early and with the line.

/// AWS's `\w`, which is ASCII only, and the punctuation it allows almost everywhere.
fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

fn is_made_of(text: &str, length: std::ops::RangeInclusive<usize>, more: &str) -> bool {
    length.contains(&text.len()) && text.chars().all(|c| is_name_char(c) || more.contains(c))
}

/// `RoleSessionName`, and `SourceIdentity` but for a reserved prefix.
pub(super) const SESSION_NAME_RULE: &str = "2 to 64 letters, digits and _+=,.@-";
pub(super) fn is_session_name(text: &str) -> bool {
    is_made_of(text, 2..=64, "")
}

pub(super) const SOURCE_IDENTITY_RULE: &str =
    "2 to 64 letters, digits and _+=,.@-, not beginning with 'aws:'";
pub(super) fn is_source_identity(text: &str) -> bool {
    // The colon of the reserved prefix is not among the characters.
    is_session_name(text)
}

pub(super) const EXTERNAL_ID_RULE: &str = "2 to 1224 letters, digits and _+=,.@:/-";
pub(super) fn is_external_id(text: &str) -> bool {
    is_made_of(text, 2..=1224, ":/")
}

/// The serial number of a hardware token, or the ARN of a virtual device.
pub(super) const SERIAL_RULE: &str = "a serial number of 9 to 256 letters, digits and _+=,.@:/-, or an ARN like arn:aws:iam::111122223333:mfa/name";
pub(super) fn is_serial(text: &str) -> bool {
    let device = arn(text).is_none_or(|arn| arn.resource.starts_with("mfa/"));
    let broken_arn = text.starts_with("arn:") && arn(text).is_none();
    is_made_of(text, 9..=256, ":/") && device && !broken_arn
}

pub(super) const ROLE_RULE: &str =
    "the ARN of a role (arn:aws:iam::111122223333:role/name), or the name of a role in the source's account";
pub(super) fn is_role_arn(text: &str) -> bool {
    let name = arn(text).and_then(|arn| arn.resource.strip_prefix("role/"));
    text.len() <= 2048 && name.is_some_and(is_role_name)
}

/// A role's name, possibly with its path.
pub(super) fn is_role_name(text: &str) -> bool {
    let (path, name) = text.rsplit_once('/').unwrap_or(("", text));
    let path_is_fine = path.len() <= 512 && path.chars().all(|c| c.is_ascii_graphic() && c != ':');
    path_is_fine && is_made_of(name, 1..=64, "")
}

/// The seconds that a role session may be asked for.
pub(super) const DURATION_RULE: &str = "a whole number of seconds from 900 to 43200";
pub(super) fn is_role_duration(seconds: u64) -> bool {
    (900..=43200).contains(&seconds)
}

pub(super) const REGION_RULE: &str = "the name of a region, such as eu-west-1";
/// A region becomes part of a host name: nothing that could change the host may stand in it.
pub(super) fn is_region(text: &str) -> bool {
    let fits = (1..=63).contains(&text.len()) && !text.starts_with('-') && !text.ends_with('-');
    fits && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

pub(super) const URL_RULE: &str = "a URL that begins with http:// or https://";
pub(super) fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.starts_with(['/', '?', '#']) && !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic())
    })
}

pub(super) const TAGS_RULE: &str = "at most 50 pairs like key=value,key2=value2, keys of 1 to 128 and values of up to 256 \
                                    letters, digits, spaces and _.:/=+-@, no key twice";
pub(super) const TAG_KEYS_RULE: &str = "at most 50 tag keys, separated by commas";
pub(super) const MAX_TAGS: usize = 50;
pub(super) fn is_tag_key(text: &str) -> bool {
    (1..=128).contains(&text.chars().count()) && text.chars().all(is_tag_char) && !text.starts_with("aws:")
}
pub(super) fn is_tag_value(text: &str) -> bool {
    text.chars().count() <= 256 && text.chars().all(is_tag_char)
}
fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c)
}

/// The parts of `arn:PARTITION:iam::ACCOUNT:RESOURCE` that matter here.
pub(super) struct Arn<'a> {
    pub(super) partition: &'a str,
    resource: &'a str,
}

/// An ARN of IAM.
pub(super) fn arn(text: &str) -> Option<Arn<'_>> {
    let parts: Vec<_> = text.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else { return None };
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let is_partition =
        partition.starts_with("aws") && partition.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    (is_account && is_partition).then_some(Arn { partition, resource })
}

/// `awsd-USER` with what AWS does not accept in a `RoleSessionName` replaced, and cut to its length.
pub fn session_name(user: &str) -> String {
    const MAX: usize = 64;
    let user = user.chars().map(|c| if is_name_char(c) { c } else { '-' });
    "awsd-".chars().chain(user).take(MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_arns() {
        for good in ["arn:aws:iam::111122223333:role/a", "arn:aws-cn:iam::111122223333:role/p/q/A_+=,.@-"] {
            assert!(is_role_arn(good), "{good}");
        }
        for bad in [
            "arn:aws:iam::111122223333:user/a",
            "arn:aws:iam::11112222333:role/a",
            "arn:aws:iam::11112222333x:role/a",
            "arn:aws:sts::111122223333:role/a",
            "arn:aws:iam:eu-west-1:111122223333:role/a",
            "arn:AWS:iam::111122223333:role/a",
            "arn:gcp:iam::111122223333:role/a",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role/a b",
            "arn:aws:iam::111122223333:role/p:q/a",
        ] {
            assert!(!is_role_arn(bad), "{bad}");
        }
        assert!(is_role_name(&"a".repeat(64)) && !is_role_name(&"a".repeat(65)));
        assert!(is_role_name("path/name") && !is_role_name("a:b") && !is_role_name("path/"));
    }

    #[test]
    fn serials() {
        for good in ["GAHT12345678", "123456789", "arn:aws:iam::111122223333:mfa/alice"] {
            assert!(is_serial(good), "{good}");
        }
        for bad in
            ["12345678", "GAHT 12345678", "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::1:mfa/alice"]
        {
            assert!(!is_serial(bad), "{bad}");
        }
        assert!(is_serial(&"1".repeat(256)) && !is_serial(&"1".repeat(257)));
    }

    #[test]
    fn lengths_and_characters() {
        assert!(is_session_name("ab") && !is_session_name("a") && !is_session_name("ab/"));
        assert!(is_session_name(&"a".repeat(64)) && !is_session_name(&"a".repeat(65)));
        assert!(!is_session_name("bjørn"));
        assert!(!is_source_identity("aws:me"));
        assert!(is_external_id("a:/b") && !is_external_id("a") && !is_external_id("a b"));
        assert!(is_external_id(&"a".repeat(1224)) && !is_external_id(&"a".repeat(1225)));
        assert!(is_role_duration(900) && is_role_duration(43200));
        assert!(!is_role_duration(899) && !is_role_duration(43201));
    }

    #[test]
    fn what_becomes_part_of_a_host_is_strict() {
        for good in ["eu-west-1", "aws-global", "x"] {
            assert!(is_region(good), "{good}");
        }
        for bad in ["", "-", "a-", "-a", "eu.west", "a/b", "a@b", "a b", "a\nb", &"a".repeat(64)] {
            assert!(!is_region(bad), "{bad:?}");
        }
        assert!(is_url("http://127.0.0.1:1") && is_url("https://x/y"));
        for bad in ["", "https://", "http:///x", "x", "ftp://x", "https://a b", "https://?x"] {
            assert!(!is_url(bad), "{bad:?}");
        }
    }

    #[test]
    fn tags() {
        assert!(is_tag_key("Ort") && is_tag_key("Straße") && is_tag_key(&"k".repeat(128)));
        for bad in ["", "a,b", "aws:x", &"k".repeat(129)] {
            assert!(!is_tag_key(bad), "{bad:?}");
        }
        assert!(is_tag_value("") && is_tag_value("a b=c") && is_tag_value(&"v".repeat(256)));
        assert!(!is_tag_value("a*") && !is_tag_value(&"v".repeat(257)));
    }

    #[test]
    fn default_session_names_are_always_accepted() {
        assert_eq!(session_name("alice"), "awsd-alice");
        assert_eq!(session_name("DOMAIN\\björn smith"), "awsd-DOMAIN-bj-rn-smith");
        for user in ["", "x", &"ü".repeat(100)] {
            assert!(is_session_name(&session_name(user)), "{user}");
        }
    }
}
