//! A letter as an Internet message: text and HTML.

use gk_service::service::mail::Letter;
use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MessageBuilder, MultiPart, SinglePart};

use super::wording::Worded;

/// Builds the message. Addresses were parsed when they came in, so none can add a recipient.
pub(super) fn build(letter: &Letter, worded: &Worded) -> Result<Message, String> {
    let address = |text: &str| text.parse().map_err(|error| format!("`{text}` is no address: {error}"));
    let sender = Mailbox::new(Some(letter.sender_name.clone()), address(letter.sender.as_str())?);
    let recipient = Mailbox::new(None, address(letter.recipient.as_str())?);
    let builder: MessageBuilder = Message::builder().from(sender).to(recipient).subject(worded.subject.clone());
    let part = |kind: ContentType, text: &str| SinglePart::builder().header(kind).body(body(text));
    let parts = MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, &worded.text))
        .singlepart(part(ContentType::TEXT_HTML, &worded.html));
    let id = format!("<{}@{}>", letter.uuid, letter.sender.domain());
    let message = builder.message_id(Some(id)).header(AutoSubmitted).multipart(parts);
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

/// `Auto-Submitted: auto-generated` (RFC 3834): whoever is away need not say so to a program.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
