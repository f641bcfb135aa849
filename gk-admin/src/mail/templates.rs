//! The texts mails are worded by: built in, and replaced by files of the same name in the folder the operator names.
//!
//! A name is a kind's and a language's word, so no value from outside ever becomes part of a path.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use gk_service::model::{Language, MailKind, Template};

/// What makes the HTML part of every mail.
pub(super) const LAYOUT: (&str, &str) = ("layout.html", include_str!("templates/layout.html"));

/// A bigger file is none that somebody wrote for a mail.
const MOST_BYTES: u64 = 64 * 1024;

macro_rules! languages {
    ($kind:literal) => {
        [include_str!(concat!("templates/", $kind, ".en.txt")), include_str!(concat!("templates/", $kind, ".de.txt"))]
    };
}

/// The name of a template's file.
pub(super) fn name(template: Template) -> String {
    format!("{}.{}.txt", template.kind.word(), template.language.tag())
}

/// The text that comes with the program.
pub(super) fn built_in(template: Template) -> &'static str {
    let [english, german] = match template.kind {
        MailKind::SignIn => languages!("sign-in"),
        MailKind::CentralSignIn => languages!("central-sign-in"),
        MailKind::RegistrationWaits => languages!("registration-waits"),
        MailKind::RegistrationToApprove => languages!("registration-to-approve"),
        MailKind::RegistrationApproved => languages!("registration-approved"),
        MailKind::RegistrationRejected => languages!("registration-rejected"),
        MailKind::MadeAdmin => languages!("made-admin"),
        MailKind::AccessRequested => languages!("access-requested"),
        MailKind::AccessGranted => languages!("access-granted"),
        MailKind::AccessChanged => languages!("access-changed"),
        MailKind::AccessEnds => languages!("access-ends"),
        MailKind::AccessRejected => languages!("access-rejected"),
        MailKind::NewDevice => languages!("new-device"),
        MailKind::EmailChange => languages!("email-change"),
        MailKind::EmailChanged => languages!("email-changed"),
        MailKind::Invitation => languages!("invitation"),
        MailKind::KeyExpires => languages!("key-expires"),
        MailKind::Test => languages!("test"),
    };
    match template.language {
        Language::English => english,
        Language::German => german,
    }
}

/// Every template there is.
pub(super) fn all() -> impl Iterator<Item = Template> {
    MailKind::ALL.into_iter().flat_map(|kind| Language::ALL.map(|language| Template { kind, language }))
}

/// The operator's own text of this name; `None` if there is none.
pub(super) fn own(folder: &Path, name: &str) -> Option<Result<String, String>> {
    let path = folder.join(name);
    match fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => Some(Err(error.to_string())),
        // A pipe or a device might never end.
        Ok(found) if !found.is_file() => Some(Err("it is no file".into())),
        Ok(_) => Some(read(&path)),
    }
}

fn read(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > MOST_BYTES {
        return Err(format!("it is larger than {MOST_BYTES} bytes"));
    }
    Ok(text.replace("\r\n", "\n"))
}

/// Writes the built-in texts into a folder, to be changed there. A file that is there stays as it is. Gives the paths
/// that were written and those that were there.
pub(crate) fn write_all(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let texts = all().map(|template| (name(template), built_in(template)));
    let (mut written, mut there) = (Vec::new(), Vec::new());
    for (name, text) in texts.chain([(LAYOUT.0.to_owned(), LAYOUT.1)]) {
        let path = folder.join(name);
        let made = OpenOptions::new().write(true).create_new(true).open(&path);
        match made.and_then(|mut file| file.write_all(text.as_bytes())) {
            Ok(()) => written.push(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => there.push(path),
            Err(error) => return Err(format!("{}: {error}", path.display())),
        }
    }
    Ok((written, there))
}
