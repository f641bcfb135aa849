//! Another program that answers nginx, measured beside gk-validate: `GK_PEER` is its command, `GK_PEER_ADDRESS` where it then
//! listens, `GK_PEER_PATH` what nginx is to ask (`/`), `GK_PEER_COOKIE` the cookie that it lets in.

use std::process::Command;

use crate::generator::Address;
use crate::servers::Server;

/// A peer that runs.
pub(crate) struct Peer {
    pub(crate) server: Server,
    pub(crate) address: Address,
    pub(crate) path: String,
    pub(crate) cookie: String,
}

impl Peer {
    /// Starts it, if there is one.
    pub(crate) fn from_environment() -> Option<Self> {
        let setting = |name: &str| std::env::var(name).ok();
        let command = setting("GK_PEER")?;
        let address = setting("GK_PEER_ADDRESS").expect("GK_PEER_ADDRESS says where the peer listens: 127.0.0.1:3000");
        let address = Address::Tcp(address.parse().expect("GK_PEER_ADDRESS is an address and a port"));
        let server = Server::start(Command::new("sh").args(["-c", &format!("exec {command}")]), &[&address]);
        let path = setting("GK_PEER_PATH").unwrap_or_else(|| "/".to_owned());
        Some(Self { server, address, path, cookie: setting("GK_PEER_COOKIE").unwrap_or_default() })
    }
}
