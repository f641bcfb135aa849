//! Reading the mail the `file` transport has laid down.

use std::path::Path;

use super::{World, wait_for};

impl World {
    /// Mails to this address so far, oldest first.
    pub(crate) fn mails_to(&self, address: &str) -> Vec<String> {
        let end = format!("-{address}.eml");
        mails_in(&self.folder().join("mail"), &end).into_iter().filter(|mail| is_to(mail, address)).collect()
    }

    /// Whom the mails in the database are to, wherever they stand: what is not even queued will not be sent.
    #[track_caller]
    pub(crate) fn letters(&self) -> Vec<String> {
        let queue = self.gk_json(&["mail", "queue"]);
        let letters = queue["mails"].as_array().expect("a list of mails");
        letters.iter().map(|letter| letter["to"].as_str().expect("an address").to_owned()).collect()
    }

    /// How many of them are to this address.
    #[track_caller]
    pub(crate) fn letters_to(&self, address: &str) -> usize {
        self.letters().iter().filter(|to| *to == address).count()
    }

    /// Waits for the mail number `count` (from 1) to this address.
    #[track_caller]
    pub(crate) fn wait_for_mail(&self, address: &str, count: usize) -> String {
        wait_for(&format!("mail {count} to {address}"), || self.mails_to(address).into_iter().nth(count - 1))
    }

    /// Those of them that sign somebody in: what else there is to write about may come in between.
    pub(crate) fn sign_in_mails_to(&self, address: &str) -> Vec<String> {
        self.mails_to(address).into_iter().filter(|mail| mail.contains("/signin/link/")).collect()
    }

    /// Waits for the sign-in mail number `count` (from 1) to this address.
    #[track_caller]
    pub(crate) fn wait_for_sign_in_mail(&self, address: &str, count: usize) -> String {
        let nth = || self.sign_in_mails_to(address).into_iter().nth(count - 1);
        wait_for(&format!("sign-in mail {count} to {address}"), nth)
    }

    /// Waits for that mail and returns the link in it.
    #[track_caller]
    pub(crate) fn mailed_link(&self, address: &str, count: usize) -> String {
        link_in(&self.wait_for_sign_in_mail(address, count))
    }

    /// As [`World::mailed_link`], but only the path on the auth host.
    #[track_caller]
    pub(crate) fn mailed_path(&self, address: &str, count: usize) -> String {
        let link = self.mailed_link(address, count);
        let path = link.strip_prefix(&self.auth_url());
        path.unwrap_or_else(|| panic!("the link {link} is not on {}", self.auth_url())).to_owned()
    }
}

/// The only link of a mail, as a path on the auth host.
#[track_caller]
pub(crate) fn path_in(world: &World, mail: &str) -> String {
    let own = world.auth_url();
    let path = mail.lines().find_map(|line| line.trim_end().strip_prefix(&own));
    path.unwrap_or_else(|| panic!("no line of this mail is a link of ours:\n{mail}")).to_owned()
}

/// Every file of a folder whose name ends so, in the order of their numbers.
pub(crate) fn mails_in(folder: &Path, end: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let files = entries.flatten().map(|entry| entry.path());
    let mut files: Vec<_> = files.filter(|path| path.to_string_lossy().ends_with(end)).collect();
    files.sort_by_key(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
        (digits.parse::<u128>().unwrap_or(0), name)
    });
    files.iter().map(|path| readable(&std::fs::read(path).unwrap_or_default())).collect()
}

/// A mail with its quoted-printable parts decoded, so that umlauts and folded lines read as a person sees them.
fn readable(mail: &[u8]) -> String {
    if !String::from_utf8_lossy(mail).contains("quoted-printable") {
        return String::from_utf8_lossy(mail).into_owned();
    }
    let (mut bytes, mut rest) = (Vec::new(), mail);
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        let (byte, left) = match (first, hex) {
            (b'=', Some(byte)) => (Some(byte), &after[2..]),
            (b'=', None) if after.starts_with(b"\r\n") => (None, &after[2..]),
            _ => (Some(*first), after),
        };
        bytes.extend(byte);
        rest = left;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn is_to(mail: &str, address: &str) -> bool {
    let head = mail.split("\r\n\r\n").next().unwrap_or_default();
    head.lines().any(|line| line.to_ascii_lowercase().starts_with("to:") && line.contains(address))
}

/// The sign-in link: alone on its line.
#[track_caller]
pub(crate) fn link_in(mail: &str) -> String {
    let line = mail.lines().find(|line| line.starts_with("http") && line.contains("/signin/link/"));
    line.unwrap_or_else(|| panic!("no line of this mail is a sign-in link:\n{mail}")).trim_end().to_owned()
}
