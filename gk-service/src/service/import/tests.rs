//! What becomes of each line of a list.

use super::super::groups;
use super::super::trial::{Trial, group, name};
use super::super::users::{self, Rank, Seeded, Update};
use super::super::{Caller, Refusal};
use super::*;

/// Lines of a list from triples; the first is line 2, below the headings.
fn lines(people: &[(&str, &str, &str)]) -> Vec<Line> {
    let line = |(number, (username, email, fullname)): (u64, &(&str, &str, &str))| Line {
        number,
        username: Some((*username).to_owned()),
        email: (*email).to_owned(),
        fullname: Some((*fullname).to_owned()),
    };
    (2..).zip(people).map(line).collect()
}

impl Trial {
    fn import(&self, mode: Mode, people: &[(&str, &str, &str)]) -> Report {
        self.run(|op| import(op, lines(people), mode)).unwrap()
    }

    /// What an import does, one word or sentence a line.
    fn outcomes(&self, mode: Mode, people: &[(&str, &str, &str)]) -> Vec<String> {
        let told = |reported: &Reported| match &reported.outcome {
            Outcome::Skipped(reason) => reason.sentence(),
            Outcome::Updated(changes) => changes.iter().map(|change| change.word()).collect::<Vec<_>>().join(", "),
            outcome @ (Outcome::Created | Outcome::Unchanged) => outcome.word().to_owned(),
        };
        self.import(mode, people).lines.iter().map(told).collect()
    }

    fn found(&self, user: &str) -> User {
        self.run(|op| users::find(op, &name(user))).unwrap()
    }
}

/// Everything an import may touch.
const TOUCHED: &str = "SELECT (SELECT count(*) FROM user) + (SELECT count(*) FROM identifier) + (SELECT count(*) FROM membership)
    + (SELECT count(*) FROM audit) + (SELECT count(*) FROM change_log) + (SELECT count(*) FROM mail) + (SELECT sum(version) FROM user)";

#[test]
fn mixed_case_and_padded_names_end_as_one_approved_account_in_standard() {
    let trial = Trial::new();
    let report = trial.import(
        Mode::Create,
        &[
            (" CORP\\JSmith ", " J.Smith@Example.COM ", "  John Smith  "),
            ("corp\\jsmith", "other@example.com", ""),
            ("another", "j.smith@example.com", ""),
        ],
    );
    assert_eq!((report.created, report.skipped), (1, 2));
    let repeated = |index: usize| report.lines.get(index).map(|line| line.outcome.clone());
    assert_eq!(repeated(1), Some(Outcome::Skipped(Reason::Repeated(2))));
    assert_eq!(repeated(2), repeated(1));
    let user = trial.found("j.smith@example.com");
    assert_eq!(
        (user.username.as_str(), user.fullname.as_str(), user.status),
        ("corp\\jsmith", "John Smith", Status::Approved)
    );
    assert!(!user.admin && !user.seeded);
    let again = trial.run(|op| groups::join(op, &group("standard"), &name("corp\\jsmith")));
    assert!(again.unwrap_err().to_string().contains("already in"));
    let grouped = "SELECT count(*) FROM membership m JOIN groups g ON g.id = m.group_id WHERE g.kind <> 'standard' AND m.user_id = 2";
    assert_eq!(trial.count(grouped), 0);
}

#[test]
fn a_line_that_cannot_be_taken_says_why_and_holds_up_no_other() {
    let trial = Trial::new();
    trial.import(Mode::Create, &[("jsmith", "j@example.com", ""), ("other", "o@example.com", "")]);
    let long = "x".repeat(201);
    let outcomes = trial.outcomes(
        Mode::Create,
        &[
            ("first", "first@example.com", "First"),
            ("", "e@example.com", ""),
            ("e", "  ", ""),
            ("a b", "e@example.com", ""),
            ("e", "no address", ""),
            ("e", "e@example.com", &long),
            ("e", "e@example.com", "two\nlines"),
            ("x@example.com", "y@example.com", ""),
            ("jsmith", "new@example.com", ""),
            ("new", "j@example.com", ""),
            ("jsmith", "o@example.com", ""),
            ("JSmith", "J@Example.com", ""),
            ("e", "e@example.com", "Was refused above"),
        ],
    );
    let has = |index: usize, part: &str| {
        assert!(outcomes.get(index).is_some_and(|said| said.contains(part)), "{index}: {outcomes:#?}");
    };
    has(0, "created");
    has(1, "missing");
    has(2, "missing");
    has(3, "a user name is");
    has(4, "an e-mail address needs");
    has(5, "at most 200");
    has(6, "one line");
    has(7, "own e-mail");
    has(8, "`jsmith` already belongs to the account jsmith (j@example.com)");
    has(9, "`j@example.com` already belongs to the account jsmith (j@example.com)");
    has(10, "`jsmith` is the account jsmith (j@example.com), and `o@example.com` is other (o@example.com)");
    has(11, "already");
    has(12, "created");
    assert_eq!(trial.count("SELECT count(*) FROM user"), 5);
}

#[test]
fn an_update_changes_names_approves_who_waits_and_revives_nobody() {
    let trial = Trial::new();
    for user in ["same", "renamed", "silent", "rejected", "disabled"] {
        trial.import(Mode::Create, &[(user, &format!("{user}@example.com"), "Before")]);
    }
    let waits = users::Add {
        username: Some(name("waits")),
        email: Email::parse("waits@example.com").unwrap(),
        fullname: Fullname::default(),
        approval: Approval::ByDomain,
        rank: Rank::Person,
        origin: AccountOrigin::Added,
    };
    trial.run(|op| users::add(op, waits)).unwrap();
    trial.run(|op| users::reject(op, &name("rejected"))).unwrap();
    let disable = Update { enabled: Some(false), ..Update::default() };
    trial.run(|op| users::update(op, &name("disabled"), &disable)).unwrap();
    let people = [
        ("same", "same@example.com", "Before"),
        ("renamed", "renamed@example.com", "After"),
        ("silent", "silent@example.com", " "),
        ("rejected", "rejected@example.com", "After"),
        ("disabled", "disabled@example.com", "After"),
        ("waits", "waits@example.com", "After"),
        ("new", "new@example.com", "New"),
    ];
    let told = trial.outcomes(Mode::CreateOrUpdate, &people);
    let rejected = "the account rejected was rejected: approve it by itself";
    assert_eq!(told, ["unchanged", "name", "unchanged", rejected, "name", "approved, name", "created"]);
    let state = |user: &str| (trial.found(user).fullname, trial.found(user).is_usable());
    assert_eq!(state("renamed"), ("After".into(), true));
    assert_eq!(state("silent"), ("Before".into(), true));
    assert_eq!(state("rejected"), ("Before".into(), false));
    assert_eq!(state("disabled"), ("After".into(), false));
    assert_eq!(state("waits"), ("After".into(), true));
    let before = trial.count(TOUCHED);
    let again = trial.import(Mode::CreateOrUpdate, &people);
    assert_eq!((again.unchanged, again.skipped), (6, 1));
    assert_eq!(trial.count(TOUCHED), before + 1, "nothing but its own row in the audit");
}

#[test]
fn without_user_names_everybody_goes_by_their_address() {
    let trial = Trial::new();
    let line = Line { number: 2, email: "A@Example.com".into(), ..Line::default() };
    trial.run(|op| import(op, vec![line.clone()], Mode::Create)).unwrap();
    assert_eq!(trial.found("a@example.com").username.as_str(), "a@example.com");
    let add = users::Add {
        username: Some(name("jsmith")),
        email: Email::parse("j@example.com").unwrap(),
        fullname: Fullname::default(),
        approval: Approval::Given,
        rank: Rank::Person,
        origin: AccountOrigin::Added,
    };
    trial.run(|op| users::add(op, add)).unwrap();
    let line = Line { number: 2, email: "j@example.com".into(), fullname: Some("J".into()), username: None };
    let report = trial.run(|op| import(op, vec![line], Mode::CreateOrUpdate)).unwrap();
    assert_eq!(report.updated, 1, "whoever has a user name keeps it");
    assert_eq!(trial.found("j@example.com").username.as_str(), "jsmith");
}

#[test]
fn a_rehearsal_tells_exactly_the_same_and_changes_nothing() {
    let trial = Trial::new();
    trial.import(Mode::Create, &[("old", "old@example.com", "Old")]);
    let people = [
        ("old", "old@example.com", "Newer"),
        ("new", "new@example.com", "New"),
        ("NEW", "n@example.com", ""),
        ("bad", "bad", ""),
    ];
    for mode in [Mode::Create, Mode::CreateOrUpdate] {
        let before = trial.count(TOUCHED);
        let operator = Caller::operator("root");
        let rehearsed = trial.database.rehearse(&operator, |op| import(op, lines(&people), mode)).unwrap();
        assert_eq!(trial.count(TOUCHED), before);
        assert_eq!(trial.import(mode, &people), rehearsed);
        trial.run(|op| users::remove(op, &name("new"), Seeded::Refuse)).unwrap();
    }
}

#[test]
fn each_person_and_the_whole_are_in_the_audit_and_only_administrators_import() {
    let trial = Trial::new();
    let alice = trial.user("alice@example.com", Rank::Person);
    let people = [("alice@example.com", "alice@example.com", "Alice"), ("new", "new@example.com", ""), ("", "", "")];
    let before = trial.count("SELECT max(id) FROM audit");
    trial.import(Mode::CreateOrUpdate, &people);
    let rows =
        |action: &str| trial.count(&format!("SELECT count(*) FROM audit WHERE id > {before} AND action = '{action}'"));
    assert_eq!((rows("user_created"), rows("user_updated"), rows("users_imported")), (1, 1, 1));
    let counts = r#"SELECT after = '{"created":1,"skipped":1,"unchanged":0,"updated":1}' FROM audit WHERE action = 'users_imported'"#;
    assert_eq!(trial.count(counts), 1);
    let refused = trial.run_as(alice.id, 0, |op| import(op, lines(&people), Mode::Create));
    assert!(matches!(refused, Err(Refusal::Forbidden(_))));
    let admin = trial.found("admin@example.com").id;
    assert!(matches!(
        trial.run_as(admin, 61, |op| import(op, lines(&people), Mode::Create)),
        Err(Refusal::SignInAgain)
    ));
    assert!(matches!(trial.run_as(admin, 61, |op| offer(op)), Err(Refusal::SignInAgain)));
    trial.run_as(admin, 59, |op| import(op, lines(&people), Mode::Create)).unwrap();
}

#[test]
fn two_thousand_lines_are_taken_at_once_and_too_many_are_refused() {
    let trial = Trial::new();
    let people =
        (0..2000).map(|n| (format!("u{n}"), format!("u{n}@example.com"), format!("User {n}"))).collect::<Vec<_>>();
    let people = people.iter().map(|(u, e, f)| (u.as_str(), e.as_str(), f.as_str())).collect::<Vec<_>>();
    assert_eq!(trial.import(Mode::Create, &people).created, 2000);
    let policy = rusqlite::Connection::open(trial.database.policy_path()).unwrap();
    let published: i64 = policy.query_row("SELECT count(*) FROM user", [], |row| row.get(0)).unwrap();
    assert_eq!(published, 2001);
    let many = vec![Line::default(); MOST_LINES + 1];
    assert!(matches!(trial.run(|op| import(op, many, Mode::Create)), Err(Refusal::Invalid(_))));
}
