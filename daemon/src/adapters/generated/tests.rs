//! What is made, what follows, and what becomes of what others write.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use awsd_core::config_file::{self, Kind};

use super::*;

const OWN: Own<'_> = Own { config: Some("/home/alice/.aws/config"), credentials: None };

/// One profile.
fn profiles(name: &str) -> Arc<Profiles> {
    let config = format!("[profile {name}]\nrole_arn = r\nsource_profile = keys\n");
    let config = config_file::parse(Kind::Config, "config", config.as_bytes());
    Arc::new(Profiles::merge(config, config_file::File::missing(Kind::Credentials, "")))
}

#[test]
fn a_text_is_written_once_and_for_this_user_only() {
    let directory = tempfile::tempdir().unwrap();
    let generated = Generated::new(directory.path());
    let first = generated.file("a").unwrap();
    let metadata = fs::metadata(&first).unwrap();
    assert_eq!(fs::read_to_string(&first).unwrap(), "a");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o400);
    let inside = first.parent().unwrap();
    assert_eq!(fs::metadata(inside).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(generated.file("a").unwrap(), first);
    assert_eq!(fs::metadata(&first).unwrap().ino(), metadata.ino(), "it is not written again");
    assert_ne!(generated.file("").unwrap(), first);
    assert_eq!(fs::read_dir(inside).unwrap().count(), 2);
}

#[test]
fn a_file_that_is_not_as_it_should_be_is_replaced_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let generated = Generated::new(directory.path());
    let path = generated.file("whole").unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, "another").unwrap();
    fs::write(path.with_file_name(".new"), "left by a crash").unwrap();
    assert_eq!(generated.file("whole").unwrap(), path);
    assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
    let [kept] = &generated.changed()[..] else { panic!("one is kept") };
    assert_eq!(fs::read_to_string(kept).unwrap(), "another");
    assert_eq!(fs::metadata(kept).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn links_stay_and_follow() {
    let directory = tempfile::tempdir().unwrap();
    let mut generated = Generated::new(directory.path());
    let (one, two) = (profiles("one"), profiles("two"));
    generated.follow(OWN, &one).unwrap();
    assert!(!directory.path().join("shell").exists(), "nobody has asked for it");

    let paths = generated.for_shells(OWN, "/bin/awsd", &one).unwrap();
    let text = || fs::read_to_string(&paths.config).unwrap();
    assert!(text().contains("[profile one]\ncredential_process = /bin/awsd "), "{}", text());
    assert_eq!(fs::read_to_string(&paths.credentials).unwrap(), "# Made by awsd; changes are lost.\n");

    generated.follow(OWN, &two).unwrap();
    assert!(text().contains("[profile two]"));
    let again = generated.for_shells(OWN, "/bin/awsd", &two).unwrap();
    assert_eq!((&again.config, &again.credentials), (&paths.config, &paths.credentials));

    // Another daemon, which finds what the last one made.
    let mut generated = Generated::new(directory.path());
    generated.follow(OWN, &one).unwrap();
    assert!(text().contains("[profile one]\ncredential_process = /bin/awsd "));
    generated.for_shells(OWN, "/opt/awsd", &one).unwrap();
    assert!(text().contains("/opt/awsd credential-process"));
    let others = Own { config: Some("/elsewhere"), ..OWN };
    assert_ne!(generated.for_shells(others, "/opt/awsd", &two).unwrap().config, paths.config);
    assert!(text().contains("[profile one]"), "others' files are others'");
}

#[test]
fn what_cannot_be_read_takes_nothing_away() {
    let directory = tempfile::tempdir().unwrap();
    let mut generated = Generated::new(directory.path());
    let paths = generated.for_shells(OWN, "/bin/awsd", &profiles("one")).unwrap();
    let unreadable = config_file::File::unreadable(Kind::Config, "config", "it is a directory");
    let broken = Profiles::merge(unreadable, config_file::File::missing(Kind::Credentials, ""));
    generated.follow(OWN, &Arc::new(broken)).unwrap();
    assert!(fs::read_to_string(paths.config).unwrap().contains("[profile one]"));
}

#[test]
fn what_is_gone_is_made_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut generated = Generated::new(directory.path());
    let one = profiles("one");
    let paths = generated.for_shells(OWN, "/bin/awsd", &one).unwrap();
    for name in ["shell", "generated"] {
        fs::remove_dir_all(directory.path().join(name)).unwrap();
        assert_eq!(generated.for_shells(OWN, "/bin/awsd", &one).unwrap().config, paths.config);
        assert!(fs::read_to_string(&paths.config).unwrap().contains("[profile one]"), "{name}");
    }
}

#[test]
fn what_others_write_is_kept_and_told_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut generated = Generated::new(directory.path());
    let one = profiles("one");
    let paths = generated.for_shells(OWN, "/bin/awsd", &one).unwrap();
    assert_eq!(paths.changed, [""; 0].map(PathBuf::from));

    // In place, as whoever may write any file does, and by a new file in its place.
    let in_place = fs::canonicalize(&paths.config).unwrap();
    fs::set_permissions(&in_place, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&in_place, "[profile in_place]\n").unwrap();
    fs::remove_file(&paths.credentials).unwrap();
    fs::write(&paths.credentials, "[replaced]\n").unwrap();

    let told = generated.for_shells(OWN, "/bin/awsd", &one).unwrap().changed;
    let texts: Vec<_> = told.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    assert_eq!(texts, ["[replaced]\n", "[profile in_place]\n"]);
    assert!(fs::read_to_string(&paths.config).unwrap().contains("[profile one]"));
    assert!(fs::read_link(&paths.credentials).is_ok());

    assert!(generated.for_shells(OWN, "/bin/awsd", &one).unwrap().changed.is_empty(), "it was told");
    assert_eq!(generated.changed(), told, "and is still there");
}
