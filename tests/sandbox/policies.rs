//! Session policies, as far as the calls of this sandbox need them: a session with policies may do what one of them
//! allows and none denies.

use serde_json::Value;

use super::request::Request;

/// AWS's own policy that allows to look at everything, by its beginnings.
const READ_ONLY: (&str, [&str; 3]) = ("arn:aws:iam::aws:policy/ReadOnlyAccess", ["Describe", "Get", "List"]);

/// The policies of a role session; without any it may do whatever the role may.
#[derive(Clone, Debug, Default)]
pub struct SessionPolicies {
    inline: Option<Value>,
    arns: Vec<String>,
}

impl SessionPolicies {
    /// Those of a request, whose sizes were checked.
    pub(super) fn read(request: &Request) -> Self {
        Self {
            inline: request.get("Policy").and_then(|policy| serde_json::from_str(policy).ok()),
            arns: request.list("PolicyArns", Some("arn")).into_iter().map(str::to_owned).collect(),
        }
    }

    /// Whether the session may call this action: `ec2:DescribeInstances`.
    pub(super) fn allow(&self, action: &str) -> bool {
        let statements = self.inline.iter().flat_map(|policy| one_or_many(&policy["Statement"]));
        let about = |effect: &str| {
            let with_effect = statements.clone().filter(|statement| statement["Effect"] == *effect);
            let actions = with_effect.flat_map(|statement| one_or_many(&statement["Action"]));
            actions.filter_map(Value::as_str).any(|pattern| matches(pattern, action))
        };
        let managed = self.arns.iter().any(|arn| managed_allows(arn, action));
        let narrows = self.inline.is_some() || !self.arns.is_empty();
        !narrows || ((about("Allow") || managed) && !about("Deny"))
    }
}

fn one_or_many(value: &Value) -> impl Iterator<Item = &Value> + Clone {
    let many = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let one = Some(value).filter(|value| !value.is_array() && !value.is_null());
    many.iter().chain(one)
}

fn managed_allows(arn: &str, action: &str) -> bool {
    let (known, beginnings) = READ_ONLY;
    let name = action.split(':').nth(1).unwrap_or_default();
    arn == known && beginnings.iter().any(|beginning| name.starts_with(beginning))
}

/// With a star at the end or none, and without regard to case, as IAM compares them.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    match pattern.strip_suffix('*') {
        Some(beginning) => action.starts_with(beginning),
        None => pattern == action,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policies(inline: &str, arns: &[&str]) -> SessionPolicies {
        let inline = serde_json::from_str(inline).ok();
        SessionPolicies { inline, arns: arns.iter().map(|&arn| arn.to_owned()).collect() }
    }

    #[test]
    fn what_no_policy_allows_is_refused() {
        let of_ec2 = r#"{"Statement": {"Effect": "Allow", "Action": ["EC2:Describe*", "sts:x"]}}"#;
        let but =
            r#"{"Statement": [{"Effect": "Allow", "Action": "*"}, {"Effect": "Deny", "Action": "iam:*"}]}"#;
        for (inline, arns, action, allowed) in [
            ("", &[][..], "iam:CreateAccessKey", true),
            (of_ec2, &[], "ec2:DescribeInstances", true),
            (of_ec2, &[], "iam:ListMFADevices", false),
            (but, &[], "ec2:DescribeInstances", true),
            (but, &[], "iam:ListMFADevices", false),
            ("", &[READ_ONLY.0], "iam:ListMFADevices", true),
            ("", &[READ_ONLY.0], "iam:CreateAccessKey", false),
            ("", &["arn:aws:iam::aws:policy/Other"], "iam:ListMFADevices", false),
        ] {
            assert_eq!(policies(inline, arns).allow(action), allowed, "{inline} {arns:?} {action}");
        }
    }
}
