//! The IAM calls of the guide and of key rotation. Users act on themselves; a role may do nothing here.

use jiff::Timestamp;

use super::{
    auth::{Caller, CallerKind},
    error::ApiError,
    identity::User,
    request::Request,
    world::World,
    xml::Xml,
};

/// AWS's quota.
const KEYS_PER_USER: usize = 2;

/// Answers one IAM call with the content of its result element; `None` for calls that have none.
pub(super) fn call(
    world: &mut World,
    caller: &Caller,
    request: &Request,
    now: Timestamp,
) -> Result<Option<Xml>, ApiError> {
    // A session without MFA context may not call IAM at all. The answer looks like a dead key; that is AWS's.
    if matches!(caller.kind, CallerKind::UserSession { mfa_at: None }) {
        return Err(ApiError::invalid_token());
    }
    authorize(world, caller, request)?;
    match request.action() {
        "GetUser" => Ok(Some(Xml::new().element("User", &user_xml(own(world, caller)?)))),
        "ListMFADevices" => Ok(Some(list_devices(own(world, caller)?))),
        "ListAccessKeys" => Ok(Some(list_keys(own(world, caller)?))),
        "CreateAccessKey" => create_key(world, caller, now).map(Some),
        "UpdateAccessKey" => update_key(world, caller, request).map(|()| None),
        "DeleteAccessKey" => delete_key(world, caller, request).map(|()| None),
        "GetAccessKeyLastUsed" => last_used(own(world, caller)?, request).map(Some),
        action => Err(ApiError::new(
            400,
            "InvalidAction",
            format!("Could not find operation {action} for version 2010-05-08"),
        )),
    }
}

fn authorize(world: &World, caller: &Caller, request: &Request) -> Result<(), ApiError> {
    let action = format!("iam:{}", request.action());
    let named = request.get("UserName");
    let resource = |name: &str| format!("arn:aws:iam::{}:user/{name}", caller.account);
    match caller.user(world) {
        None if named.is_none() => {
            Err(ApiError::validation("Must specify userName when calling with non-User credentials"))
        }
        None => Err(ApiError::not_authorized(&caller.arn, &action, &resource(named.unwrap_or_default()))),
        Some(user) if user.denied.contains(&action) || named.is_some_and(|name| name != user.name) => {
            Err(ApiError::not_authorized(&caller.arn, &action, &resource(named.unwrap_or(&user.name))))
        }
        Some(_) => Ok(()),
    }
}

fn own<'w>(world: &'w World, caller: &Caller) -> Result<&'w User, ApiError> {
    caller.user(world).ok_or_else(ApiError::invalid_token)
}

fn own_mut<'w>(world: &'w mut World, caller: &Caller) -> Result<&'w mut User, ApiError> {
    caller.user_mut(world).ok_or_else(ApiError::invalid_token)
}

fn user_xml(user: &User) -> Xml {
    Xml::new()
        .text("Path", "/")
        .text("UserName", &user.name)
        .text("UserId", &user.id)
        .text("Arn", user.arn())
        .text("CreateDate", date(user.created))
}

fn list_devices(user: &User) -> Xml {
    let members = user.devices.iter().fold(Xml::new(), |members, device| {
        let member = Xml::new()
            .text("UserName", &user.name)
            .text("SerialNumber", device.serial())
            .text("EnableDate", date(user.created));
        members.element("member", &member)
    });
    Xml::new().element("MFADevices", &members).text("IsTruncated", false)
}

fn list_keys(user: &User) -> Xml {
    let members = user.keys.iter().fold(Xml::new(), |members, key| {
        let member = Xml::new()
            .text("UserName", &user.name)
            .text("AccessKeyId", &key.id)
            .text("Status", status(key.active))
            .text("CreateDate", date(key.created));
        members.element("member", &member)
    });
    Xml::new().element("AccessKeyMetadata", &members).text("IsTruncated", false)
}

fn create_key(world: &mut World, caller: &Caller, now: Timestamp) -> Result<Xml, ApiError> {
    if own(world, caller)?.keys.len() >= KEYS_PER_USER {
        return Err(ApiError::new(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2"));
    }
    let key = world.new_key(now, now + world.key_delay);
    let user = own_mut(world, caller)?;
    let xml = Xml::new()
        .text("UserName", &user.name)
        .text("AccessKeyId", &key.id)
        .text("Status", status(key.active))
        .text("SecretAccessKey", &key.secret)
        .text("CreateDate", date(key.created));
    user.keys.push(key);
    Ok(Xml::new().element("AccessKey", &xml))
}

fn update_key(world: &mut World, caller: &Caller, request: &Request) -> Result<(), ApiError> {
    let id = request.require("AccessKeyId")?;
    let active = match request.require("Status")? {
        "Active" => true,
        "Inactive" => false,
        other => {
            return Err(ApiError::validation(format!(
                "1 validation error detected: Value '{other}' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]"
            )));
        }
    };
    let user = own_mut(world, caller)?;
    let key = user.keys.iter_mut().find(|key| key.id == id).ok_or_else(|| no_key(id))?;
    key.active = active;
    Ok(())
}

fn delete_key(world: &mut World, caller: &Caller, request: &Request) -> Result<(), ApiError> {
    let id = request.require("AccessKeyId")?;
    let keys = &mut own_mut(world, caller)?.keys;
    let index = keys.iter().position(|key| key.id == id).ok_or_else(|| no_key(id))?;
    keys.remove(index);
    Ok(())
}

fn last_used(user: &User, request: &Request) -> Result<Xml, ApiError> {
    let id = request.require("AccessKeyId")?;
    let key = user.keys.iter().find(|key| key.id == id).ok_or_else(|| no_key(id))?;
    let usage = match &key.last_used {
        Some((at, service, region)) => {
            Xml::new().text("LastUsedDate", date(*at)).text("ServiceName", service).text("Region", region)
        }
        None => Xml::new().text("ServiceName", "N/A").text("Region", "N/A"),
    };
    Ok(Xml::new().text("UserName", &user.name).element("AccessKeyLastUsed", &usage))
}

fn no_key(id: &str) -> ApiError {
    ApiError::no_such_entity(format!("The Access Key with id {id} cannot be found."))
}

fn status(active: bool) -> &'static str {
    if active { "Active" } else { "Inactive" }
}

fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
