//! Between a program and the address that it asks: passes requests on, and counts them.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// The counter while it runs, on loopback.
pub(crate) struct Counter {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    /// Holds the address that is meant, once there is one.
    meant: PathBuf,
    requests: AtomicUsize,
    ended: AtomicBool,
}

impl Counter {
    /// One that reads from a file where to pass requests on.
    pub(crate) fn start(meant: &Path) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, ended) = (AtomicUsize::new(0), AtomicBool::new(false));
        let shared = Arc::new(Shared { meant: meant.to_owned(), requests, ended });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                if serving.ended.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&serving);
                // An error is the end of a connection.
                thread::spawn(move || shared.pass_on(client));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::Relaxed)
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        let _woken = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn pass_on(&self, mut client: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(client.try_clone()?);
        loop {
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if reader.read_line(&mut head)? == 0 {
                    return Ok(());
                }
            }
            self.requests.fetch_add(1, Ordering::Relaxed);
            client.write_all(&self.ask(&head)?)?;
        }
    }

    /// The answer to a request, which has no body.
    fn ask(&self, head: &str) -> io::Result<Vec<u8>> {
        let meant = fs::read_to_string(&self.meant)?;
        let host = meant.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
        let lines =
            head.trim_end().lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
        let lines = lines.map(|line| {
            let is_host = line.to_ascii_lowercase().starts_with("host:");
            if is_host { format!("Host: {host}\r\n") } else { format!("{line}\r\n") }
        });
        let mut daemon = TcpStream::connect(&host)?;
        daemon.write_all(format!("{}Connection: close\r\n\r\n", lines.collect::<String>()).as_bytes())?;
        let mut answer = Vec::new();
        daemon.read_to_end(&mut answer)?;
        // The connection to the program stays open.
        let text = String::from_utf8_lossy(&answer).replace("connection: close\r\n", "");
        Ok(text.into_bytes())
    }
}
