//! The socket, byte by byte, with an app that does what the test says.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream as Blocking;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use awsd_core::effect::Question;
use awsd_core::event::{QuestionId, RequestId};
use awsd_proto::{Error, ErrorCode, Event, Reply, Request, ServerLine, frame};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{LIMITS, Limits, Listener, Server};
use crate::exchange::{Command, Door, UPDATES, Update};

const STATUS: &[u8] = b"{\"protocol\":1,\"version\":\"t\",\"request\":\"status\"}\n";
const LOGIN: &[u8] =
    b"{\"protocol\":1,\"version\":\"t\",\"request\":\"login\",\"profile\":\"p\",\"context\":{},\
                       \"prompting\":{\"caller\":{},\"terminal\":true}}\n";

/// A server, and the app's end of its channel.
struct Stage {
    directory: TempDir,
    commands: mpsc::Receiver<Command>,
    server: JoinHandle<()>,
}

impl Stage {
    fn new() -> Self {
        Self::with(LIMITS)
    }

    fn with(limits: Limits) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = Arc::new(Listener::bind(&directory.path().join("socket")).unwrap());
        let (door, commands) = Door::new();
        let mut server = Server::new(listener, door, limits);
        let server = tokio::spawn(async move { server.run().await });
        Self { directory, commands, server }
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("socket")
    }

    async fn connect(&self) -> UnixStream {
        UnixStream::connect(self.socket()).await.unwrap()
    }

    /// A client that has written these bytes before the server can have looked.
    fn connect_and_write(&self, bytes: &[u8]) -> UnixStream {
        let mut client = Blocking::connect(self.socket()).unwrap();
        client.write_all(bytes).unwrap();
        client.set_nonblocking(true).unwrap();
        UnixStream::from_std(client).unwrap()
    }

    async fn request(&mut self) -> (RequestId, Request, mpsc::Sender<Update>) {
        match self.commands.recv().await.unwrap() {
            Command::Request { id, request, updates, .. } => (id, request, updates),
            other => panic!("{other:?}"),
        }
    }
}

async fn rest(mut client: UnixStream) -> Vec<ServerLine> {
    let mut text = Vec::new();
    client.read_to_end(&mut text).await.unwrap();
    let lines = text.split_inclusive(|&byte| byte == b'\n');
    lines.map(|line| frame::decode(line).unwrap()).collect()
}

async fn only_error(client: UnixStream) -> Error {
    match rest(client).await.as_slice() {
        [ServerLine::Error(error)] => error.body.clone(),
        other => panic!("{other:?}"),
    }
}

fn question() -> Question {
    Question {
        id: QuestionId(7),
        device: "arn:aws:iam::111122223333:mfa/alice".into(),
        user: "alice".into(),
        profile: "p".into(),
        caller: awsd_core::event::Caller::default(),
        waiting: 1,
        newest: None,
        at_terminals: false,
        age: Duration::ZERO,
        reason: None,
        waited: Duration::ZERO,
        attempts: 0,
        verifying: false,
        on_desktop: false,
        wanted: false,
        display: awsd_core::event::Display::default(),
    }
}

#[tokio::test]
async fn bad_frames_get_their_error_and_nobody_else_notices() {
    let mut stage = Stage::new();
    let too_long = vec![b'x'; frame::MAX_REQUEST];
    let cases: [(&[u8], ErrorCode); 8] = [
        (b"hunter2\n", ErrorCode::BadRequest),
        (b"\n", ErrorCode::BadRequest),
        (b"{}\n", ErrorCode::BadRequest),
        (b"\xff\xfe{\n", ErrorCode::BadRequest),
        (&too_long, ErrorCode::TooLarge),
        (b"{\"protocol\":1,\"version\":\"t\",\"request\":\"make-coffee\"}\n", ErrorCode::UnknownRequest),
        (b"{\"protocol\":2,\"request\":\"status\"}\n", ErrorCode::VersionMismatch),
        (b"{\"protocol\":0,\"request\":\"status\"}\n", ErrorCode::VersionMismatch),
    ];
    for (bytes, code) in cases {
        let error = only_error(stage.connect_and_write(bytes)).await;
        assert_eq!(error.error, code, "{error:?}");
        assert!(!error.sentence.contains("hunter2"));
    }
    let client = stage.connect_and_write(STATUS);
    let (_, _, updates) = stage.request().await;
    updates.send(Update::Done(Vec::new())).await.unwrap();
    assert!(matches!(&rest(client).await[..], [ServerLine::Reply(_)]));
}

#[tokio::test]
async fn a_request_may_come_byte_by_byte() {
    let mut stage = Stage::new();
    let mut client = stage.connect().await;
    for byte in STATUS {
        client.write_all(&[*byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let (_, request, updates) = stage.request().await;
    assert!(matches!(request, Request::Status));
    updates.send(Update::Done(Vec::new())).await.unwrap();
    assert!(matches!(&rest(client).await[..], [ServerLine::Reply(_)]));
}

#[tokio::test]
async fn a_request_that_is_never_finished_is_cut_off() {
    let stage = Stage::with(Limits { first_line: Duration::from_millis(20), ..LIMITS });
    let error = only_error(stage.connect_and_write(&STATUS[..20])).await;
    assert_eq!(error.error, ErrorCode::BadRequest);
    assert!(error.sentence.contains("no request came"), "{error:?}");
}

#[tokio::test]
async fn a_client_that_leaves_before_its_request_is_nobody() {
    let mut stage = Stage::new();
    drop(stage.connect_and_write(b""));
    drop(stage.connect_and_write(&STATUS[..20]));
    let _client = stage.connect_and_write(STATUS);
    assert!(matches!(stage.request().await.1, Request::Status));
}

#[tokio::test]
async fn a_code_is_typed_on_the_same_connection() {
    let mut stage = Stage::new();
    let mut client = stage.connect_and_write(LOGIN);
    let (id, _, updates) = stage.request().await;
    updates.send(Update::Question(question())).await.unwrap();
    let mut line = [0; 4096];
    let read = client.read(&mut line).await.unwrap();
    let ServerLine::Event(Event::Question(shown)) = frame::decode(&line[..read]).unwrap() else { panic!() };
    assert_eq!(shown.id, 7);
    client.write_all(b"{\"answer\":\"code\",\"question\":7,\"code\":\"123456\"}\n").await.unwrap();
    let Some(Command::Typed { by, question, code }) = stage.commands.recv().await else { panic!() };
    assert_eq!((by, question, code.expose()), (id, QuestionId(7), "123456"));
    updates.send(Update::Answered(QuestionId(7))).await.unwrap();
    updates.send(Update::Done(Vec::new())).await.unwrap();
    let lines = rest(client).await;
    let [ServerLine::Event(Event::Answered { question: 7 }), ServerLine::Reply(reply)] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert!(matches!(reply.body, Reply::Done { .. }));
}

#[tokio::test]
async fn a_client_that_cannot_ask_may_not_answer() {
    let mut stage = Stage::new();
    let mut client = stage.connect_and_write(STATUS);
    let (id, _, _updates) = stage.request().await;
    client.write_all(b"{\"answer\":\"code\",\"question\":7,\"code\":\"123456\"}\n").await.unwrap();
    assert_eq!(only_error(client).await.error, ErrorCode::BadRequest);
    assert!(matches!(stage.commands.recv().await, Some(Command::Gone(gone)) if gone == id));
}

#[tokio::test]
async fn too_many_answers_end_the_conversation() {
    let mut stage = Stage::with(Limits { answers: 1, ..LIMITS });
    let mut client = stage.connect_and_write(LOGIN);
    let (id, _, _updates) = stage.request().await;
    for _ in 0..2 {
        client.write_all(b"{\"answer\":\"code\",\"question\":7,\"code\":\"123456\"}\n").await.unwrap();
    }
    let error = only_error(client).await;
    assert_eq!(error.error, ErrorCode::BadRequest);
    assert_eq!(error.sentence, "more than 1 answers came on one connection");
    assert!(matches!(stage.commands.recv().await, Some(Command::Typed { .. })));
    assert!(matches!(stage.commands.recv().await, Some(Command::Gone(gone)) if gone == id));
}

#[tokio::test]
async fn one_connection_too_many_is_told_to_come_again() {
    let mut stage = Stage::with(Limits { connections: 1, ..LIMITS });
    let _first = stage.connect_and_write(LOGIN);
    let _waiting = stage.request().await;
    assert_eq!(only_error(stage.connect().await).await.error, ErrorCode::Unavailable);
}

#[tokio::test]
async fn the_app_is_told_when_a_client_leaves() {
    let mut stage = Stage::new();
    let client = stage.connect_and_write(LOGIN);
    let (id, _, _updates) = stage.request().await;
    drop(client);
    assert!(matches!(stage.commands.recv().await, Some(Command::Gone(gone)) if gone == id));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_left() {
    let mut stage = Stage::with(Limits { write: Duration::from_millis(20), ..LIMITS });
    let _client = stage.connect_and_write(LOGIN);
    let (id, _, updates) = stage.request().await;
    let text = "x".repeat(frame::MAX_REQUEST);
    for _ in 0..UPDATES {
        updates.try_send(Update::Progress(text.clone())).unwrap();
    }
    assert!(matches!(stage.commands.recv().await, Some(Command::Gone(gone)) if gone == id));
}

#[tokio::test]
async fn a_client_that_was_left_is_not_told_that_the_daemon_ends() {
    let mut stage = Stage::new();
    let client = stage.connect_and_write(LOGIN);
    drop(stage.request().await);
    let error = only_error(client).await;
    assert_eq!(error.error, ErrorCode::Unavailable);
    assert!(error.sentence.contains("did not read"), "{}", error.sentence);
}

#[tokio::test]
async fn waiting_clients_are_told_that_the_daemon_ends() {
    let mut stage = Stage::new();
    let client = stage.connect_and_write(LOGIN);
    drop(stage.request().await);
    drop(stage.commands);
    let error = only_error(client).await;
    assert_eq!(error.error, ErrorCode::Unavailable);
    assert!(error.sentence.contains("is ending"), "{}", error.sentence);
    stage.server.abort();
}

#[tokio::test]
async fn farewell_lets_last_replies_out_and_the_socket_goes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let listener = Arc::new(Listener::bind(&path).unwrap());
    let (door, mut commands) = Door::new();
    let mut server = Server::new(listener, door, LIMITS);
    let mut client = Blocking::connect(&path).unwrap();
    client.write_all(STATUS).unwrap();
    let command = tokio::select! {
        () = server.run() => panic!("the server ended"),
        command = commands.recv() => command,
    };
    let Some(Command::Request { updates, .. }) = command else { panic!() };
    updates.try_send(Update::Done(Vec::new())).unwrap();
    server.farewell().await;
    let mut text = String::new();
    client.read_to_string(&mut text).unwrap();
    assert!(text.contains("\"reply\":\"done\""), "{text}");
    assert!(!path.exists());
}
