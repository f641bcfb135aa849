//! Mail: out of the queue, and on its way by SMTP or into a folder.

mod courier;
mod message;
mod transport;

pub(crate) use courier::Courier;
