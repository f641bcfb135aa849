//! Directories, against a real slapd and a real Active Directory of Samba's.

mod attempts;
mod faces;
mod faults;
mod refresh;
mod relay;
mod samba;
mod secured;
mod server;
mod signin;
mod slapd;
mod trouble;
