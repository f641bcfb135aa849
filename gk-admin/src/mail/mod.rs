//! Mail: out of the queue, worded, and on its way.

mod courier;
mod line_by_line;
mod message;
mod outbox_http;
mod smtp;
mod tame;
mod templates;
mod transport;
mod wording;

pub(crate) use courier::Courier;
pub(crate) use templates::write_all as write_templates;
pub(crate) use transport::{Transports, check, reach};
