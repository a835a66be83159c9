//! The world of the guide: the accounts, users and roles that examples and tests are about, and the files a person
//! following the guide would have in `~/.aws`.

use std::{fs, io, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path, time::Duration};

use super::{
    identity::{AccessKey, Trust},
    world::World,
};

/// The account of the users.
pub const ACCOUNT: &str = "111122223333";
/// The account that only roles lead into.
pub const RESOURCE_ACCOUNT: &str = "444455556666";
/// The role of the guide, in the other account: needs MFA, an hour at most.
pub const MY_ROLE: &str = "arn:aws:iam::444455556666:role/my_role";
/// A role in the users' account: needs MFA.
pub const DEVELOPER: &str = "arn:aws:iam::111122223333:role/developer";
/// Needs MFA and the external id [`EXTERNAL_ID`].
pub const PARTNER: &str = "arn:aws:iam::444455556666:role/partner";
/// What [`PARTNER`] asks for.
pub const EXTERNAL_ID: &str = "guide-1234";
/// First link of a chain: needs MFA.
pub const HUB: &str = "arn:aws:iam::111122223333:role/hub";
/// Second link of a chain: trusts [`HUB`] alone.
pub const SPOKE: &str = "arn:aws:iam::444455556666:role/spoke";
/// Needs no MFA.
pub const READER: &str = "arn:aws:iam::111122223333:role/reader";
/// Needs MFA; sessions of up to twelve hours.
pub const LONG_DAY: &str = "arn:aws:iam::111122223333:role/long_day";
/// Needs MFA younger than an hour.
pub const FRESH: &str = "arn:aws:iam::111122223333:role/fresh";
/// Needs MFA; source identity and session tags may be passed.
pub const TAGGED: &str = "arn:aws:iam::111122223333:role/tagged";
/// What a SAML login gives.
pub const SAML_LOGIN: &str = "arn:aws:iam::111122223333:role/saml_login";
/// Trusts [`SAML_LOGIN`] alone.
pub const AFTER_SAML: &str = "arn:aws:iam::444455556666:role/after_saml";

const GUIDE_SEED: u64 = 20_261_123;
const HOUR: Duration = Duration::from_hours(1);

impl World {
    /// alice with a device, bob without one, carol with two; the root user of their account; and the roles above.
    pub fn guide() -> Self {
        let mut world = Self::new(GUIDE_SEED);
        world.add_user(ACCOUNT, "alice");
        world.add_device("alice", "alice");
        world.add_user(ACCOUNT, "bob");
        world.add_user(ACCOUNT, "carol");
        world.add_device("carol", "carol-phone");
        world.add_device("carol", "carol-tablet");
        world.add_root(ACCOUNT);

        let users = || Trust::of(["arn:aws:iam::111122223333:root"]);
        world.add_role(MY_ROLE, users().with_mfa());
        world.add_role(DEVELOPER, users().with_mfa());
        world.add_role(PARTNER, users().with_mfa().with_external_id(EXTERNAL_ID));
        world.add_role(HUB, users().with_mfa());
        world.add_role(SPOKE, Trust::of([HUB]));
        world.add_role(READER, users());
        world.add_role(LONG_DAY, users().with_mfa()).max_session = 12 * HOUR;
        world.add_role(FRESH, users().with_mfa_younger_than(HOUR));
        world.add_role(TAGGED, users().with_mfa().with_session_context());
        world.add_role(SAML_LOGIN, Trust::default()).max_session = 12 * HOUR;
        world.add_role(AFTER_SAML, Trust::of([SAML_LOGIN]));
        world
    }

    /// Writes the guide's `config` and `credentials` into `directory` (a home's `.aws`), which is made if need be.
    ///
    /// The config is the guide's as it stands, with the unofficial `mfa_arn`.
    pub fn guide_files(&self, directory: &Path) -> io::Result<()> {
        let alice = self.user("alice");
        let key = alice.keys.first().ok_or(io::ErrorKind::NotFound)?;
        let device = alice.devices.first().ok_or(io::ErrorKind::NotFound)?;
        fs::create_dir_all(directory)?;
        fs::write(directory.join("config"), config_file(device.serial()))?;
        let mut credentials = fs::OpenOptions::new();
        let mut file = credentials
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(directory.join("credentials"))?;
        file.write_all(credentials_section("my_account", key).as_bytes())
    }
}

fn config_file(serial: &str) -> String {
    format!(
        "[profile my_resource_account]\n\
         region = us-west-2\n\
         role_arn = {MY_ROLE}\n\
         source_profile = my_account\n\
         mfa_arn = {serial}\n"
    )
}

/// One section of a credentials file.
pub fn credentials_section(profile: &str, key: &AccessKey) -> String {
    format!("[{profile}]\naws_access_key_id = {}\naws_secret_access_key = {}\n", key.id, key.secret)
}
