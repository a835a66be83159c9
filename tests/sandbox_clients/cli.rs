//! The AWS CLI of the guide, with the guide's files.

use std::process::Command;

use awsd_tests::sandbox::{Sandbox, World};

#[test]
fn the_calls_of_the_guide() {
    let sandbox = Sandbox::start(World::guide());
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join(".aws");
    sandbox.world().guide_files(&directory).unwrap();
    let aws = |arguments: &[&str]| {
        Command::new("aws")
            .args(arguments)
            .args(["--profile", "my_account", "--region", "us-west-2"])
            .env("HOME", home.path())
            .env("AWS_ENDPOINT_URL", sandbox.url())
            .env("AWS_CONFIG_FILE", directory.join("config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", directory.join("credentials"))
            .output()
    };
    let Ok(output) = aws(&["ec2", "describe-instances"]) else {
        println!("SKIPPED: there is no AWS CLI");
        return;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\"Reservations\": []"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let devices = String::from_utf8(aws(&["iam", "list-mfa-devices"]).unwrap().stdout).unwrap();
    assert!(devices.contains("arn:aws:iam::111122223333:mfa/alice"), "{devices}");
}
