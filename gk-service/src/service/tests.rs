//! The rules of the verbs, each against a real database.

use gk_shared::access::SignInReason;
use gk_shared::model::{Email, Role};
use gk_shared::time::Timestamp;

use super::grants::{self, Give, Outcome, RoleChange};
use super::settings::OlderPins;
use super::signin::{self, Ask, Asked, LinkState};
use super::trial::{Trial, group, name, slug, to, with};
use super::users::{self, Ensured, Rank, Seeded, Update};
use super::{Caller, Refusal, Who, groups, mail, sessions, settings};
use crate::model::{Purpose, Status};
use crate::secret::Secret;
use crate::{Database, Force, KeyFile, OpenError, Paths};

fn refused<T>(result: Result<T, Refusal>) -> String {
    result.map(|_| ()).expect_err("a refusal").to_string()
}

#[test]
fn the_last_administrator_stays_whichever_way_is_tried() {
    let trial = Trial::new();
    let admin = name("admin@example.com");
    let demote = Update { rank: Some(Rank::Person), ..Update::default() };
    let disable = Update { enabled: Some(false), ..Update::default() };
    assert!(refused(trial.run(|op| users::update(op, &admin, &demote))).contains("last administrator"));
    assert!(refused(trial.run(|op| users::update(op, &admin, &disable))).contains("last administrator"));
    assert!(refused(trial.run(|op| users::reject(op, &admin))).contains("last administrator"));
    assert!(refused(trial.run(|op| users::remove(op, &admin, Seeded::Remove))).contains("last administrator"));
    assert!(refused(trial.run(|op| groups::leave(op, &group("admin"), &admin))).contains("last administrator"));
    trial.user("second@example.com", Rank::SuperAdmin);
    trial.run(|op| users::update(op, &admin, &demote)).unwrap();
}

#[test]
fn a_disabled_administrator_does_not_count_as_another_one() {
    let trial = Trial::new();
    trial.user("second@example.com", Rank::SuperAdmin);
    let disable = Update { enabled: Some(false), ..Update::default() };
    trial.run(|op| users::update(op, &name("second@example.com"), &disable)).unwrap();
    assert!(refused(trial.run(|op| users::reject(op, &name("admin@example.com")))).contains("last administrator"));
}

#[test]
fn those_on_the_list_become_administrators_and_nobody_is_revived() {
    let trial = Trial::new();
    trial.user("person@example.com", Rank::Person);
    trial.user("gone@example.com", Rank::Person);
    let disable = Update { enabled: Some(false), ..Update::default() };
    trial.run(|op| users::update(op, &name("gone@example.com"), &disable)).unwrap();
    let list = "new@example.com,person@example.com,gone@example.com,admin@example.com";
    trial.run(|op| settings::set(op, "auth.admin_emails", list)).unwrap();
    let ensure = || trial.run(users::ensure_admins).unwrap().into_iter().map(|(_, what)| what).collect::<Vec<_>>();
    assert_eq!(ensure(), [Ensured::Created, Ensured::Promoted, Ensured::NotUsable, Ensured::AlreadyThere]);
    assert!(!trial.run(|op| users::find(op, &name("gone@example.com"))).unwrap().enabled);
    let again = [Ensured::AlreadyThere, Ensured::AlreadyThere, Ensured::NotUsable, Ensured::AlreadyThere];
    assert_eq!(ensure(), again);
}

#[test]
fn no_name_of_one_account_is_a_name_of_another() {
    let trial = Trial::new();
    let taken = |username: &str, email: &str| {
        let add = users::Add {
            username: Some(name(username)),
            email: Email::parse(email).unwrap(),
            fullname: users::Fullname::default(),
            approval: users::Approval::Given,
            rank: Rank::Person,
            origin: users::AccountOrigin::Added,
        };
        trial.run(|op| users::add(op, add))
    };
    taken("jsmith", "j@example.com").unwrap();
    assert!(refused(taken("JSmith", "other@example.com")).contains("j@example.com"));
    assert!(refused(taken("other", "J@Example.com")).contains("jsmith"));
    assert!(refused(taken("admin@example.com", "x@example.com")).contains("own e-mail"));
}

#[test]
fn a_group_called_admin_in_a_directory_makes_nobody_one() {
    let trial = Trial::new();
    let alice = trial.user("alice@example.com", Rank::Person);
    let connection = rusqlite::Connection::open(trial.folder.path().join("gatekeeper.sqlite3")).unwrap();
    let sql = "INSERT INTO groups (kind, name, directory, dn, created_at) VALUES ('directory', 'admin', 'corp', 'cn=admin', 0)";
    connection.execute(sql, []).unwrap();
    let row = connection.last_insert_rowid();
    connection.execute("INSERT INTO membership VALUES (?1, ?2, 0)", [alice.id.0, row]).unwrap();
    assert!(!trial.run(|op| users::find(op, &name("alice@example.com"))).unwrap().admin);
}

#[test]
fn an_open_list_takes_a_new_role_and_a_closed_one_refuses_it() {
    let trial = Trial::new();
    let role = |text| RoleChange::Set(Role::parse(text).unwrap());
    trial.app("open", &[]);
    trial.app("closed", &["viewer", "editor"]);
    let give = |app, change| trial.run(|op| grants::give(op, &slug(app), &to("admin@example.com"), &with(change)));
    let given = give("open", role("owner")).unwrap();
    assert_eq!((given.outcome, given.new_role.map(|role| role.to_string())), (Outcome::Granted, Some("owner".into())));
    assert!(refused(give("closed", role("owner"))).contains("viewer, editor"));
    give("closed", role("editor")).unwrap();
    assert_eq!(give("closed", RoleChange::Keep).unwrap().grant.role, Role::parse("editor").ok());
    assert_eq!(give("closed", RoleChange::Clear).unwrap().grant.role, None);
}

#[test]
fn a_grant_must_end_after_it_starts() {
    let trial = Trial::new();
    trial.app("docs", &[]);
    let give = Give { starts_at: Some(Timestamp(10)), expires_at: Some(Timestamp(10)), ..with(RoleChange::Keep) };
    assert!(
        refused(trial.run(|op| grants::give(op, &slug("docs"), &to("admin@example.com"), &give))).contains("after")
    );
}

#[test]
fn enabling_again_revives_no_session() {
    let trial = Trial::new();
    trial.user("alice@example.com", Rank::Person);
    let alice = name("alice@example.com");
    let token = trial.run(|op| sessions::create(op, &alice, None, None)).unwrap().token;
    let owner = || {
        let caller = Caller { who: Who::Stranger, ip: None, user_agent: String::new() };
        trial.database.read(&caller, |view| sessions::owner(view, token.reveal().as_bytes())).unwrap()
    };
    assert!(owner().is_ok());
    for enabled in [false, true] {
        let update = Update { enabled: Some(enabled), ..Update::default() };
        trial.run(|op| users::update(op, &alice, &update)).unwrap();
        assert_eq!(owner().err(), Some(SignInReason::SaltRotated));
    }
}

fn ask(trial: &Trial, typed: &str) -> (Asked, Secret) {
    let verifier = signin::new_verifier();
    let ask = Ask { name: typed.into(), return_to: "/".into(), verifier: verifier.clone(), purpose: Purpose::SignIn };
    (trial.run_as_stranger(|op| signin::ask(op, &ask)).unwrap(), verifier)
}

/// The link in the newest letter.
fn mailed_link(trial: &Trial) -> Secret {
    let letters = trial.database.read(&Caller::system("test"), mail::due).unwrap();
    let body = letters.last().unwrap().body.reveal().to_owned();
    let line = body.lines().find(|line| line.starts_with("http")).unwrap();
    Secret::new(line.rsplit('/').next().unwrap())
}

#[test]
fn a_link_signs_in_once_and_only_the_browser_that_asked() {
    let trial = Trial::new();
    let (asked, verifier) = ask(&trial, "Admin@example.com");
    assert_eq!(asked, Asked::Mailed);
    let link = mailed_link(&trial);
    let finish = |verifiers: &[Secret]| trial.run_as_stranger(|op| signin::finish(op, &link, verifiers)).unwrap();
    assert_eq!(finish(&[signin::new_verifier()]).err(), Some(LinkState::OtherBrowser(None)));
    assert_eq!(finish(&[]).err(), Some(LinkState::OtherBrowser(None)));
    assert!(finish(&[signin::new_verifier(), verifier.clone()]).is_ok());
    assert_eq!(finish(&[verifier]).err(), Some(LinkState::Gone));
}

/// The code in the newest letter.
fn mailed_code(trial: &Trial) -> String {
    let letters = trial.database.read(&Caller::system("test"), mail::due).unwrap();
    let body = letters.last().unwrap().body.reveal().to_owned();
    body.lines().find(|line| line.len() == 9 && line.chars().nth(4) == Some('-')).unwrap().to_owned()
}

#[test]
fn a_code_signs_in_once_and_takes_the_link_with_it() {
    let trial = Trial::new();
    let (_, verifier) = ask(&trial, "admin@example.com");
    let (link, code) = (mailed_link(&trial), mailed_code(&trial));
    let enter =
        |verifier: &Secret, typed: &str| trial.run_as_stranger(|op| signin::enter(op, verifier, typed)).unwrap();
    assert!(enter(&signin::new_verifier(), &code).is_none(), "another browser");
    assert!(enter(&verifier, &code.to_lowercase().replace('-', " ")).is_some());
    assert!(enter(&verifier, &code).is_none());
    let finish = trial.run_as_stranger(|op| signin::finish(op, &link, std::slice::from_ref(&verifier))).unwrap();
    assert_eq!(finish.err(), Some(LinkState::Gone));
}

#[test]
fn another_browser_shows_the_code_and_five_wrong_ones_end_that_sign_in_only() {
    let trial = Trial::new();
    let (_, verifier) = ask(&trial, "admin@example.com");
    let (link, code) = (mailed_link(&trial), mailed_code(&trial));
    let stranger = Caller { who: Who::Stranger, ip: None, user_agent: String::new() };
    let look = || trial.database.read(&stranger, |view| signin::look(view, &link, &[])).unwrap();
    let LinkState::OtherBrowser(Some(shown)) = look() else { panic!("the code is shown") };
    assert_eq!(shown.shown(), code);
    let (_, other) = ask(&trial, "admin@example.com");
    let other_code = mailed_code(&trial);
    let enter =
        |verifier: &Secret, typed: &str| trial.run_as_stranger(|op| signin::enter(op, verifier, typed)).unwrap();
    for _ in 0..4 {
        assert!(enter(&verifier, "2222-2222").is_none());
    }
    assert!(matches!(look(), LinkState::OtherBrowser(Some(_))));
    assert!(enter(&verifier, &other_code).is_none(), "the fifth, and another sign-in's code at that");
    assert!(enter(&verifier, &code).is_none());
    assert_eq!(look(), LinkState::Gone);
    assert!(enter(&other, &other_code).is_some());
}

#[test]
fn mail_goes_only_where_it_should() {
    let trial = Trial::new();
    trial.run(|op| settings::set(op, "access.accepted_domains", "example.com")).unwrap();
    trial.user("gone@example.com", Rank::Person);
    trial.run(|op| users::reject(op, &name("gone@example.com"))).unwrap();
    assert_eq!(ask(&trial, "gone@example.com").0, Asked::Disabled);
    assert_eq!(ask(&trial, "new@elsewhere.test").0, Asked::Unknown);
    assert_eq!(ask(&trial, "evil@evil.test@example.com").0, Asked::NotAName);
    assert_eq!(trial.count("SELECT count(*) FROM mail"), 0);
    let (asked, verifier) = ask(&trial, "new@example.com");
    assert_eq!((asked, trial.count("SELECT count(*) FROM user WHERE email = 'new@example.com'")), (Asked::Mailed, 0));
    let link = mailed_link(&trial);
    trial.run_as_stranger(|op| signin::finish(op, &link, &[verifier])).unwrap().unwrap();
    let new = trial.run(|op| users::find(op, &name("new@example.com"))).unwrap();
    assert_eq!(new.status, Status::Approved);
}

#[test]
fn somebody_from_outside_registers_and_waits_and_those_who_asked_hear_of_it() {
    let trial = Trial::new();
    let admin = name("admin@example.com");
    trial.run(|op| users::update(op, &admin, &Update { notify: Some(true), ..Update::default() })).unwrap();
    let verifier = signin::new_verifier();
    let purpose = Purpose::Register;
    let ask = Ask { name: "new@elsewhere.test".into(), return_to: "/".into(), verifier: verifier.clone(), purpose };
    assert_eq!(trial.run_as_stranger(|op| signin::ask(op, &ask)).unwrap(), Asked::Mailed);
    let link = mailed_link(&trial);
    trial.run_as_stranger(|op| signin::finish(op, &link, std::slice::from_ref(&verifier))).unwrap().unwrap();
    let new = name("new@elsewhere.test");
    assert_eq!(trial.run(|op| users::find(op, &new)).unwrap().status, Status::Pending);
    trial.run(|op| users::approve(op, &new)).unwrap();
    let letters = trial.database.read(&Caller::system("test"), mail::due).unwrap();
    let sent = letters.iter().map(|letter| (letter.recipient.as_str(), letter.subject.as_str())).collect::<Vec<_>>();
    assert_eq!(
        sent,
        [
            ("new@elsewhere.test", "Gatekeeper - Login Link"),
            ("new@elsewhere.test", "Gatekeeper - Registration pending approval"),
            ("admin@example.com", "Gatekeeper - New registration pending approval"),
            ("new@elsewhere.test", "Gatekeeper - Registration approved"),
        ]
    );
    trial.run(|op| settings::set(op, "auth.self_registration", "false")).unwrap();
    let ask = Ask { name: "late@elsewhere.test".into(), ..ask };
    assert_eq!(trial.run_as_stranger(|op| signin::ask(op, &ask)).unwrap(), Asked::Unknown);
}

#[test]
fn a_mailbox_gets_three_mails_and_its_owner_is_not_locked_out() {
    let trial = Trial::new();
    let outcomes = (0..5).map(|_| ask(&trial, "admin@example.com").0).collect::<Vec<_>>();
    let expected = [Asked::Mailed, Asked::Mailed, Asked::Mailed, Asked::OverLimit, Asked::OverLimit];
    assert_eq!(outcomes, expected);
    trial.run(|op| signin::host_link(op, &name("admin@example.com"))).unwrap();
}

#[test]
fn what_one_network_is_refused_counts_for_nobody_else() {
    let trial = Trial::new();
    trial.user("alice@example.com", Rank::Person);
    let from = |ip: &str, typed: &str| {
        let caller = Caller { who: Who::Stranger, ip: ip.parse().ok(), user_agent: String::new() };
        let ask = Ask {
            name: typed.into(),
            return_to: "/".into(),
            verifier: signin::new_verifier(),
            purpose: Purpose::SignIn,
        };
        trial.database.write(&caller, |op| signin::ask(op, &ask)).unwrap().value
    };
    trial.run(|op| settings::set(op, "auth.global_limit", "30")).unwrap();
    let flood = (0..100).map(|n| from("2001:db8::1", &format!("nobody{n}@elsewhere.test"))).collect::<Vec<_>>();
    assert_eq!(flood.iter().filter(|asked| **asked == Asked::Unknown).count(), 10);
    assert_eq!(from("2001:db8::ffff", "alice@example.com"), Asked::OverLimit, "the same /64");
    assert_eq!(from("2001:db8:0:1::1", "alice@example.com"), Asked::Mailed, "another");
    assert_eq!(trial.count("SELECT count(*) FROM signin_attempt"), 11);
}

#[test]
fn every_change_is_in_the_audit_and_the_audit_cannot_be_changed() {
    let trial = Trial::new();
    let before = trial.count("SELECT count(*) FROM audit");
    trial.app("docs", &[]);
    trial.run(|op| grants::give(op, &slug("docs"), &to("admin@example.com"), &with(RoleChange::Keep))).unwrap();
    trial.run(|op| grants::take(op, &slug("docs"), &to("admin@example.com"))).unwrap();
    assert_eq!(trial.count("SELECT count(*) FROM audit"), before + 3);
    let connection = rusqlite::Connection::open(trial.folder.path().join("gatekeeper.sqlite3")).unwrap();
    let replace = "INSERT OR REPLACE INTO audit SELECT id, at, actor_kind, actor_id, 'x', action, target, app, ip,
        user_agent, before, after, key_id, chain FROM audit WHERE id = 1";
    for sql in ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", replace] {
        assert!(connection.execute(sql, []).unwrap_err().to_string().contains("append-only"), "{sql}");
    }
    assert_eq!(trial.count("SELECT count(DISTINCT chain) = count(*) FROM audit"), 1);
}

#[test]
fn a_refused_verb_changes_nothing() {
    let trial = Trial::new();
    let tables =
        "SELECT (SELECT count(*) FROM audit) + (SELECT count(*) FROM change_log) + (SELECT count(*) FROM user)";
    let before = trial.count(tables);
    assert!(trial.run(|op| users::approve(op, &name("nobody"))).is_err());
    assert!(trial.run(|op| grants::take(op, &slug("docs"), &to("admin@example.com"))).is_err());
    assert!(trial.run_as_stranger(|op| users::reject(op, &name("admin@example.com"))).is_err());
    assert_eq!(trial.count(tables), before);
}

#[test]
fn no_secret_is_in_the_files_in_clear() {
    let trial = Trial::new();
    trial.run(|op| settings::set(op, "mail.smtp_password", "canary-password")).unwrap();
    let (_, verifier) = ask(&trial, "admin@example.com");
    let link = mailed_link(&trial);
    let printed = trial.run(|op| signin::host_link(op, &name("admin@example.com"))).unwrap();
    let token = trial.run(|op| sessions::create(op, &name("admin@example.com"), None, None)).unwrap().token;
    let secrets = [
        "canary-password",
        verifier.reveal(),
        link.reveal(),
        printed.reveal().rsplit('/').next().unwrap(),
        token.reveal(),
    ];
    let policy = trial.database.policy_path().parent().unwrap().to_owned();
    for folder in [trial.folder.path().to_owned(), policy] {
        for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
        {
            let bytes = std::fs::read(&file).unwrap();
            for secret in secrets {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "a secret is readable in {}", file.display());
            }
        }
    }
}

#[test]
fn a_pinned_setting_stays_and_another_environment_is_refused() {
    let trial = Trial::new();
    let server = |name: &str| (name == "DEFAULT_APP_ACCESS").then(|| "deny".to_owned());
    let pin = |environment: &dyn Fn(&str) -> Option<String>| {
        trial
            .database
            .write(&Caller::system("gk-admin"), |op| settings::record_pins(op, environment, OlderPins::Drop))
            .map(drop)
    };
    pin(&server).unwrap();
    assert!(refused(trial.run(|op| settings::set(op, "access.default_app", "allow"))).contains("DEFAULT_APP_ACCESS"));
    let shell = |name: &str| (name == "DEFAULT_APP_ACCESS").then(|| "allow".to_owned());
    let look = |environment: &dyn Fn(&str) -> Option<String>| {
        trial.database.read(&Caller::operator("root"), |view| settings::refuse_another_environment(view, environment))
    };
    assert!(look(&server).is_ok() && look(&|_| None).is_ok());
    assert!(refused(look(&shell)).contains("here `allow`, there `deny`"));
    pin(&|_| None).unwrap();
    trial.run(|op| settings::set(op, "access.default_app", "allow")).unwrap();
}

#[test]
fn a_file_that_is_not_ours_is_never_taken() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let paths = |database: &str, policy: &str| Paths {
        database: at(database),
        policy: Some(at(policy)),
        key: KeyFile::at(at("gatekeeper.key")),
    };
    std::fs::write(at("notes.txt"), "precious").unwrap();
    rusqlite::Connection::open(at("foreign")).unwrap().execute_batch("CREATE TABLE precious (a)").unwrap();
    assert!(Database::initialise(&paths("db", "notes.txt")).is_err());
    assert!(Database::initialise(&paths("db", "foreign")).is_err());
    let database = Database::initialise(&paths("db", "policy")).unwrap();
    let moved = |to: &str| database.move_policy(&Caller::operator("root"), &at(to));
    assert!(refused(moved("notes.txt")).contains("no policy file"));
    assert!(refused(moved("foreign")).contains("no policy file"));
    assert!(refused(moved("db")).contains("database itself"));
    assert_eq!(moved("policy2").unwrap(), Force::Now);
    assert!(matches!(Database::initialise(&paths("foreign", "policy3")), Err(OpenError::Foreign(_))));
    assert_eq!(std::fs::read_to_string(at("notes.txt")).unwrap(), "precious");
}
