//! `gk ops keys` and `gk ops rotate-…`.

use gk_service::service::rotation::{self, SigningKey};
use gk_service::service::sessions;
use serde_json::{Value, json};

use super::answer::{Answer, Failure, counted};
use super::confirm::Confirmation;
use super::shell::Shell;
use super::time;

/// What there is.
pub(super) fn keys(shell: &Shell) -> Result<Answer, Failure> {
    let keys = shell.database()?.read(&shell.caller, rotation::keys)?;
    let signing = keys.signing.iter().map(|key| {
        let until = key.until.map_or("in use".to_owned(), |until| format!("believed until {}", time::show(until)));
        format!("Signing key {}  made {}, {until}", key.id.0, time::show(key.created_at))
    });
    let salt = format!("App salt       ties {} sessions of {} people", keys.sessions, keys.people);
    let root = format!("Root key       {}, seals {} values", keys.fingerprint, keys.sealed);
    let text = signing.chain([salt, root]).collect::<Vec<_>>().join("\n");
    let json = json!({
        "signing_keys": keys.signing.iter().map(key_json).collect::<Vec<_>>(), "sessions": keys.sessions,
        "people": keys.people, "sealed": keys.sealed, "root_key": keys.fingerprint,
    });
    Ok(Answer::seen(json, text))
}

fn key_json(key: &SigningKey) -> Value {
    json!({ "id": key.id.0, "created_at": time::show(key.created_at), "until": key.until.map(time::show) })
}

/// Nobody is signed out.
pub(super) fn signing_key(shell: &Shell) -> Result<Answer, Failure> {
    let done = shell.database()?.write(&shell.caller, rotation::rotate_signing_key)?;
    Ok(Answer::done(done, |key| {
        let text = format!(
            "Sessions are signed with key {} from now on. Nobody was signed out: `gk ops keys` says how long the old one is believed.",
            key.id.0
        );
        (key_json(key), text)
    }))
}

/// Everybody is.
pub(super) fn app_salt(shell: &Shell, sure: Confirmation) -> Result<Answer, Failure> {
    let keys = shell.database()?.read(&shell.caller, rotation::keys)?;
    let question = format!("End {} sessions of {} people", keys.sessions, keys.people);
    sure.or_ask(shell.listener, &question)?;
    let done = shell.database()?.write(&shell.caller, sessions::end_everybodys)?;
    Ok(Answer::done(done, |ended| (json!({ "ended": ended }), format!("Ended {}.", counted(*ended, "session")))))
}

/// Nobody notices.
pub(super) fn root_key(shell: &Shell) -> Result<Answer, Failure> {
    let done = shell.database()?.rotate_root_key(&shell.caller)?;
    Ok(Answer::done(done, |exchanged| {
        let kept = exchanged.kept.as_ref().map(|kept| {
            format!(
                "\nBackups that were taken until now need the old one. It is kept as {}: delete it when none of them is.",
                kept.display()
            )
        });
        let text = format!(
            "Sealed {} values anew. The root key is now {}, and was {}. Copy it to where you keep it.{}",
            exchanged.sealed,
            exchanged.new,
            exchanged.old,
            kept.unwrap_or_default()
        );
        let json = json!({
            "sealed": exchanged.sealed, "root_key": exchanged.new, "old_root_key": exchanged.old, "kept": exchanged.kept,
        });
        (json, text)
    }))
}
