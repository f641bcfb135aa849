//! A table as the answer to a request, sent while it is being written.

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

/// The file as an answer. What is refused before its first byte is refused outright; what goes wrong later ends the
/// connection, so that nobody takes half a file for a whole one.
pub(crate) async fn answer(sheet: Sheet, format: Format) -> Result<Response, Refusal> {
    let name = sheet.file_name(format);
    let (sender, mut receiver) = channel(WAITING);
    let runtime = Handle::current();
    spawn_blocking(move || send(sheet, format, Chunks { sender, runtime, full: Vec::new() }));
    let first = match receiver.recv().await {
        Some(Ok(first)) => first,
        Some(Err(Unwritten::Refused(refusal))) => return Err(refusal),
        Some(Err(error)) => {
            tracing::error!(error = %Caused(&error), "a table could not be written");
            return Err(Refusal::Conflict("the table could not be written".into()));
        }
        None => return Err(Refusal::Conflict("the table could not be written".into())),
    };
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(CONTENT_TYPE, format.content_type().to_owned()), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, Body::new(Streamed { first: Some(first), receiver })).into_response())
}

fn send(sheet: Sheet, format: Format, mut chunks: Chunks) {
    let written = sheet.write(format, &mut chunks).and_then(|()| Ok(chunks.finish()?));
    if let Err(error) = written {
        tracing::debug!(error = %Caused(&error), "a table was not sent to its end");
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
