//! Programs that know the code.

use tokio::io::AsyncWriteExt as _;

use super::*;

async fn failure(desktop: &mut Desktop, words: Arc<[String]>) -> String {
    desktop.run(QUESTION, words, Display::default());
    match next(desktop).await {
        Said::ProgramFailed { question: QUESTION, why } => why,
        other => panic!("{other:?} in place of a failure"),
    }
}

#[tokio::test]
async fn what_a_program_prints_is_the_code() {
    let mut desktop = Desktop::new();
    desktop.run(QUESTION, shell("echo ' 123456 '; echo noise >&2"), Display::default());
    assert_eq!(code(&mut desktop).await, "123456");
}

#[tokio::test]
async fn a_program_gets_the_display_and_nothing_else() {
    let mut desktop = Desktop::new();
    let display = display(&[("TERM", "dumb"), ("SECRET", "x")]);
    desktop.run(QUESTION, shell("/usr/bin/env | cut -d= -f1 | sort | tr '\\n' ' '"), display);
    // PWD and its like are the shell's own.
    let names = code(&mut desktop).await;
    let names: Vec<_> =
        names.split(' ').filter(|name| !matches!(*name, "PWD" | "OLDPWD" | "SHLVL" | "_")).collect();
    assert_eq!(names, ["HOME", "PATH", "TERM"]);
}

#[tokio::test]
async fn a_failure_is_a_sentence_without_arguments() {
    let mut desktop = Desktop::new();
    let why = failure(&mut desktop, shell("echo first >&2; printf 'no \\033[1mkey\\n' >&2; exit 3")).await;
    assert_eq!(why, "the program sh failed (exit status: 3): no �[1mkey");
    assert_eq!(
        failure(&mut desktop, shell("exit 1 # hunter2")).await,
        "the program sh failed (exit status: 1) and did not say why"
    );
    assert_eq!(failure(&mut desktop, shell("echo")).await, "the program sh printed no code");
    assert_eq!(
        failure(&mut desktop, shell("printf '\\377'")).await,
        "the program sh printed something that is not text"
    );
    assert_eq!(
        failure(&mut desktop, Arc::new(["/no/ykman".to_owned()])).await,
        "the program ykman is not installed"
    );
}

#[tokio::test]
async fn much_noise_does_not_stop_a_program() {
    let mut desktop = Desktop::new();
    let said =
        failure(&mut desktop, shell("yes noise | head -c 300000 >&2; echo >&2; echo last >&2; exit 1")).await;
    assert_eq!(said, "the program sh failed (exit status: 1): last");
    let noise = "head -c 300000 /dev/zero | tr '\\0' x";
    desktop.run(QUESTION, shell(&format!("{noise} >&2; {noise}")), Display::default());
    assert!(code(&mut desktop).await.starts_with("xxx"));
}

/// Such as an agent that it has started, which keeps its output open.
#[tokio::test]
async fn what_a_program_leaves_behind_is_neither_waited_for_nor_killed() {
    let directory = tempfile::tempdir().unwrap();
    let [path, go] = ["held", "go"].map(|name| directory.path().join(name));
    let (mut held, _go) = (Held::new(&path), Held::new(&go));
    let mut desktop = Desktop::new();
    let agent = format!(
        "exec 3>'{}'; echo started >&3; read -r go <'{}'; echo lives >&3",
        path.display(),
        go.display()
    );
    desktop.run(QUESTION, shell(&format!("({agent}) & echo 123456")), Display::default());
    assert_eq!(code(&mut desktop).await, "123456");
    assert_eq!(held.line().await, "started\n");
    desktop.stop(QUESTION);
    tokio::task::yield_now().await;
    let mut agent = pipe::OpenOptions::new().read_write(true).open_sender(go).unwrap();
    agent.write_all(b"go\n").await.unwrap();
    assert_eq!(held.line().await, "lives\n");
}

#[tokio::test]
async fn a_slow_program_is_told_of_and_killed_with_all_it_started() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("held");
    let mut held = Held::new(&path);
    let mut desktop = Desktop::new();
    let script = format!("exec 3>'{}'; echo started >&3; sleep 1000000 & wait", path.display());
    desktop.run(QUESTION, shell(&script), Display::default());
    assert_eq!(held.line().await, "started\n");
    assert!(matches!(next(&mut desktop).await, Said::ProgramSlow { question: QUESTION }));
    desktop.stop(QUESTION);
    assert_eq!(while_listening(&mut desktop, held.line()).await, "");
}

#[tokio::test(start_paused = true)]
async fn a_program_has_a_minute_and_ends_with_all_that_it_has_started() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("held");
    let mut held = Held::new(&path);
    let mut desktop = Desktop::new();
    let script = format!("exec 3>'{}'; echo started >&3; sleep 1000000 & wait", path.display());
    tokio::time::resume();
    desktop.run(QUESTION, shell(&script), Display::default());
    assert_eq!(held.line().await, "started\n");
    tokio::time::pause();
    assert!(matches!(desktop.next().await, Said::ProgramSlow { .. }));
    let Said::ProgramFailed { why, .. } = desktop.next().await else { panic!("it goes on") };
    assert_eq!(why, "the program sh gave no code in 60 seconds");
    tokio::time::resume();
    assert_eq!(held.line().await, "");
}
