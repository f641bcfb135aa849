//! A letter as an Internet message.

use gk_service::service::mail::Letter;
use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, Mailbox, MessageBuilder};

/// Builds the message. Addresses were parsed when they came in, so none can add a recipient.
pub(super) fn build(letter: &Letter) -> Result<Message, String> {
    let address = |text: &str| text.parse().map_err(|error| format!("`{text}` is no address: {error}"));
    let sender = Mailbox::new(Some(letter.sender_name.clone()), address(letter.sender.as_str())?);
    let recipient = Mailbox::new(None, address(letter.recipient.as_str())?);
    let builder: MessageBuilder = Message::builder().from(sender).to(recipient).subject(letter.subject.clone());
    let body = body(letter.body.reveal());
    let message = builder.message_id(None).header(ContentType::TEXT_PLAIN).body(body);
    message.map_err(|error| error.to_string())
}

/// Plain lines whenever they can be: a link that is folded by an encoding breaks in the simplest readers. The standard
/// allows lines of 998 bytes; the crate alone would encode from 76 on.
fn body(text: &str) -> Body {
    if text.is_ascii() && text.lines().all(|line| line.len() <= 998) {
        let lines = text.lines().map(|line| format!("{line}\r\n")).collect::<Vec<_>>().concat();
        return Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::SevenBit);
    }
    Body::new(text.to_owned())
}
