//! The life of grants: used, ending, taken and given back, renamed, and given many at once.

use gk_shared::activity::Used;
use gk_shared::model::{AppId, BlockMark, GrantId, Role, UserId};
use gk_shared::time::Timestamp;
use serde_json::Value;

use super::*;
use crate::model::{MailKind, SeenBlock, WhichGrants};
use crate::service::trial::{Trial, group, name, slug, to, with};
use crate::service::users::{Rank, Seeded};
use crate::service::{Caller, activity, apps, mail, users};

const DAY: i64 = 86_400;
const ALICE: &str = "alice@example.com";
const BOB: &str = "bob@example.com";

fn role(text: &str) -> Role {
    Role::parse(text).unwrap()
}

/// Alice and Bob, and the apps docs (viewer, editor) and wiki (any role).
fn scene() -> Trial {
    let trial = Trial::new();
    for email in [ALICE, BOB] {
        trial.user(email, Rank::Person);
    }
    trial.app("docs", &["viewer", "editor"]);
    trial.app("wiki", &[]);
    trial
}

impl Trial {
    fn gives(&self, app: &str, email: &str, give: &Give) -> Grant {
        self.run(|op| super::give(op, &slug(app), &to(email), give)).unwrap().grant
    }

    fn grants_of(&self, app: &str) -> Vec<Grant> {
        self.run(|op| apps::show(op, &slug(app))).unwrap().1
    }

    /// The values of the waiting mails of a kind.
    fn told(&self, kind: MailKind) -> Vec<Value> {
        let letters = self.database.read(&Caller::system("test"), mail::waiting).unwrap();
        let meant = letters.iter().filter(|letter| letter.template.kind == kind);
        meant.map(|letter| serde_json::from_str(letter.values.reveal()).unwrap()).collect()
    }

    /// The role gk-validate knows of somebody's own grant, if there is one.
    fn published(&self, user: UserId, app: AppId) -> Option<String> {
        self.database
            .in_force(|snapshot| {
                let grant = snapshot.user(user)?.grant(app)?;
                grant.terms.role.map(|role| snapshot.role(role).to_owned())
            })
            .unwrap()
    }
}

fn refused<T>(result: Result<T, Refusal>) -> String {
    result.map(|_| ()).expect_err("a refusal").to_string()
}

#[test]
fn the_last_use_of_a_grant_and_the_block_of_an_app_are_kept_and_nothing_is_published_for_them() {
    let trial = scene();
    let grant = trial.gives("docs", ALICE, &with(RoleChange::Keep));
    let (now, before) = (trial.database.now(), trial.database.newest_revision().unwrap());
    let block = |digest| Used::Block(grant.app, Some(BlockMark { version: 1, digest }));
    let record = |uses: &[(Used, Timestamp)]| trial.run(|op| activity::record(op, uses)).unwrap();
    assert_eq!(record(&[(Used::Grant(grant.id), now), (block(1), now)]), 2);
    assert_eq!(record(&[(Used::Grant(grant.id), now.plus(-5)), (block(2), now.plus(-5))]), 0, "older");
    assert_eq!(record(&[(Used::Grant(GrantId(99)), now), (Used::Block(AppId(99), None), now)]), 0, "not there");
    let (app, held) = trial.run(|op| apps::show(op, &slug("docs"))).unwrap();
    assert_eq!(held[0].last_used_at, Some(now));
    assert_eq!(app.seen_block, Some(SeenBlock { mark: Some(BlockMark { version: 1, digest: 1 }), at: now }));
    record(&[(Used::Block(grant.app, None), now)]);
    let (app, _) = trial.run(|op| apps::show(op, &slug("docs"))).unwrap();
    assert_eq!(app.seen_block, Some(SeenBlock { mark: None, at: now }), "in the same second the newer note counts");
    assert_eq!(trial.database.newest_revision().unwrap(), before);
    let unchanged = trial.run(|op| give(op, &slug("docs"), &to(ALICE), &with(RoleChange::Keep))).unwrap();
    assert_eq!(unchanged.outcome, Outcome::Unchanged, "a use is no difference");
}

#[test]
fn lists_hold_what_nobody_uses_and_what_ends_soon() {
    let trial = scene();
    let now = trial.database.now();
    let until = |days: i64| Give { expires_at: Change::Set(now.plus(days * DAY)), ..Give::default() };
    let old = trial.gives("docs", ALICE, &until(20));
    let used = trial.gives("docs", BOB, &until(40));
    trial.change("UPDATE access_grant SET granted_at = granted_at - 100 * 86400");
    let new = trial.gives("wiki", BOB, &until(5));
    trial.run(|op| activity::record(op, &[(Used::Grant(used.id), now.plus(-DAY))])).unwrap();
    let ids = |found: Vec<(Grant, Slug)>| found.into_iter().map(|(grant, _)| grant.id).collect::<Vec<_>>();
    let since = now.plus(-90 * DAY);
    assert_eq!(ids(trial.run(|op| unused(op, None, since)).unwrap()), [old.id]);
    assert_eq!(ids(trial.run(|op| unused(op, None, now.plus(60))).unwrap()), [old.id, new.id, used.id]);
    assert_eq!(ids(trial.run(|op| expiring(op, None, 30 * DAY)).unwrap()), [new.id, old.id]);
    assert_eq!(ids(trial.run(|op| expiring(op, Some(&slug("docs")), 30 * DAY)).unwrap()), [old.id]);
    assert!(trial.run(|op| expiring(op, None, 4 * DAY)).unwrap().is_empty());
    let part = trial.run(|op| list(op, Some(&slug("docs")), WhichGrants::All, (1, 1))).unwrap();
    assert_eq!((part.total, part.grants[0].0.holder_name.as_str()), (2, BOB));
    assert!(refused(trial.run_as_stranger(|op| unused(op, None, since))).contains("administrator"));
}

#[test]
fn many_are_taken_and_come_back_as_they_were_or_not_at_all() {
    let trial = scene();
    let note = Give {
        note: Some("by hand".into()),
        expires_at: Change::Set(trial.database.now().plus(DAY)),
        ..with(Change::Set(role("editor")))
    };
    let grants = [trial.gives("docs", ALICE, &note), trial.gives("wiki", BOB, &with(RoleChange::Keep))];
    trial.change("UPDATE access_grant SET granted_by = 'somebody', granted_at = 7, last_used_at = 9");
    let before = || [trial.grants_of("docs"), trial.grants_of("wiki")].concat();
    let (ids, was) = (grants.clone().map(|grant| grant.id), before());
    assert!(refused(trial.run(|op| take_many(op, &[ids[0], GrantId(99)]))).contains("99 is gone"));
    assert_eq!(before(), was, "all or nothing");
    let taken = trial.run(|op| take_many(op, &[ids[1], ids[0], ids[0]])).unwrap();
    assert_eq!((before().len(), taken.grants.len()), (0, 2));
    let Holder::User(alice) = grants[0].holder else { panic!("a person") };
    assert_eq!(trial.published(alice, grants[0].app), None);
    let again = trial.gives("wiki", BOB, &with(RoleChange::Keep));
    assert!(
        refused(trial.run(|op| give_back(op, taken.number))).contains("bob@example.com has a grant of `wiki` again")
    );
    assert_eq!(trial.grants_of("docs"), [], "all or nothing");
    trial.run(|op| take_many(op, &[again.id])).unwrap();
    trial.run(|op| give_back(op, taken.number)).unwrap();
    assert_eq!(before(), was);
    assert_eq!(trial.published(alice, grants[0].app), Some("editor".into()));
    assert!(refused(trial.run(|op| give_back(op, taken.number))).contains("nothing is left"));
    let late = trial.run(|op| take_many(op, &ids)).unwrap();
    assert_ne!(late.number, taken.number);
    trial.change("UPDATE taken_grant SET taken_at = taken_at - 86401");
    assert!(refused(trial.run(|op| give_back(op, late.number))).contains("nothing is left"));
    assert!(refused(trial.run(|op| take_many(op, &[]))).contains("choose"));
}

#[test]
fn whose_account_is_gone_gets_nothing_back() {
    let trial = scene();
    let ids = [trial.gives("docs", ALICE, &Give::default()).id, trial.gives("docs", BOB, &Give::default()).id];
    let taken = trial.run(|op| take_many(op, &ids)).unwrap();
    trial.run(|op| users::remove(op, &name(ALICE), Seeded::Refuse)).unwrap();
    let back = trial.run(|op| give_back(op, taken.number)).unwrap();
    assert_eq!(back.iter().map(|grant| grant.id).collect::<Vec<_>>(), [ids[1]]);
}

#[test]
fn a_plan_says_what_is_given_and_what_is_in_the_way_and_giving_keeps_to_it() {
    let trial = scene();
    trial.gives("docs", ALICE, &with(Change::Set(role("editor"))));
    let whom = |names: &[&str]| {
        Whom::Named(names.iter().map(|name| to(name)).chain([Receiver::Group(group("standard"))]).collect())
    };
    let (both, give) = ([slug("docs"), slug("wiki")], with(Change::Set(role("viewer"))));
    let seen = trial.run(|op| plan(op, &both, &whom(&[ALICE, BOB, BOB]), &give)).unwrap();
    let pairs = seen.pairs.iter().map(|pair| (pair.name.as_str(), pair.app.as_str(), pair.has.is_some()));
    let six = [(ALICE, "docs", true), (ALICE, "wiki", false), (BOB, "docs", false), (BOB, "wiki", false)];
    let six = six.into_iter().chain([("standard", "docs", false), ("standard", "wiki", false)]);
    assert_eq!(pairs.collect::<Vec<_>>(), six.collect::<Vec<_>>());
    assert_eq!((seen.count(), seen.new_role_in.as_slice()), (5, &[slug("wiki")][..]));
    let grants = || trial.count("SELECT count(*) FROM access_grant");
    let wrong = ([slug("docs"), slug("nosuch")], with(Change::Set(role("owner"))));
    let bad = trial.run(|op| plan(op, &wrong.0, &whom(&[BOB, "nobody@example.com"]), &wrong.1)).unwrap();
    assert_eq!(bad.unknown, ["nosuch", "nobody@example.com"]);
    assert!(bad.refused.len() == 1 && bad.refused[0].contains("no role `owner`"), "{bad:?}");
    let why = refused(trial.run(|op| give_new(op, &wrong.0, &whom(&[BOB, "nobody@example.com"]), &wrong.1)));
    assert!(["nosuch", "nobody@example.com", "owner"].iter().all(|part| why.contains(part)), "{why}");
    assert_eq!(grants(), 1, "all or nothing");
    assert_eq!(trial.run(|op| give_new(op, &both, &whom(&[ALICE, BOB]), &give)).unwrap().count(), 5);
    assert_eq!(trial.grants_of("docs")[0].role, Some(role("editor")), "whoever has one keeps it");
    assert_eq!((grants(), trial.told(MailKind::AccessGranted).len()), (6, 4));
    assert_eq!(trial.run(|op| give_new(op, &both, &Whom::AllApproved, &give)).unwrap().count(), 2, "the administrator");
    assert!(refused(trial.run_as_stranger(|op| plan(op, &both, &Whom::AllApproved, &give))).contains("administrator"));
}

#[test]
fn a_renamed_role_is_held_by_the_same_people_at_once_and_still_administers() {
    let trial = scene();
    let admins = apps::Update { admin_roles: Some(vec![role("editor")]), ..apps::Update::default() };
    trial.run(|op| apps::update(op, &slug("docs"), &admins)).unwrap();
    let (editor, author) = (role("editor"), role("author"));
    let grant = trial.gives("docs", ALICE, &with(Change::Set(editor.clone())));
    trial.gives("docs", BOB, &with(Change::Set(role("viewer"))));
    let taken = trial.gives("wiki", ALICE, &with(Change::Set(editor.clone())));
    let rename = |app: &str, from: &Role, to: &Role| trial.run(|op| apps::rename_role(op, &slug(app), (from, to)));
    assert!(refused(rename("docs", &editor, &role("viewer"))).contains("already"));
    assert!(refused(rename("docs", &author, &role("x"))).contains("no role `author`"));
    let renamed = rename("docs", &editor, &author).unwrap();
    assert_eq!(
        (renamed.grants, renamed.app.roles, renamed.app.admin_roles),
        (1, vec![role("viewer"), author.clone()], vec![author.clone()])
    );
    let Holder::User(alice) = grant.holder else { panic!("a person") };
    assert_eq!(trial.published(alice, grant.app), Some("author".into()));
    assert_eq!(trial.published(alice, taken.app), Some("editor".into()), "another app's role is another");
    let administers = |op: &Op<'_>| {
        let app = apps::named(op, &slug("docs"))?;
        Ok(app.is_administered_by(&store::grants::of_person(op.connection, alice)?, op.now))
    };
    assert!(trial.run(administers).unwrap());
    let number = trial.run(|op| take_many(op, &[taken.id])).unwrap().number;
    rename("wiki", &editor, &author).unwrap();
    trial.run(|op| give_back(op, number)).unwrap();
    assert_eq!(trial.published(alice, taken.app), Some("author".into()), "what comes back does so renamed");
    assert_eq!(trial.count("SELECT count(*) FROM audit WHERE action = 'app_role_renamed'"), 2);
}

#[test]
fn a_grant_is_edited_by_number_its_ends_are_cleared_and_a_mail_tells_if_asked() {
    let trial = scene();
    let now = trial.database.now();
    let times =
        Give { starts_at: Change::Set(now.plus(-DAY)), expires_at: Change::Set(now.plus(DAY)), ..Give::default() };
    let id = trial.gives("docs", ALICE, &times).id;
    let edit = |give: &Give| trial.run(|op| edit(op, &slug("docs"), id, give)).unwrap().grant;
    let quiet = edit(&Give { note: Some("why".into()), ..with(Change::Set(role("viewer"))) });
    assert_eq!(
        (quiet.starts_at, quiet.expires_at, quiet.note.as_str()),
        (Some(now.plus(-DAY)), Some(now.plus(DAY)), "why")
    );
    assert_eq!(trial.told(MailKind::AccessChanged).len(), 0, "nobody asked for a mail");
    let asked = Give {
        starts_at: Change::Clear,
        expires_at: Change::Clear,
        tell: Tell::OfChanges,
        ..with(Change::Set(role("editor")))
    };
    let open = edit(&asked);
    assert_eq!((open.starts_at, open.expires_at, open.role), (None, None, Some(role("editor"))));
    edit(&asked);
    let [told] = trial.told(MailKind::AccessChanged).try_into().expect("one mail: the second time nothing changed");
    assert_eq!([&told["email"], &told["role"], &told["until"], &told["by"]], [ALICE, "editor", "", "root"]);
    assert!(refused(trial.run(|op| super::edit(op, &slug("docs"), GrantId(99), &asked))).contains("no grant `99`"));
    let elsewhere = trial.run(|op| super::edit(op, &slug("wiki"), id, &asked));
    assert!(refused(elsewhere).contains("no grant"), "another app's grant is not found");
}

#[test]
fn a_mail_tells_once_of_each_end_a_week_before() {
    let trial = scene();
    let end = trial.database.now().plus(6 * DAY);
    let until = |at: Timestamp| Give { expires_at: Change::Set(at), ..with(Change::Set(role("viewer"))) };
    trial.gives("docs", ALICE, &until(end));
    trial.run(|op| give(op, &slug("docs"), &Receiver::Group(group("standard")), &until(end))).unwrap();
    trial.gives("wiki", BOB, &until(trial.database.now().plus(9 * DAY)));
    let tell = || trial.run(tell_running_out).unwrap();
    assert_eq!(tell(), 0, "the end of what was given for less than a week was in sight all the time");
    trial.change("UPDATE access_grant SET granted_at = granted_at - 30 * 86400");
    assert_eq!((tell(), tell()), (1, 0), "not of a group's, and not of one that ends later");
    let [told] = trial.told(MailKind::AccessEnds).try_into().unwrap();
    assert_eq!([&told["email"], &told["role"], &told["app"]], [ALICE, "viewer", "docs"]);
    trial.gives("docs", ALICE, &until(end.plus(60)));
    assert_eq!((tell(), tell()), (1, 0), "another end is told of again");
    trial.change("UPDATE user SET enabled = 0; UPDATE access_grant SET told_of = NULL");
    tell();
    assert_eq!(trial.told(MailKind::AccessEnds).len(), 2, "nobody who could not enter anyway");
}
