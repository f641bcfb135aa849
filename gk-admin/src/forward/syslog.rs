//! Rows as RFC 5424 writes messages, each with the row as JSON.

use std::io;
use std::path::Path;

use gk_service::model::AuditEntry;
use gk_service::service::audit::Load;
use nix::errno::Errno;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket, UnixDatagram, UnixStream};

use crate::audit_asked::entry_json;
use crate::time;

/// Facility 13 (log audit), severity 6 (informational).
const PRIORITY: u8 = 13 * 8 + 6;
/// A datagram is no longer than every receiver takes.
const MOST_OF_DATAGRAM: usize = 8192;

/// Each row in a datagram. Nobody says whether one arrives.
pub(super) async fn by_udp(load: &Load, host: &str, port: u16) -> io::Result<()> {
    let address = tokio::net::lookup_host((host, port))
        .await?
        .next()
        .ok_or_else(|| io::Error::other("the host has no address"))?;
    let local = if address.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
    let socket = UdpSocket::bind(local).await?;
    socket.connect(address).await?;
    for entry in &load.entries {
        socket.send(short(entry, &load.host).as_bytes()).await?;
    }
    Ok(())
}

/// All rows over one connection.
pub(super) async fn by_tcp(load: &Load, host: &str, port: u16) -> io::Result<()> {
    hand_over(TcpStream::connect((host, port)).await?, load).await
}

/// A socket of this machine, of either kind.
pub(super) async fn by_socket(load: &Load, path: &Path) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    match socket.connect(path) {
        Err(error) if error.raw_os_error() == Some(Errno::EPROTOTYPE as i32) => {
            hand_over(UnixStream::connect(path).await?, load).await
        }
        connected => {
            connected?;
            for entry in &load.entries {
                socket.send(short(entry, &load.host).as_bytes()).await?;
            }
            Ok(())
        }
    }
}

/// Writes every row, each with its length before it (RFC 6587), and waits until the other side has read them and closes:
/// one that is stopped meanwhile ends the connection with an error, and the rows are sent again.
async fn hand_over(mut stream: impl AsyncRead + AsyncWrite + Unpin, load: &Load) -> io::Result<()> {
    let mut bytes = Vec::new();
    for entry in &load.entries {
        let message = message(entry, &load.host, &entry_json(entry));
        bytes.extend_from_slice(format!("{} {message}", message.len()).as_bytes());
    }
    stream.write_all(&bytes).await?;
    stream.shutdown().await?;
    let mut answer = [0; 1024];
    while stream.read(&mut answer).await? > 0 {}
    Ok(())
}

/// A row that fits a datagram: without what was before and after if it would not.
fn short(entry: &AuditEntry, host: &str) -> String {
    let mut value = entry_json(entry);
    let whole = message(entry, host, &value);
    if whole.len() <= MOST_OF_DATAGRAM {
        return whole;
    }
    if let Some(object) = value.as_object_mut() {
        for name in ["before", "after", "user_agent"] {
            object.insert(name.into(), Value::Null);
        }
        object.insert("cut".into(), json!(true));
    }
    message(entry, host, &value)
}

fn message(entry: &AuditEntry, host: &str, value: &Value) -> String {
    let (host, kind) = (word(host, 255), word(&entry.action, 32));
    format!("<{PRIORITY}>1 {} {host} gatekeeper - {kind} - {value}", time::show(entry.at))
}

/// A field of the head: printable ASCII without spaces, or the sign for none.
fn word(text: &str, most: usize) -> String {
    let word = text.chars().filter(char::is_ascii_graphic).take(most).collect::<String>();
    if word.is_empty() { "-".to_owned() } else { word }
}

#[cfg(test)]
mod tests {
    use gk_shared::time::Timestamp;

    use super::*;

    fn entry(after: String) -> AuditEntry {
        AuditEntry {
            id: 7,
            at: Timestamp(1_800_000_000),
            actor_kind: "operator".into(),
            actor: "root".into(),
            action: "user created".into(),
            target: "Zoë".into(),
            app: String::new(),
            ip: String::new(),
            user_agent: String::new(),
            before: String::new(),
            after,
            chain: [1; 32],
            actor_id: None,
            target_user: None,
        }
    }

    #[test]
    fn a_row_is_a_message_of_rfc_5424_with_json() {
        let message = short(&entry("{\"a\":1}".into()), "auth.example.com");
        let head = "<110>1 2027-01-15T08:00:00Z auth.example.com gatekeeper - usercreated - ";
        let json = message.strip_prefix(head).unwrap_or_else(|| panic!("{message}"));
        let value = serde_json::from_str::<Value>(json).unwrap();
        assert_eq!((&value["after"], &value["target"], &value["id"]), (&json!({ "a": 1 }), &json!("Zoë"), &json!(7)));
        assert!(short(&entry(String::new()), "").contains("Z - gatekeeper"));
    }

    #[test]
    fn a_row_that_no_datagram_holds_is_cut_and_says_so() {
        let message = short(&entry(format!("\"{}\"", "x".repeat(20_000))), "h");
        assert!(message.len() < MOST_OF_DATAGRAM && message.contains("\"cut\":true"), "{message}");
    }
}
