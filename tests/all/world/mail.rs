//! Reading the mail the `file` transport has laid down.

use std::path::Path;

use super::{World, wait_for};

impl World {
    /// Mails to this address so far, oldest first.
    pub(crate) fn mails_to(&self, address: &str) -> Vec<String> {
        let end = format!("-{address}.eml");
        mails_in(&self.folder().join("mail"), &end).into_iter().filter(|mail| is_to(mail, address)).collect()
    }

    /// Waits for the mail number `count` (from 1) to this address.
    #[track_caller]
    pub(crate) fn wait_for_mail(&self, address: &str, count: usize) -> String {
        wait_for(&format!("mail {count} to {address}"), || self.mails_to(address).into_iter().nth(count - 1))
    }

    /// Waits for that mail and returns the sign-in link in it.
    #[track_caller]
    pub(crate) fn mailed_link(&self, address: &str, count: usize) -> String {
        link_in(&self.wait_for_mail(address, count))
    }

    /// As [`World::mailed_link`], but only the path on the auth host.
    #[track_caller]
    pub(crate) fn mailed_path(&self, address: &str, count: usize) -> String {
        let link = self.mailed_link(address, count);
        let path = link.strip_prefix(&self.auth_url());
        path.unwrap_or_else(|| panic!("the link {link} is not on {}", self.auth_url())).to_owned()
    }
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
    files.iter().map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()).collect()
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
