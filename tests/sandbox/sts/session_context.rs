//! What `AssumeRole` passes on: session policies, session tags and the source identity.

use std::collections::BTreeMap;

use crate::sandbox::{
    auth::{Caller, CallerKind},
    constraints::Constraints,
    error::ApiError,
    request::Request,
};

/// Inline policy and managed policies together, in characters.
const POLICY_LIMIT: usize = 2048;

/// Bytes that policies and tags may take packed. The real format is not known; this one does not pack at all.
const PACKED_LIMIT: usize = 4096;

/// What a session is made with, beside its role.
#[derive(Debug)]
pub(super) struct SessionContext {
    pub(super) source_identity: Option<String>,
    /// Tags to be inherited: the caller's and those marked in this call.
    pub(super) transitive_tags: BTreeMap<String, String>,
    /// How much of the space for policies and tags is used, where any were passed.
    pub(super) packed_percent: Option<usize>,
    /// The tags of this call.
    tags: BTreeMap<String, String>,
}

impl SessionContext {
    /// Reads and checks the parameters, and adds what the caller's own session hands down.
    pub(super) fn read(caller: &Caller, request: &Request) -> Result<Self, ApiError> {
        let tags = read_tags(request)?;
        let policies = check_policies(request)?;
        let (inherited_identity, inherited_tags) = match &caller.kind {
            CallerKind::RoleSession { source_identity, transitive_tags, .. } => {
                (source_identity.clone(), transitive_tags.clone())
            }
            CallerKind::Root | CallerKind::User | CallerKind::UserSession { .. } => (None, BTreeMap::new()),
        };
        let packed_percent = packed_percent(policies, &tags)?;
        Ok(Self {
            source_identity: source_identity(caller, request, inherited_identity)?,
            transitive_tags: transitive_tags(request, tags.clone(), inherited_tags)?,
            packed_percent,
            tags,
        })
    }

    /// `sts:TagSession` is needed.
    pub(super) fn has_tags(&self) -> bool {
        !self.tags.is_empty() || !self.transitive_tags.is_empty()
    }

    /// Whether a tag is passed or inherited, its key in whatever case.
    pub(super) fn has_tag(&self, key: &str, value: &str) -> bool {
        let mut tags = self.tags.iter().chain(&self.transitive_tags);
        tags.any(|(other, passed)| other.eq_ignore_ascii_case(key) && passed == value)
    }
}

/// Once set, the source identity stays for the whole chain.
fn source_identity(
    caller: &Caller,
    request: &Request,
    inherited: Option<String>,
) -> Result<Option<String>, ApiError> {
    let Some(passed) = request.get("SourceIdentity") else { return Ok(inherited) };
    if passed.starts_with("aws:") {
        return Err(ApiError::validation("SourceIdentity must not start with 'aws:'"));
    }
    if inherited.is_some_and(|inherited| inherited != passed) {
        let arn = request.require("RoleArn")?;
        return Err(ApiError::not_authorized(&caller.arn, "sts:SetSourceIdentity", arn));
    }
    Ok(Some(passed.to_owned()))
}

fn read_tags(request: &Request) -> Result<BTreeMap<String, String>, ApiError> {
    let keys = request.list("Tags", Some("Key"));
    let values = request.list("Tags", Some("Value"));
    let mut constraints = Constraints::default();
    constraints.at_most("tags", keys.len(), 50);
    for (key, value) in keys.iter().zip(&values) {
        constraints.length("tags.member.key", Some(key), 1, 128).length(
            "tags.member.value",
            Some(value),
            0,
            256,
        );
    }
    constraints.check()?;
    let tags: BTreeMap<String, String> =
        keys.iter().zip(&values).map(|(&key, &value)| (key.to_owned(), value.to_owned())).collect();
    let mut folded: Vec<String> = keys.iter().map(|key| key.to_lowercase()).collect();
    folded.sort();
    folded.dedup();
    if folded.len() != keys.len() {
        return Err(ApiError::new(
            400,
            "InvalidParameterValue",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ));
    }
    Ok(tags)
}

/// Keys are compared without regard to case, and an inherited tag cannot be overridden.
fn transitive_tags(
    request: &Request,
    tags: BTreeMap<String, String>,
    inherited: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ApiError> {
    if tags.keys().any(|key| inherited.keys().any(|other| other.eq_ignore_ascii_case(key))) {
        return Err(ApiError::new(
            400,
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
        ));
    }
    let marked = request.list("TransitiveTagKeys", None);
    if let Some(unknown) = marked.iter().find(|key| !tags.contains_key(**key)) {
        return Err(ApiError::new(
            400,
            "InvalidParameterValue",
            format!("The specified transitive tag key must be included in the requested tags: {unknown}"),
        ));
    }
    let passed_on = tags.into_iter().filter(|(key, _)| marked.contains(&key.as_str()));
    Ok(inherited.into_iter().chain(passed_on).collect())
}

/// The size of the session policies in characters.
fn check_policies(request: &Request) -> Result<usize, ApiError> {
    let inline = request.get("Policy");
    let managed = request.list("PolicyArns", Some("arn"));
    let size = inline.map_or(0, |policy| policy.chars().count())
        + managed.iter().map(|arn| arn.len()).sum::<usize>();
    let mut constraints = Constraints::default();
    constraints.length("policy", inline, 1, POLICY_LIMIT).at_most("policyArns", managed.len(), 10).check()?;
    if size > POLICY_LIMIT {
        return Err(ApiError::validation(
            "The plaintext of session policies must not exceed 2,048 characters",
        ));
    }
    let is_object =
        |policy: &str| serde_json::from_str(policy).is_ok_and(|value: serde_json::Value| value.is_object());
    if inline.is_some_and(|policy| !is_object(policy)) {
        return Err(ApiError::new(400, "MalformedPolicyDocument", "This policy contains invalid Json"));
    }
    Ok(size)
}

fn packed_percent(policies: usize, tags: &BTreeMap<String, String>) -> Result<Option<usize>, ApiError> {
    let bytes = policies + tags.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
    let percent = (bytes * 100).div_ceil(PACKED_LIMIT);
    if percent > 100 {
        return Err(ApiError::new(
            400,
            "PackedPolicyTooLarge",
            format!("Packed policy consumes {percent}% of allotted space, please use smaller policy."),
        ));
    }
    Ok((bytes > 0).then_some(percent))
}
