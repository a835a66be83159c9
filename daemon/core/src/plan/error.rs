//! Why a profile cannot be planned. Names of profiles, keys and regions are told; other values never are.

use std::fmt;

use super::absence::Absence;
use super::finding::{Finding, Severity};
use crate::config_file::{Origin, Problem};

/// Why a profile cannot be planned, and the line to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    /// The profile that is at fault; not always the one that was asked for.
    pub profile: String,
    /// The line at fault; none where the environment is, or where there is no such line.
    pub origin: Option<Origin>,
    /// What is wrong.
    pub kind: PlanErrorKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanErrorKind {
    /// There is no such profile.
    UnknownProfile {
        /// The most similar name there is.
        nearest: Option<String>,
        /// What may lie behind it.
        absence: Option<Absence>,
    },
    /// A line names a profile that does not exist.
    UnknownReference {
        /// The key of that line.
        key: &'static str,
        /// The name in it.
        name: String,
        /// The most similar name there is.
        nearest: Option<String>,
    },
    /// A line names a section (`[sso-session NAME]`, `[services NAME]`) that does not exist.
    UnknownSection {
        /// `sso-session` or `services`.
        section: &'static str,
        /// The name in it.
        name: String,
    },
    /// The profiles lead back to one that has been visited.
    Loop {
        /// The key that leads from one to the next.
        key: &'static str,
        /// The profiles, in order; the last is the one that has been visited.
        path: Vec<String>,
    },
    /// `credential_process` asks awsd for the profile that awsd is being asked for.
    ServedByItself,
    /// `role_arn` without a source.
    NoRoleSource,
    /// `role_arn` with two sources.
    TwoRoleSources,
    /// `credential_source = Environment`: whose environment?
    EnvironmentSource,
    /// `credential_source = EcsContainer` where no container is.
    NoContainer,
    /// `credential_source = Ec2InstanceMetadata` where that is switched off.
    MetadataDisabled,
    /// Nothing in the profile gives credentials.
    NoCredentials,
    /// A key is there without another that it needs.
    Missing {
        /// What is not there.
        key: &'static str,
        /// What is.
        beside: &'static str,
    },
    /// A value that cannot be right.
    BadValue {
        /// The key of its line.
        key: &'static str,
        /// What is allowed.
        rule: &'static str,
    },
    /// A value of the caller's environment that cannot be right.
    BadVariable {
        /// The variable.
        name: &'static str,
        /// What is allowed.
        rule: &'static str,
    },
    /// The request itself asks for a duration that no role session can have.
    BadDuration {
        /// What is allowed.
        rule: &'static str,
    },
    /// The MFA device is a security key.
    SecurityKey,
    /// A duration is asked for where no role is assumed.
    DurationWithoutRole,
    /// A session is to be narrowed by policies where no role is assumed.
    NarrowedWithoutRole,
    /// More policies than STS takes.
    TooManyPolicies,
    /// FIPS or dual-stack endpoints are asked for beside an endpoint of one's own.
    EndpointConflict {
        /// `use_fips_endpoint` or `use_dualstack_endpoint`.
        key: &'static str,
    },
    /// The role or the device is not in the region's partition.
    OtherPartition {
        /// `role_arn` or `mfa_serial`.
        key: &'static str,
        /// The ARN's partition.
        partition: String,
        /// The region.
        region: String,
    },
    /// A line of the profile, or a file, cannot be read.
    Unreadable(Problem),
}

impl PlanError {
    pub(super) fn new(profile: &str, origin: Option<&Origin>, kind: PlanErrorKind) -> Self {
        Self { profile: profile.to_owned(), origin: origin.cloned(), kind }
    }

    pub(super) fn unusable(profile: &str, problem: &Problem) -> Self {
        Self::new(profile, Some(&problem.origin), PlanErrorKind::Unreadable(problem.clone()))
    }

    /// Whether the profile that was asked for merely has no credentials: settings alone are common, to be included or
    /// beside keys in the environment.
    pub fn is_only_settings(&self, asked: &str) -> bool {
        matches!(self.kind, PlanErrorKind::NoCredentials) && self.profile == asked
    }

    /// The error with everything a person needs to mend it.
    pub fn finding(&self) -> Finding {
        Finding {
            severity: Severity::Error,
            code: self.kind.code(),
            sentence: self.sentence(),
            reason: self.kind.reason().to_owned(),
            fix: self.fix(),
            origin: self.origin.clone(),
        }
    }

    fn sentence(&self) -> String {
        use PlanErrorKind as K;
        let profile = &self.profile;
        match &self.kind {
            K::UnknownProfile { absence: Some(absence), .. } => {
                format!("There is no profile '{profile}'{absence}.")
            }
            K::UnknownProfile { .. } => format!("There is no profile '{profile}'."),
            K::UnknownReference { key, name, .. } => {
                format!("Profile '{profile}': {key} names '{name}', which does not exist.")
            }
            K::UnknownSection { section, name } => {
                format!("Profile '{profile}' needs a section [{section} {name}], which does not exist.")
            }
            K::Loop { key, path } => format!("{key} goes in a circle: {}.", path.join(" -> ")),
            K::ServedByItself => format!("Profile '{profile}' is served by awsd itself."),
            K::NoRoleSource => {
                format!("Profile '{profile}' has role_arn, but neither source_profile nor credential_source.")
            }
            K::TwoRoleSources => {
                format!("Profile '{profile}' has both source_profile and credential_source.")
            }
            K::EnvironmentSource => {
                format!(
                    "Profile '{profile}': credential_source = Environment would mean the daemon's environment."
                )
            }
            K::NoContainer => {
                format!(
                    "Profile '{profile}' takes its keys from a container, and the environment names none."
                )
            }
            K::MetadataDisabled => {
                format!(
                    "Profile '{profile}' takes its keys from the machine's metadata service, which is switched off."
                )
            }
            K::NoCredentials => format!("Profile '{profile}' has nothing that gives credentials."),
            K::Missing { key, beside } => format!("Profile '{profile}' has {beside}, but no {key}."),
            K::BadValue { key, rule } => format!("Profile '{profile}': {key} must be {rule}."),
            K::BadVariable { name, rule } => format!("In the environment, {name} must be {rule}."),
            K::BadDuration { rule } => format!("The duration asked for '{profile}' must be {rule}."),
            K::DurationWithoutRole => {
                format!("Profile '{profile}' has no role: how long its session lasts cannot be asked for.")
            }
            K::NarrowedWithoutRole => {
                format!(
                    "Profile '{profile}' has no role, and only a role's session can be narrowed by policies."
                )
            }
            K::TooManyPolicies => {
                format!("More policies are asked for '{profile}' than AWS takes for a session.")
            }
            K::SecurityKey => format!("Profile '{profile}': the MFA device is a security key."),
            K::EndpointConflict { key } => {
                format!("Profile '{profile}': {key} cannot be used together with an endpoint URL.")
            }
            K::OtherPartition { key, partition, region } => {
                format!(
                    "Profile '{profile}': {key} is in the partition {partition}, the region {region} is not."
                )
            }
            K::Unreadable(problem) => {
                format!("Profile '{profile}' cannot be used. {}", problem.kind.sentence())
            }
        }
    }

    fn fix(&self) -> String {
        use PlanErrorKind as K;
        match &self.kind {
            K::UnknownProfile { nearest: Some(name), .. } | K::UnknownReference { nearest: Some(name), .. } => {
                format!("Did you mean '{name}'?")
            }
            K::UnknownProfile { absence: Some(Absence::Unread(_)), .. } => {
                "`awsd doctor` names the lines.".to_owned()
            }
            K::UnknownProfile { absence: Some(Absence::NoFiles(_)), .. } => {
                "Create the files, or check HOME, AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE.".to_owned()
            }
            K::UnknownProfile { .. } => "`awsd list` shows the profiles there are.".to_owned(),
            K::UnknownReference { .. } => "Correct the name, or add the profile.".to_owned(),
            K::UnknownSection { .. } => "Correct the name, or add the section.".to_owned(),
            K::Loop { .. } => "Let one of them have keys of its own instead.".to_owned(),
            K::ServedByItself => {
                format!("Give '{}' a role_arn with a source_profile, or keys of its own.", self.profile)
            }
            K::NoRoleSource => "Add source_profile = the profile that has the keys.".to_owned(),
            K::TwoRoleSources => "Remove one of the two lines.".to_owned(),
            K::EnvironmentSource => {
                "Write source_profile = a profile that has the keys, or credential_source = Ec2InstanceMetadata or \
                 EcsContainer."
                    .to_owned()
            }
            K::NoContainer => {
                "Use the profile in the container; there AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI is set."
                    .to_owned()
            }
            K::MetadataDisabled => "Unset AWS_EC2_METADATA_DISABLED.".to_owned(),
            K::NoCredentials => "Add role_arn and source_profile, or an access key.".to_owned(),
            K::Missing { key, beside } => format!("Add {key}, or remove {beside}."),
            K::BadValue { .. } => "Correct the line.".to_owned(),
            K::BadVariable { .. } => "Correct the variable, or unset it.".to_owned(),
            K::BadDuration { .. } => "Ask for 15 minutes to 12 hours.".to_owned(),
            K::SecurityKey => {
                "Add an authenticator app to the user as a second device and name that.".to_owned()
            }
            K::DurationWithoutRole => {
                "Ask for no duration; mfa_duration in awsd's config.toml sets how long a user's own session lasts."
                    .to_owned()
            }
            K::NarrowedWithoutRole => "Use a profile with a role_arn.".to_owned(),
            K::TooManyPolicies => {
                "Ask for at most 10, with 2,048 characters in the policy and the ARNs together.".to_owned()
            }
            K::EndpointConflict { .. } => "Remove one of the two settings.".to_owned(),
            K::OtherPartition { .. } => "Set a region of the partition (region, or AWS_REGION).".to_owned(),
            K::Unreadable(problem) => problem.kind.fix().to_owned(),
        }
    }
}

impl PlanErrorKind {
    /// For programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownProfile { .. } => "unknown-profile",
            Self::UnknownReference { key: "source_profile", .. } => "unknown-source-profile",
            Self::UnknownReference { .. } => "unknown-referenced-profile",
            Self::UnknownSection { .. } => "unknown-section",
            Self::Loop { .. } => "loop",
            Self::ServedByItself => "served-by-itself",
            Self::NoRoleSource => "no-role-source",
            Self::TwoRoleSources => "two-role-sources",
            Self::EnvironmentSource => "environment-source",
            Self::NoContainer => "no-container",
            Self::MetadataDisabled => "metadata-disabled",
            Self::NoCredentials => "no-credentials",
            Self::Missing { .. } => "missing-key",
            Self::BadValue { .. } => "bad-value",
            Self::BadVariable { .. } => "bad-variable",
            Self::BadDuration { .. } => "bad-duration",
            Self::SecurityKey => "security-key",
            Self::DurationWithoutRole => "duration-without-role",
            Self::NarrowedWithoutRole => "narrowed-without-role",
            Self::TooManyPolicies => "too-many-policies",
            Self::EndpointConflict { .. } => "endpoint-conflict",
            Self::OtherPartition { .. } => "other-partition",
            Self::Unreadable(problem) => problem.kind.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::UnknownProfile { .. } => "Another profile is never used in its place.",
            Self::UnknownReference { .. } | Self::UnknownSection { .. } => "The line cannot be followed.",
            Self::Loop { .. } => "Credentials would never be reached.",
            Self::ServedByItself => "awsd would ask itself for the credentials.",
            Self::NoRoleSource => "Nothing says with whose credentials the role is assumed.",
            Self::TwoRoleSources => "They contradict each other.",
            Self::EnvironmentSource => {
                "awsd's daemon does not keep keys of the environment it was started in."
            }
            Self::NoContainer => "There is nobody to ask.",
            Self::MetadataDisabled => "AWS_EC2_METADATA_DISABLED is true.",
            Self::NoCredentials => "There is nothing to make a session from.",
            Self::Missing { .. } => "One is of no use without the other.",
            Self::BadValue { .. } | Self::BadDuration { .. } | Self::TooManyPolicies => {
                "AWS would refuse it."
            }
            Self::BadVariable { .. } => "It wins over the files, and nothing is guessed in its place.",
            Self::DurationWithoutRole => "One session of the user serves every request.",
            Self::NarrowedWithoutRole => "AWS takes policies for the sessions of roles only.",
            Self::SecurityKey => {
                "AWS accepts security keys and passkeys on its web pages only, not for its API."
            }
            Self::EndpointConflict { .. } => "AWS's own endpoints are not used then.",
            Self::OtherPartition { .. } => "Partitions do not know each other's accounts.",
            Self::Unreadable(problem) => problem.kind.reason(),
        }
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Some(origin) => write!(f, "{origin}: {}", self.sentence()),
            None => f.write_str(&self.sentence()),
        }
    }
}

impl std::error::Error for PlanError {}
