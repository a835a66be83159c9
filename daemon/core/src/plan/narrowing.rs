//! Policies that leave the last role's session less than the role may do.

use super::PlanRequest;
use super::error::{PlanError, PlanErrorKind};
use crate::chain::{Policies, Role, RoleName, partition};

/// AWS's own policy that allows to look at everything.
const READ_ONLY: &str = "iam::aws:policy/ReadOnlyAccess";

/// The most that STS takes (API reference of `AssumeRole`, `Policy` and `PolicyArns`).
const CHARACTERS: usize = 2048;
const ARNS: usize = 10;

/// What the caller asks for beside the profile's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// A policy, as JSON.
    pub policy: Option<String>,
    /// ARNs of policies in the role's account, or of AWS.
    pub policy_arns: Vec<String>,
    /// AWS's policy for that, in the role's partition.
    pub read_only: bool,
}

/// Gives the policies to the last role.
pub(super) fn narrow(roles: &mut [Role], request: &PlanRequest, region: &str) -> Result<(), PlanError> {
    let Narrowing { policy, policy_arns, read_only } = &request.narrowing;
    let failed = |kind| Err(PlanError::new(&request.profile, None, kind));
    if request.narrowing == Narrowing::default() {
        return Ok(());
    }
    let Some(last) = roles.last_mut() else { return failed(PlanErrorKind::NarrowedWithoutRole) };
    let mut arns = policy_arns.clone();
    if *read_only {
        arns.push(format!("arn:{}:{READ_ONLY}", partition_of(last, region)));
    }
    arns.sort();
    arns.dedup();
    let characters = policy.as_ref().map_or(0, |policy| policy.chars().count())
        + arns.iter().map(|arn| arn.chars().count()).sum::<usize>();
    if characters > CHARACTERS || arns.len() > ARNS {
        return failed(PlanErrorKind::TooManyPolicies);
    }
    last.policies = Policies { inline: policy.clone(), arns };
    Ok(())
}

fn partition_of<'a>(role: &'a Role, region: &str) -> &'a str {
    match &role.arn {
        RoleName::Arn(arn) => arn.split(':').nth(1).unwrap_or("aws"),
        RoleName::Bare(_) => partition(region),
    }
}
