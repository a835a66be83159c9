//! Commands that sign in.

use awsd_core::event::Command;

use super::*;

fn command(script: &str) -> Command {
    let variables = [("HTTPS_PROXY".to_owned(), "http://proxy.example:1".to_owned())];
    Command { words: shell(script), variables: Arc::new(variables.into()) }
}

async fn ended(desktop: &mut Desktop, script: &str) -> Result<(), String> {
    desktop.sign_in(QUESTION, command(script), display(&[("DISPLAY", ":7")]));
    match next(desktop).await {
        Said::SignedIn { question: QUESTION, result } => result,
        other => panic!("{other:?} in place of an end"),
    }
}

#[tokio::test]
async fn a_command_is_told_where_the_person_and_the_network_are() {
    let mut desktop = Desktop::new();
    let script = "test \"$DISPLAY $HTTPS_PROXY\" = ':7 http://proxy.example:1' && ! read -r nothing";
    assert_eq!(ended(&mut desktop, script).await, Ok(()));
}

#[tokio::test]
async fn a_failure_is_the_last_line_of_the_complaint() {
    let mut desktop = Desktop::new();
    let script = "echo hunter2; echo first >&2; printf 'no \\033[1mfactor\\n' >&2; exit 3";
    let why = ended(&mut desktop, script).await;
    assert_eq!(why, Err("the program sh failed (exit status: 3): no �[1mfactor".to_owned()));
    let why = ended(&mut desktop, "echo hunter2; exit 1").await;
    assert_eq!(why, Err("the program sh failed (exit status: 1) and did not say why".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_command_has_ten_minutes_and_ends_with_all_that_it_has_started() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("held");
    let mut held = Held::new(&path);
    let mut desktop = Desktop::new();
    let script = format!("exec 3>'{}'; echo started >&3; sleep 1000000 & wait", path.display());
    tokio::time::resume();
    desktop.sign_in(QUESTION, command(&script), Display::default());
    assert_eq!(while_listening(&mut desktop, held.line()).await, "started\n");
    tokio::time::pause();
    let Said::SignedIn { result, .. } = desktop.next().await else { panic!("it goes on") };
    assert_eq!(result, Err("the program sh was stopped after 10 minutes".to_owned()));
    tokio::time::resume();
    assert_eq!(held.line().await, "");
}
