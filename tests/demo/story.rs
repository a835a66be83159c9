//! What is shown, in order, and what is promised at each step.

use awsd_tests::sandbox::{Call, SessionKind, guide};
use serde_json::Value;

use crate::{Outcome, stage::Stage};

const PROFILE: &str = "my_resource_account";
const SECOND_PROFILE: &str = "developer";

/// Shows everything.
pub(crate) fn tell(stage: &Stage) -> Outcome {
    let aws_cli = stage.has_aws_cli();
    show_the_start(stage, aws_cli)?;
    show_one_code(stage, aws_cli)?;
    show_no_more_codes(stage, aws_cli)?;
    show_another_program(stage)?;
    show_what_is_held(stage)?;
    show_the_calls(stage)?;
    println!("\nAll of it was as promised. The daemon and the files of this demonstration are removed now.");
    Ok(())
}

fn show_the_start(stage: &Stage, aws_cli: bool) -> Outcome {
    println!("\nawsd, shown with a sandbox in place of AWS.");
    println!("Nothing here touches your ~/.aws, an AWS account, or an awsd of yours that runs.");
    heading("What there is at the start");
    println!("Something that answers as AWS does, inside this program: {}", stage.sandbox().url());
    println!("The files of alice, who has an access key and an MFA device, in a home of their own:\n");
    println!("  ~/.aws/config\n{}", indented(&stage.aws_file("config")?));
    println!("  ~/.aws/credentials\n{}", indented(&without_secrets(&stage.aws_file("credentials")?)));
    if !aws_cli {
        println!("There is no AWS CLI on this machine, so awsd prints the credentials instead.");
    }
    Ok(())
}

fn show_one_code(stage: &Stage, aws_cli: bool) -> Outcome {
    heading("One code");
    let code = stage.sandbox().next_code("alice");
    println!("The role wants MFA. Alice's phone shows: {code}");
    let given = ["--code", code.as_str()];
    let options = if Stage::has_person() {
        println!("Type it below, as she would. It is good for about a minute.\n");
        &[][..]
    } else {
        println!("There is no terminal to type at, so it is given with --code.\n");
        &given[..]
    };
    if aws_cli {
        let answer = exec(stage, options, PROFILE, "aws ec2 describe-instances")?;
        let answer: Value = serde_json::from_str(&answer)?;
        promise(answer["Reservations"] == Value::Array(Vec::new()), "the answer of EC2 is an empty list")
    } else {
        credential_process(stage, options, PROFILE, guide::MY_ROLE)
    }
}

fn show_no_more_codes(stage: &Stage, aws_cli: bool) -> Outcome {
    heading("No more codes");
    println!("The same role again, then another one. --no-prompt: fail rather than ask.\n");
    let options = ["--no-prompt"];
    for (profile, role) in [(PROFILE, guide::MY_ROLE), (SECOND_PROFILE, guide::DEVELOPER)] {
        if aws_cli {
            let answer = exec(stage, &options, profile, "aws sts get-caller-identity")?;
            let answer: Value = serde_json::from_str(&answer)?;
            let name = role.rsplit('/').next().unwrap_or(role);
            let arn = answer["Arn"].as_str().unwrap_or_default();
            promise(arn.contains(&format!(":assumed-role/{name}/")), "AWS says that this is the role")?;
        } else {
            credential_process(stage, &options, profile, role)?;
        }
    }
    if aws_cli { Ok(()) } else { show_the_environment(stage) }
}

/// What the AWS CLI would have found.
fn show_the_environment(stage: &Stage) -> Outcome {
    println!(
        "\nA command that awsd starts finds its credentials in its environment. The variables that are no secret:\n"
    );
    let names = "printenv AWSD_PROFILE AWS_REGION AWS_SESSION_EXPIRATION";
    let printed = exec(stage, &["--no-prompt"], PROFILE, names)?;
    promise(printed.starts_with(PROFILE) && printed.lines().count() == 3, "the command has its variables")
}

fn show_another_program(stage: &Stage) -> Outcome {
    heading("Programs that are not started by awsd");
    println!(
        "Every AWS SDK takes its credentials from a command named in ~/.aws/config. This is that command;"
    );
    println!("the secrets are hidden only here.\n");
    credential_process(stage, &[], PROFILE, guide::MY_ROLE)
}

fn show_what_is_held(stage: &Stage) -> Outcome {
    heading("What awsd holds");
    let list = awsd(stage, &["list"])?;
    promise([PROFILE, SECOND_PROFILE].iter().all(|name| list.contains(name)), "both profiles are listed")?;
    promise(list.contains("mfa_serial"), "the spelling that only awsd understands is warned about")?;
    println!();
    let status = awsd(stage, &["status"])?;
    promise(status.contains("mfa"), "the MFA session is shown")
}

fn show_the_calls(stage: &Stage) -> Outcome {
    heading("What AWS saw");
    let calls = stage.sandbox().calls();
    for call in &calls {
        let role = call.role_arn.as_deref().unwrap_or_default();
        let code = if call.had_code { "with the code" } else { "" };
        println!("{}", format!("  {:18} {:4} {code}{role}", call.action, call.outcome).trim_end());
    }
    let granted = |action: &str| {
        let granted = |call: &&Call| call.action == action && call.outcome == "OK";
        calls.iter().filter(granted).count()
    };
    println!("\nOne GetSessionToken with the code, and one AssumeRole for each role.");
    promise(granted("GetSessionToken") == 1, "there is one MFA session")?;
    promise(granted("AssumeRole") == 2, "there is one session of each role")
}

/// `awsd exec`, shown.
fn exec(stage: &Stage, options: &[&str], profile: &str, command: &str) -> Outcome<String> {
    let words = command.split(' ');
    let arguments: Vec<_> =
        ["exec"].iter().chain(options).chain(&[profile, "--"]).copied().chain(words).collect();
    awsd(stage, &arguments)
}

/// `awsd credential-process`, shown without the secrets. The sandbox must know the keys as a session of the role.
fn credential_process(stage: &Stage, options: &[&str], profile: &str, role: &str) -> Outcome {
    let arguments: Vec<_> = ["credential-process"].iter().chain(options).chain(&[profile]).copied().collect();
    println!("$ awsd {}", arguments.join(" "));
    let mut printed: Value = serde_json::from_str(&stage.awsd(&arguments)?)?;
    let key = printed["AccessKeyId"].as_str().unwrap_or_default().to_owned();
    for secret in ["SecretAccessKey", "SessionToken"] {
        promise(printed[secret].is_string(), "the credentials are complete")?;
        printed[secret] = Value::from("(hidden)");
    }
    println!("{printed:#}");
    let world = stage.sandbox().world();
    let kind = world.sessions.get(&key).map(|session| &session.kind);
    promise(
        matches!(kind, Some(SessionKind::Role { arn, .. }) if arn == role),
        "AWS knows the credentials as a session of the role",
    )
}

/// Runs `awsd` and shows the command and what it prints.
fn awsd(stage: &Stage, arguments: &[&str]) -> Outcome<String> {
    println!("$ awsd {}", arguments.join(" "));
    let printed = stage.awsd(arguments)?;
    print!("{printed}");
    Ok(printed)
}

fn promise(kept: bool, what: &str) -> Outcome {
    if kept { Ok(()) } else { Err(format!("this was promised and is not so: {what}").into()) }
}

fn heading(text: &str) {
    println!("\n--- {text} ---");
}

fn indented(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("      {line}\n") };
    text.lines().map(line).collect()
}

/// A credentials file as it may be shown.
fn without_secrets(file: &str) -> String {
    let line = |line: &str| match line.split_once(" = ") {
        Some((name @ "aws_secret_access_key", _)) => format!("{name} = (hidden)\n"),
        _ => format!("{line}\n"),
    };
    file.lines().map(line).collect()
}
