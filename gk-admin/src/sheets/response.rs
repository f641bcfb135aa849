//! A table, or another file, as the answer to a request, sent while it is being written.

use std::fs::File;
use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use gk_service::service::Refusal;
use gk_shared::caused::Caused;
use hyper::body::Frame;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::write::Unwritten;
use super::{Format, Sheet};

/// So much is sent at once.
const CHUNK: usize = 64 * 1024;
/// So many of them wait for a slow reader; then writing waits too.
const WAITING: usize = 4;
/// A reader who takes nothing for so long has gone away, for all we know.
const PATIENCE: Duration = Duration::from_secs(60);

type Sent = Result<Bytes, Unwritten>;

/// The table as an answer.
pub(crate) async fn answer(sheet: Sheet, format: Format) -> Result<Response, Refusal> {
    let name = sheet.file_name(format);
    streamed((&name, format.content_type()), move |out| sheet.write(format, out)).await
}

/// A file that is there already as an answer.
pub(crate) async fn file(mut file: File, name: &str) -> Result<Response, Refusal> {
    streamed((name, "application/octet-stream"), move |out| Ok(io::copy(&mut file, out).map(drop)?)).await
}

/// What is refused before the first byte is refused outright; what goes wrong later ends the connection, so that nobody
/// takes half a file for a whole one.
async fn streamed(
    (name, kind): (&str, &'static str),
    write: impl FnOnce(&mut Chunks) -> Result<(), Unwritten> + Send + 'static,
) -> Result<Response, Refusal> {
    let (sender, mut receiver) = channel(WAITING);
    let runtime = Handle::current();
    spawn_blocking(move || send(write, Chunks { sender, runtime, full: Vec::new() }));
    let first = match receiver.recv().await {
        Some(Ok(first)) => first,
        Some(Err(Unwritten::Refused(refusal))) => return Err(refusal),
        Some(Err(error)) => {
            tracing::error!(error = %Caused(&error), "a file could not be written");
            return Err(Refusal::Conflict("the file could not be written".into()));
        }
        None => return Err(Refusal::Conflict("the file could not be written".into())),
    };
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, Body::new(Streamed { first: Some(first), receiver })).into_response())
}

fn send(write: impl FnOnce(&mut Chunks) -> Result<(), Unwritten>, mut chunks: Chunks) {
    let written = write(&mut chunks).and_then(|()| Ok(chunks.finish()?));
    if let Err(error) = written {
        tracing::debug!(error = %Caused(&error), "a file was not sent to its end");
        // If nobody listens any more, nobody needs to know.
        let _gone = chunks.give(Err(error));
    }
}

/// Gathers what is written into chunks.
struct Chunks {
    sender: Sender<Sent>,
    runtime: Handle,
    full: Vec<u8>,
}

impl Chunks {
    /// Sends what is left.
    fn finish(&mut self) -> io::Result<()> {
        let last = std::mem::take(&mut self.full);
        if last.is_empty() { Ok(()) } else { self.give(Ok(last.into())) }
    }

    fn give(&self, chunk: Sent) -> io::Result<()> {
        let given = self.runtime.block_on(timeout(PATIENCE, self.sender.send(chunk)));
        match given {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.full.extend_from_slice(bytes);
        if self.full.len() >= CHUNK {
            let chunk = std::mem::take(&mut self.full);
            self.give(Ok(chunk.into()))?;
        }
        Ok(bytes.len())
    }

    /// Writers flush in between, which is no reason to send little.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The body of the answer.
struct Streamed {
    first: Option<Bytes>,
    receiver: Receiver<Sent>,
}

impl HttpBody for Streamed {
    type Data = Bytes;
    type Error = Unwritten;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Unwritten>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        self.receiver.poll_recv(context).map(|sent| sent.map(|sent| sent.map(Frame::data)))
    }
}
