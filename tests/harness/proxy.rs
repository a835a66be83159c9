//! A web proxy as offices have them: it makes tunnels to where it is told, or refuses to, and remembers.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// The proxy while it runs, on loopback.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    refuses: bool,
    ended: AtomicBool,
    requests: Mutex<Vec<String>>,
}

impl Proxy {
    /// One that makes every tunnel it is asked for.
    pub fn start() -> Self {
        Self::launch(false)
    }

    /// One that refuses, as for somebody who is not logged in to it.
    pub fn refusing() -> Self {
        Self::launch(true)
    }

    fn launch(refuses: bool) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
        let address = listener.local_addr().expect("it was bound");
        let shared = Arc::new(Shared { refuses, ..Shared::default() });
        let served = Arc::clone(&shared);
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                if served.ended.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&served);
                // An error is the end of the client's connection, or of the one to where it wanted to.
                thread::spawn(move || shared.serve(client));
            }
        });
        Self { address, shared }
    }

    /// Where it listens: `127.0.0.1:PORT`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The first lines of the requests so far: `CONNECT 127.0.0.1:PORT HTTP/1.1`.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for clients.
        let _gone = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, client: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(client.try_clone()?);
        let mut request = String::new();
        reader.read_line(&mut request)?;
        let mut header = String::new();
        while reader.read_line(&mut header)? > 0 && !header.trim_end().is_empty() {
            header.clear();
        }
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.trim_end().to_owned());
        let target = request.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
        match target {
            Some(target) if !self.refuses => tunnel(client, reader, &TcpStream::connect(target)?),
            _ => (&client)
                .write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"),
        }
    }
}

/// Copies both ways until both sides have said everything.
fn tunnel(client: TcpStream, mut reader: BufReader<TcpStream>, target: &TcpStream) -> io::Result<()> {
    (&client).write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut from_target, mut to_client) = (target.try_clone()?, client);
    let answers = thread::spawn(move || {
        let copied = io::copy(&mut from_target, &mut to_client);
        to_client.shutdown(Shutdown::Write).and(copied)
    });
    io::copy(&mut reader, &mut &*target)?;
    target.shutdown(Shutdown::Write)?;
    answers.join().expect("no panic")?;
    Ok(())
}
