//! Lists at a hundred thousand people, changes by two at once, and the same done to many.

use gk_shared::model::{Email, GroupName, UserId, Username};

use super::{Bulk, Fullname, MOST_BROWSED, Rank, Update, find, many, search, update};
use crate::model::{Detail, Direction, Part, Status, User, UserFilter, UserOrder, UserSort};
use crate::service::trial::{Trial, group, name, slug, with};
use crate::service::{Caller, Refusal, grants, groups, settings};
use crate::store::users::{Matching, count_matching, matching};

const FIRST: UserOrder = UserOrder { sort: UserSort::Username, direction: Direction::Ascending, skip: 0, most: 50 };

fn listed(trial: &Trial, filter: &UserFilter, order: &UserOrder) -> Part<User> {
    trial.database.read(&Caller::operator("root"), |view| search(view, filter, order)).unwrap()
}

fn text(text: &str) -> UserFilter {
    UserFilter { text: Some(text.to_owned()), ..UserFilter::default() }
}

fn emails(part: &Part<User>) -> Vec<&str> {
    part.rows.iter().map(|user| user.email.as_str()).collect()
}

#[test]
fn people_are_found_by_any_part_of_their_names_and_every_character_stands_for_itself() {
    let trial = Trial::new();
    for email in ["percent@example.com", "under_score@example.com", "quo-te@example.com", "ab@example.com"] {
        trial.user(email, Rank::Person);
    }
    let fullname = Update { fullname: Fullname::parse("Jörg \"Ö\" O'Neil").ok(), ..Update::default() };
    trial.run(|op| update(op, &name("ab@example.com"), &fullname)).unwrap();
    let fullname = Update { fullname: Fullname::parse("Per%cent").ok(), ..Update::default() };
    trial.run(|op| update(op, &name("percent@example.com"), &fullname)).unwrap();
    trial.run(|op| groups::add(op, &group("Night shift"), "")).unwrap();
    trial.run(|op| groups::join(op, &group("Night shift"), &name("quo-te@example.com"))).unwrap();
    for (typed, found) in [
        ("per%cent", &["percent@example.com"][..]),
        ("r%c", &["percent@example.com"]),
        ("%", &[]),
        ("pe", &["percent@example.com"]),
        ("er", &[]),
        ("ö", &["ab@example.com"]),
        ("under_score", &["under_score@example.com"]),
        ("r_s", &["under_score@example.com"]),
        ("SCORE@", &["under_score@example.com"]),
        ("jÖrg", &["ab@example.com"]),
        ("\"ö\"", &["ab@example.com"]),
        ("o'neil", &["ab@example.com"]),
        ("NIGHT SH", &["quo-te@example.com"]),
        ("ab", &["ab@example.com"]),
        ("xyz\" OR \"a", &[]),
        ("standard", &[]),
    ] {
        let part = listed(&trial, &text(typed), &FIRST);
        assert_eq!((emails(&part), part.total), (found.to_vec(), i64::try_from(found.len()).unwrap()), "{typed}");
    }
}

#[test]
fn every_filter_and_order_says_what_it_says_and_totals_count_what_is_filtered() {
    let trial = Trial::new();
    trial.run(|op| settings::set(op, "access.accepted_domains", "example.com")).unwrap();
    trial.user("zoe@example.com", Rank::Person);
    trial.user("guest@elsewhere.example", Rank::Person);
    let disable = Update { enabled: Some(false), ..Update::default() };
    trial.run(|op| update(op, &name("zoe@example.com"), &disable)).unwrap();
    let all = UserFilter::default();
    let cases = [
        (UserFilter { status: Some(Status::Pending), ..all.clone() }, vec![]),
        (UserFilter { enabled: Some(false), ..all.clone() }, vec!["zoe@example.com"]),
        (UserFilter { admin: Some(true), ..all.clone() }, vec!["admin@example.com"]),
        (UserFilter { admin: Some(false), ..all.clone() }, vec!["guest@elsewhere.example", "zoe@example.com"]),
        (UserFilter { internal: Some(true), ..all.clone() }, vec!["admin@example.com", "zoe@example.com"]),
        (UserFilter { internal: Some(false), ..all.clone() }, vec!["guest@elsewhere.example"]),
        (UserFilter { directory: Some(true), ..all.clone() }, vec![]),
        (UserFilter { group: Some(group("admin")), ..all.clone() }, vec!["admin@example.com"]),
        (UserFilter { internal: Some(true), enabled: Some(true), ..text("example") }, vec!["admin@example.com"]),
    ];
    for (filter, found) in cases {
        let part = listed(&trial, &filter, &FIRST);
        assert_eq!((emails(&part), part.total), (found.clone(), i64::try_from(found.len()).unwrap()), "{filter:?}");
    }
    for sort in UserSort::ALL {
        let ascending = listed(&trial, &all, &UserOrder { sort, ..FIRST });
        let mut descending = listed(&trial, &all, &UserOrder { sort, direction: Direction::Descending, ..FIRST });
        descending.rows.reverse();
        assert_eq!(ascending, descending, "{sort:?}");
    }
    let second = listed(&trial, &all, &UserOrder { skip: 1, most: 1, ..FIRST });
    assert_eq!((emails(&second), second.total), (vec!["guest@elsewhere.example"], 3));
}

#[test]
fn two_who_change_somebody_at_once_do_not_write_over_each_other() {
    let trial = Trial::new();
    let seen = trial.user("alice@example.com", Rank::Person);
    let with = |fullname: &str| Update {
        version: Some(seen.version),
        fullname: Fullname::parse(fullname).ok(),
        ..Update::default()
    };
    let alice = name("alice@example.com");
    let after = trial.run(|op| update(op, &alice, &with("Alice A."))).unwrap();
    assert!(after.version > seen.version);
    assert!(matches!(trial.run(|op| update(op, &alice, &with("Alice B."))), Err(Refusal::Outdated)));
    assert_eq!(trial.run(|op| find(op, &alice)).unwrap().fullname, "Alice A.");
}

#[test]
fn a_person_may_be_renamed_and_moved_and_keeps_all_but_the_sessions() {
    let trial = Trial::new();
    let alice = trial.user("alice@example.com", Rank::Person);
    let to = Update { username: Username::parse("CORP\\Alice").ok(), ..Update::default() };
    trial.run(|op| update(op, &name("alice@example.com"), &to)).unwrap();
    let to = Update { email: Email::parse("Alice@New.example").ok(), ..Update::default() };
    let moved = trial.run(|op| update(op, &name("corp\\alice"), &to)).unwrap();
    assert_eq!(
        (moved.id, moved.username.as_str(), moved.email.as_str()),
        (alice.id, "corp\\alice", "alice@new.example")
    );
    assert_eq!(trial.count("SELECT count(*) FROM mail WHERE kind = 'email-changed'"), 1, "the old address is told");
    assert!(trial.run(|op| find(op, &name("alice@example.com"))).is_err());
    // A user name that is the address moves with it; an address that is somebody else's is refused, naming both.
    let back = Update { username: Username::parse("alice@new.example").ok(), ..Update::default() };
    trial.run(|op| update(op, &name("corp\\alice"), &back)).unwrap();
    let to = Update { email: Email::parse("alice@last.example").ok(), ..Update::default() };
    let moved = trial.run(|op| update(op, &name("alice@new.example"), &to)).unwrap();
    assert_eq!(moved.username.as_str(), "alice@last.example");
    let taken = Update { email: Email::parse("admin@example.com").ok(), ..Update::default() };
    let refusal = trial.run(|op| update(op, &name("alice@last.example"), &taken)).unwrap_err().to_string();
    assert!(refusal.contains("already belongs to the account admin@example.com"), "{refusal}");
    let alien = Update { username: Username::parse("other@example.com").ok(), ..Update::default() };
    assert!(trial.run(|op| update(op, &name("alice@last.example"), &alien)).is_err());
    assert_eq!(trial.count("SELECT count(*) FROM identifier"), 2);
    let details = Update { details: vec![(Detail::Title, " Reader ".into())], ..Update::default() };
    let user = trial.run(|op| update(op, &name("alice@last.example"), &details)).unwrap();
    assert_eq!(user.details.get(Detail::Title), "Reader");
}

#[test]
fn what_a_directory_says_of_its_people_is_changed_there() {
    let trial = Trial::new();
    trial.user("alice@example.com", Rank::Person);
    let database = rusqlite::Connection::open(trial.folder.path().join("gatekeeper.sqlite3")).unwrap();
    database.execute("UPDATE user SET directory = 'corp' WHERE email = 'alice@example.com'", []).unwrap();
    let alice = name("alice@example.com");
    for change in [
        Update { fullname: Fullname::parse("A").ok(), ..Update::default() },
        Update { details: vec![(Detail::Title, "T".into())], ..Update::default() },
        Update { email: Email::parse("b@example.com").ok(), ..Update::default() },
    ] {
        assert!(trial.run(|op| update(op, &alice, &change)).unwrap_err().to_string().contains("directory"));
    }
    trial.run(|op| update(op, &alice, &Update { enabled: Some(false), ..Update::default() })).unwrap();
}

#[test]
fn what_is_done_to_many_is_done_to_all_or_to_none() {
    let trial = Trial::new();
    trial.app("docs", &["reader"]);
    trial.run(|op| groups::add(op, &group("crew"), "")).unwrap();
    let ids = ["a@example.com", "b@example.com"].map(|email| trial.user(email, Rank::Person).id);
    let admin = trial.run(|op| find(op, &name("admin@example.com"))).unwrap().id;
    let all = |bulk: Bulk, ids: &[UserId]| trial.run(|op| many(op, ids, &bulk));
    let counts = |bulk: Bulk| all(bulk, &ids).map(|many| (many.changed.len(), many.unchanged.len())).unwrap();
    assert_eq!(counts(Bulk::Join(group("crew"))), (2, 0));
    assert_eq!(counts(Bulk::Join(group("crew"))), (0, 2));
    assert_eq!(counts(Bulk::Grant(slug("docs"), with(grants::RoleChange::Keep))), (2, 0));
    assert_eq!(counts(Bulk::Approve), (0, 2));
    let refusal = all(Bulk::Disable, &[ids[0], ids[1], admin]).unwrap_err().to_string();
    assert!(refusal.contains("admin@example.com is the last administrator"), "{refusal}");
    assert_eq!(trial.count("SELECT count(*) FROM user WHERE enabled = 0"), 0, "nobody was disabled");
    assert_eq!(counts(Bulk::Disable), (2, 0));
    assert_eq!(counts(Bulk::Enable), (2, 0));
    assert!(all(Bulk::Approve, &[]).is_err());
}

/// A trial with so many people, twenty of them pending.
fn crowd(people: i64) -> Trial {
    let trial = Trial::new();
    let database = rusqlite::Connection::open(trial.folder.path().join("gatekeeper.sqlite3")).unwrap();
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
               INSERT INTO user (username, email, fullname, status, login_salt, created_at, updated_at)
               SELECT printf('user%06d', i), printf('user%06d@example.com', i), printf('Person %d', i * 7919 % 99991),
                   iif(i <= 20, 'pending', 'approved'), zeroblob(16), i, i FROM n";
    database.execute(sql, [people]).unwrap();
    let sql = "INSERT INTO membership SELECT u.id, g.id, 0 FROM user u, groups g
               WHERE g.kind = 'standard' OR g.name = 'crew' AND u.id <= 300 ON CONFLICT DO NOTHING";
    trial.run(|op| groups::add(op, &group("crew"), "")).unwrap();
    database.execute(sql, []).unwrap();
    trial
}

/// How many times ten steps SQLite takes for a part of a list and its length.
fn steps(trial: &Trial, filter: &UserFilter, order: &UserOrder) -> u64 {
    let mut database = rusqlite::Connection::open(trial.folder.path().join("gatekeeper.sqlite3")).unwrap();
    let steps = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counter = std::sync::Arc::clone(&steps);
    let count = move || {
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        false
    };
    let found = Matching::new(&database, filter, &["example.com"]).unwrap();
    database.progress_handler(10, Some(count)).unwrap();
    let total = count_matching(&database, &found, MOST_BROWSED).unwrap();
    let rows = matching(&database, &found, order).unwrap();
    assert_eq!(rows.is_empty(), total <= order.skip, "{filter:?}");
    steps.load(std::sync::atomic::Ordering::Relaxed)
}

#[test]
fn ten_times_as_many_people_cost_a_page_no_more() {
    let (small, large) = (crowd(10_000), crowd(100_000));
    let (last, nobody) = (MOST_BROWSED - FIRST.most, UserFilter::default);
    let orders = UserSort::ALL.into_iter().flat_map(|sort| {
        [0, last].into_iter().flat_map(move |skip| {
            [Direction::Ascending, Direction::Descending].map(|direction| UserOrder { sort, direction, skip, ..FIRST })
        })
    });
    let pages = orders.map(|order| (UserFilter::default(), order));
    let found = [
        UserFilter { status: Some(Status::Pending), ..nobody() },
        UserFilter { status: Some(Status::Approved), ..nobody() },
        UserFilter { admin: Some(true), ..nobody() },
        UserFilter { internal: Some(true), ..nobody() },
        UserFilter { internal: Some(false), ..nobody() },
        UserFilter { enabled: Some(true), ..nobody() },
        UserFilter { enabled: Some(false), ..nobody() },
        UserFilter { directory: Some(true), ..nobody() },
        UserFilter { group: GroupName::parse("standard").ok(), ..nobody() },
        UserFilter { group: GroupName::parse("crew").ok(), ..nobody() },
    ];
    let texts =
        ["user009998", "r009998", "PERSON 7919", "example.com", "nobody-at-all", "crew", "us", "u", "zq", "er", "@"];
    let found = found.into_iter().chain(texts.map(text));
    for (filter, order) in pages.chain(found.map(|filter| (filter, FIRST))) {
        let (few, many) = (steps(&small, &filter, &order), steps(&large, &filter, &order));
        // 10,000 steps are less than half a millisecond: below them a page has no cost worth comparing.
        assert!(many <= 2 * few.max(1_000), "{filter:?} {order:?}: {few} became {many}");
    }
}

#[test]
fn no_list_sorts_all_people_or_reads_all_accounts() {
    let trial = crowd(1_000);
    let database = rusqlite::Connection::open(trial.folder.path().join("gatekeeper.sqlite3")).unwrap();
    for sort in UserSort::ALL {
        for direction in [Direction::Ascending, Direction::Descending] {
            let sql = crate::store::users::listing(&UserOrder { sort, direction, ..FIRST });
            let mut statement = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let plan = statement.query_map([50, 0], |row| row.get::<_, String>(3)).unwrap();
            let plan = plan.collect::<Result<Vec<_>, _>>().unwrap();
            let index = plan.iter().any(|step| step.contains("SCAN u USING COVERING INDEX user_by_"));
            assert!(
                index && plan.iter().filter(|step| step.contains("TEMP B-TREE")).count() <= 1,
                "{sort:?}: {plan:#?}"
            );
        }
    }
}

#[test]
fn what_happened_follows_a_person_and_not_a_name() {
    let trial = Trial::new();
    let alice = trial.user("alice@example.com", Rank::Person);
    let rename = Update { email: Email::parse("moved@example.com").ok(), ..Update::default() };
    trial.run(|op| update(op, &name("alice@example.com"), &rename)).unwrap();
    let other = trial.user("alice@example.com", Rank::Person);
    let actions = |id| {
        let audit = trial.run(|op| super::overview(op, id)).unwrap().audit;
        audit.into_iter().map(|entry| entry.action).collect::<Vec<_>>()
    };
    assert_eq!(actions(alice.id), ["user_updated", "user_created"]);
    assert_eq!(actions(other.id), ["user_created"], "a name that became free brings no past along");
}

#[test]
fn becoming_an_administrator_is_a_change_that_others_do_not_write_over() {
    let trial = Trial::new();
    let alice = trial.user("alice@example.com", Rank::Person);
    let name = name("alice@example.com");
    let after = trial.run(|op| groups::join(op, &group("admin"), &name).and_then(|_| find(op, &name))).unwrap();
    assert!(after.version > alice.version);
    let old = Update { version: Some(alice.version), rank: Some(Rank::Person), ..Update::default() };
    assert!(matches!(trial.run(|op| update(op, &name, &old)), Err(Refusal::Outdated)));
    trial.run(|op| groups::leave(op, &group("admin"), &name)).unwrap();
    assert!(trial.run(|op| find(op, &name)).unwrap().version > after.version);
    let counted = trial.run(|op| groups::find(op, &group("standard"))).unwrap().members;
    assert_eq!(counted, 2, "how many are in a group is kept");
}
