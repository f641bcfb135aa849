//! `gk-validate health`: asks a running one whether it is ready.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use gk_shared::listen::Listen;

const PATIENCE: Duration = Duration::from_secs(3);
const QUESTION: &[u8] = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
/// The answer is a line; nothing longer is read.
const MOST_BYTES: u64 = 4096;

/// Fine if the one whose monitor is there says that it is ready; else an error that says why.
pub(crate) fn ask(monitor: &Listen) -> Result<()> {
    let answer = exchange(monitor).with_context(|| format!("nobody answers on {monitor}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is not HTTP")?;
    match head.split(' ').nth(1) {
        Some("200") => Ok(()),
        Some(_) | None => bail!("{}", body.trim_end()),
    }
}

fn exchange(monitor: &Listen) -> Result<String> {
    match monitor {
        Listen::Tcp(address) => {
            let stream = TcpStream::connect_timeout(address, PATIENCE)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            talk(stream)
        }
        Listen::Unix(address) => {
            let stream = UnixStream::connect(&address.path)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            talk(stream)
        }
    }
}

fn talk(mut stream: impl Read + Write) -> Result<String> {
    stream.write_all(QUESTION)?;
    let mut answer = String::new();
    stream.take(MOST_BYTES).read_to_string(&mut answer)?;
    Ok(answer)
}
