//! One connection: one request, the lines that answer it, and what the person types meanwhile.

use std::io;
use std::sync::Arc;

use awsd_core::event::{QuestionId, RequestId};
use awsd_proto::{Answer, Error, ErrorCode, Request, ServerLine, frame};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::info;

use super::lines::{Lines, Next};
use super::{Limits, request, translate};
use crate::exchange::{Command, UPDATES, Update};
use crate::narrow::Narrow;

/// Whose request it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    /// Its number.
    pub(super) id: RequestId,
    /// The process, where the system tells.
    pub(super) pid: Option<u32>,
}

/// Serves one connection to its end. An error means that the peer cannot be reached any more, which is its own affair.
pub(super) async fn serve<S>(
    stream: S,
    limits: Limits,
    from: Origin,
    narrow: Option<Arc<Narrow>>,
    commands: mpsc::Sender<Command>,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut peer = Peer { stream, limits, narrow, lines: Lines::new() };
    let request = match timeout(limits.first_line, peer.lines.next(&mut peer.stream)).await {
        Err(_elapsed) => return peer.refuse(silent(limits)).await,
        Ok(line) => match line? {
            Next::End => return Ok(()),
            Next::TooLong => return peer.refuse(request::too_long()).await,
            Next::Line(line) => request::parse(&line),
        },
    };
    let request = match &peer.narrow {
        Some(narrow) => request.and_then(|request| narrow.admit(request)),
        None => request,
    };
    let request = match request {
        Ok(request) => request,
        Err(error) => return peer.refuse(error).await,
    };
    let may_answer = shows_questions(&request);
    let (sender, updates) = mpsc::channel(UPDATES);
    let Origin { id, pid } = from;
    if commands.send(Command::Request { id, request, peer: pid, updates: sender }).await.is_err() {
        return peer.refuse(ending()).await;
    }
    let result = peer.converse(id, updates, may_answer, &commands).await;
    if !matches!(result, Ok(End::Answered)) {
        // If the app is gone as well there is nobody to tell.
        let _ending = commands.send(Command::Gone(id)).await;
    }
    result.map(|_end| ())
}

/// Tells a peer why it is not served at all.
pub(super) async fn turn_away<S>(stream: S, limits: Limits, error: Error) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    Peer { stream, limits, narrow: None, lines: Lines::new() }.refuse(error).await
}

/// How a conversation ended.
enum End {
    /// With the final line.
    Answered,
    /// The peer left, or was cut off.
    Abandoned,
}

struct Peer<S> {
    stream: S,
    limits: Limits,
    /// Where not everything passes.
    narrow: Option<Arc<Narrow>>,
    lines: Lines,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    async fn converse(
        &mut self,
        id: RequestId,
        mut updates: mpsc::Receiver<Update>,
        may_answer: bool,
        commands: &mpsc::Sender<Command>,
    ) -> io::Result<End> {
        let mut answers = 0;
        loop {
            tokio::select! {
                biased;
                update = updates.recv() => {
                    // A channel that closes without a final update: the daemon ends, or this client was too slow.
                    let Some(update) = update else {
                        return self.cut_off(if commands.is_closed() { ending() } else { too_slow() }).await;
                    };
                    let update = if self.narrow.is_some() { Narrow::told(update) } else { update };
                    let (lines, is_final) = translate::lines(update);
                    self.write(&lines).await?;
                    if is_final {
                        return Ok(End::Answered);
                    }
                }
                line = self.lines.next(&mut self.stream) => {
                    let line = match line? {
                        Next::Line(line) if may_answer && answers < self.limits.answers => line,
                        Next::Line(_) if may_answer => return self.cut_off(too_many_answers(self.limits)).await,
                        Next::Line(_) => return self.cut_off(unexpected()).await,
                        Next::TooLong => return self.cut_off(request::too_long()).await,
                        Next::End => return Ok(End::Abandoned),
                    };
                    answers += 1;
                    match request::parse_answer(&line) {
                        Err(error) => return self.cut_off(error).await,
                        Ok(answer) => {
                            // If the app is gone the updates end too.
                            let _ending = commands.send(answered(id, answer)).await;
                        }
                    }
                }
            }
        }
    }

    async fn cut_off(&mut self, error: Error) -> io::Result<End> {
        self.refuse(error).await?;
        Ok(End::Abandoned)
    }

    async fn refuse(&mut self, error: Error) -> io::Result<()> {
        info!(code = ?error.error, "a connection was cut off");
        self.write(&[translate::failure(error)]).await
    }

    async fn write(&mut self, lines: &[ServerLine]) -> io::Result<()> {
        for line in lines {
            let line = frame::encode(line).map_err(io::Error::other)?;
            timeout(self.limits.write, self.stream.write_all(&line)).await.map_err(io::Error::from)??;
        }
        Ok(())
    }
}

fn answered(by: RequestId, answer: Answer) -> Command {
    match answer {
        Answer::Code { question, code } => Command::Typed { by, question: QuestionId(question), code },
        Answer::Device { question, device } => Command::Chosen { by, question: QuestionId(question), device },
    }
}

/// Whether the client said that it can ask at a terminal.
fn shows_questions(request: &Request) -> bool {
    match request {
        Request::Credentials(request) => request.prompting.terminal,
        Request::Console(request) => request.credentials.prompting.terminal,
        Request::Login(login) => login.prompting.terminal,
        _ => false,
    }
}

fn silent(limits: Limits) -> Error {
    Error {
        error: ErrorCode::BadRequest,
        sentence: format!("no request came within {} seconds", limits.first_line.as_secs()),
        hint: None,
    }
}

fn unexpected() -> Error {
    Error {
        error: ErrorCode::BadRequest,
        sentence: "no such line is expected after the request".to_owned(),
        hint: Some("the protocol is described in PROTOCOL.md".to_owned()),
    }
}

fn too_many_answers(limits: Limits) -> Error {
    Error {
        error: ErrorCode::BadRequest,
        sentence: format!("more than {} answers came on one connection", limits.answers),
        hint: Some("run the command again".to_owned()),
    }
}

fn too_slow() -> Error {
    Error {
        error: ErrorCode::Unavailable,
        sentence: "this client did not read what it was told for too long".to_owned(),
        hint: Some("run the command again".to_owned()),
    }
}

fn ending() -> Error {
    Error {
        error: ErrorCode::Unavailable,
        sentence: "the daemon is ending".to_owned(),
        hint: Some("run the command again".to_owned()),
    }
}
