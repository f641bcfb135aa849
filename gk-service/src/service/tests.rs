//! The rules of the verbs, each against a real database.

use gk_shared::access::SignInReason;
use gk_shared::model::{Email, Role};
use gk_shared::time::Timestamp;

use super::grants::{self, Give, Outcome, Receiver, RoleChange};
use super::settings::OlderPins;
use super::signin::tests::{ask, mailed_link};
use super::trial::{Trial, group, name, slug, to, with};
use super::users::{self, Ensured, Rank, Seeded, Update};
use super::{Caller, Refusal, Who, groups, properties, sessions, settings, signin};
use crate::model::{Property, PropertyName};
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
    let alice = trial.run(|op| users::find(op, &name("alice@example.com"))).unwrap();
    assert!(!alice.admin);
    // Nor where apps are told of groups.
    let names = trial.run(|op| groups::names_of(op, &alice)).unwrap();
    assert_eq!(names, ["corp\\admin", "standard"]);
    connection.execute("INSERT INTO change_log (kind, id, nonce) VALUES ('group', ?1, randomblob(8))", [row]).unwrap();
    connection
        .execute("INSERT INTO change_log (kind, id, nonce) VALUES ('user', ?1, randomblob(8))", [alice.id.0])
        .unwrap();
    trial.database.publish().unwrap();
    let told = trial.database.in_force(|snapshot| {
        let groups = snapshot.user(alice.id).unwrap().groups();
        let mut names = groups.filter_map(|id| Some(snapshot.group(id)?.name.to_string())).collect::<Vec<_>>();
        names.sort();
        names
    });
    assert_eq!(told.unwrap(), ["corp\\admin", "standard"]);
    // A grant to the group that is ours is not theirs.
    trial.app("docs", &[]);
    let ours = Receiver::Group(group("admin"));
    trial.run(|op| grants::give(op, &slug("docs"), &ours, &with(RoleChange::Keep))).unwrap();
    let held = trial.run(|op| users::overview(op, alice.id)).unwrap().grants;
    assert!(held.is_empty(), "{held:?}");
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
    let ten = grants::Change::Set(Timestamp(10));
    let give = Give { starts_at: ten.clone(), expires_at: ten, ..with(RoleChange::Keep) };
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
        user_agent, before, after, key_id, chain, target_user, form FROM audit WHERE id = 1";
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

#[test]
fn what_apps_keep_about_people_is_set_counted_renamed_and_deleted() {
    let trial = Trial::new();
    let (alice, bob) = (name("alice@example.com"), name("bob@example.com"));
    trial.user("alice@example.com", Rank::Person);
    trial.user("bob@example.com", Rank::Person);
    let part = |text: &str| PropertyName::parse(text).unwrap();
    let property =
        |key: &str, value: Option<&str>| Property::new(part("reports"), part(key), value.map(str::to_owned)).unwrap();
    let both = [property("floor", Some("2")), property("desk", None)];
    trial.run(|op| properties::set(op, &alice, &both)).unwrap();
    trial.run(|op| properties::set(op, &bob, &[property("floor", Some("=1"))])).unwrap();
    let (_, all) = trial.run(|op| properties::of_user(op, &alice)).unwrap();
    assert_eq!(all, [property("desk", None), property("floor", Some("2"))]);
    let types = || trial.run(|op| properties::types(op)).unwrap();
    let counts = types().into_iter().map(|kind| (kind.key.to_string(), kind.people)).collect::<Vec<_>>();
    assert_eq!(counts, [("desk".to_owned(), 1), ("floor".to_owned(), 2)]);
    let (app, floor, desk, room) = (part("reports"), part("floor"), part("desk"), part("room"));
    assert!(refused(trial.run(|op| properties::rename_type(op, (&app, &floor), (&app, &desk)))).contains("already"));
    assert_eq!(trial.run(|op| properties::rename_type(op, (&app, &floor), (&app, &room))).unwrap(), 2);
    let holders = trial.run(|op| properties::holders(op, (&app, &room), (0, 10))).unwrap();
    assert_eq!((holders.total, holders.rows[1].1.as_deref()), (2, Some("=1")));
    assert_eq!(trial.run(|op| properties::unset(op, &bob, &app, Some(&room))).unwrap().1, 1);
    assert_eq!(trial.run(|op| properties::delete_type(op, &app, &room)).unwrap(), 1);
    assert!(refused(trial.run(|op| properties::delete_type(op, &app, &room))).contains("no property"));
    trial.run(|op| users::remove(op, &alice, Seeded::Refuse)).unwrap();
    assert!(types().is_empty());
    assert_eq!(trial.count("SELECT count(*) FROM audit WHERE action LIKE 'user_property%'"), 6);
}

#[test]
fn memberships_are_copied_but_never_those_of_administrators() {
    let trial = Trial::new();
    trial.user("alice@example.com", Rank::Person);
    for name in ["crew", "night"] {
        trial.run(|op| groups::add(op, &group(name), "")).unwrap();
        trial.run(|op| groups::join(op, &group(name), &self::name("admin@example.com"))).unwrap();
    }
    let copy = || {
        let copied =
            trial.run(|op| groups::copy_memberships(op, &name("admin@example.com"), &name("alice@example.com")));
        copied.unwrap().into_iter().map(|group| group.name).collect::<Vec<_>>()
    };
    assert_eq!(copy(), ["crew", "night"]);
    assert!(copy().is_empty());
    assert!(!trial.run(|op| users::find(op, &name("alice@example.com"))).unwrap().admin);
    assert_eq!(trial.run(|op| groups::describe(op, &group("crew"), "All hands")).unwrap().description, "All hands");
}
