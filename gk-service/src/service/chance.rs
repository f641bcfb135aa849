//! For tests: changes of every kind that matters to a decision, by chance, the same for the same seed.

use gk_shared::model::{Email, Role, Username};
use gk_shared::time::Timestamp;

use super::grants::{self, Give, Receiver, RoleChange, Whom};
use super::trial::{Trial, group, name, new_app, slug, to};
use super::users::{self, AccountOrigin, Add, Approval, Fullname, Rank, Seeded};
use super::{Op, Refusal, apps, groups, settings};

const PEOPLE: usize = 12;
const APPS: [&str; 5] = ["docs", "wiki", "code", "mail", "sales"];
const GROUPS: [&str; 4] = ["day", "night", "old", "admin"];
const ROLES: [&str; 4] = ["reader", "writer", "editor", "owner"];

/// Numbers that look random.
pub(crate) struct Luck(u64);

/// A verb with what it is about, chosen beforehand, so that it can be tried and then done.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    kind: usize,
    user: String,
    app: &'static str,
    group: &'static str,
    role: RoleChange,
    roles: Vec<Role>,
    starts: Option<Timestamp>,
    ends: Option<Timestamp>,
}

impl Luck {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2).wrapping_add(0x9E37_79B9_7F4A_7C15))
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end as u64).unwrap()
    }

    pub(crate) fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    /// Somebody who may or may not be there; a third are of each of three domains.
    pub(crate) fn user(&mut self) -> String {
        user(self.below(PEOPLE))
    }

    /// A slug that may or may not be registered, or none.
    pub(crate) fn app(&mut self) -> Option<&'static str> {
        if self.below(8) == 0 { None } else { Some(self.one_of(&APPS)) }
    }

    /// A moment around this one: now, or near one at which a grant may start or end.
    pub(crate) fn moment(&mut self, now: Timestamp) -> Timestamp {
        now.plus(self.one_of(&[0, 0, -50_000, -1001, -1000, 999, 1000, 1001, 50_000]))
    }

    /// A change; whether it can be done depends on the state.
    pub(crate) fn change(&mut self, now: Timestamp) -> Change {
        let (start, end) = (self.below(3), self.below(3));
        let mut roles = ROLES.to_vec();
        for place in 0..roles.len() {
            roles.swap(place, self.below(ROLES.len()));
        }
        Change {
            kind: self.below(34),
            user: self.user(),
            app: self.one_of(&APPS),
            group: self.one_of(&GROUPS),
            role: self.one_of(&[
                RoleChange::Keep,
                RoleChange::Clear,
                RoleChange::Set(Role::parse(roles[0]).unwrap()),
                RoleChange::Set(Role::parse(roles[1]).unwrap()),
            ]),
            roles: roles.iter().map(|role| Role::parse(role).unwrap()).collect(),
            starts: [None, Some(now.plus(-1000)), Some(now.plus(1000))][start],
            ends: [None, Some(now.plus(-500)), Some(now.plus(50_000))][end],
        }
    }
}

impl Change {
    /// Does it.
    pub(crate) fn carry_out(&self, op: &Op<'_>) -> Result<(), Refusal> {
        let (user, app, crew) = (name(&self.user), slug(self.app), group(self.group));
        let receiver = || if self.kind.is_multiple_of(2) { to(&self.user) } else { Receiver::Group(crew.clone()) };
        let give = Give {
            role: self.role.clone(),
            starts_at: self.starts.into(),
            expires_at: self.ends.into(),
            ..Give::default()
        };
        let enabled = |enabled| users::Update { enabled: Some(enabled), ..users::Update::default() };
        match self.kind {
            0..=5 => grants::give(op, &app, &receiver(), &give).map(drop),
            6 | 7 => grants::take(op, &app, &receiver()).map(drop),
            8 | 9 => groups::join(op, &crew, &user).map(drop),
            10 => groups::leave(op, &crew, &user).map(drop),
            11 => settings::set(op, "access.accepted_domains", ["", "inside.example"][self.roles.len() % 2]).map(drop),
            12 => {
                let domains = if self.starts.is_some() { "inside.example,far.example" } else { "inside.example" };
                settings::set(op, "access.accepted_domains", domains).map(drop)
            }
            13 => {
                let word = if self.starts.is_some() { "allow" } else { "deny" };
                settings::set(op, "access.default_app", word).map(drop)
            }
            14 => apps::add(op, self.new_app()).map(drop),
            15 | 31.. => self.roles_of_app(op),
            16 => apps::remove(op, &app).map(drop),
            25..=30 => grants::give(op, &app, &Receiver::Group(crew.clone()), &give).map(drop),
            17 => grants::give_new(op, &[app], &Whom::AllApproved, &give).map(drop),
            18 => users::approve(op, &user).map(drop),
            19 => users::reject(op, &user).map(drop),
            20 => users::update(op, &user, &enabled(self.starts.is_some())).map(drop),
            21 if self.ends.is_some() => users::remove(op, &user, Seeded::Refuse).map(drop),
            22 => groups::add(op, &crew, "").map(drop),
            23 if self.ends.is_some() => groups::remove(op, &crew).map(drop),
            _ => users::add(op, new_account(&user)).map(drop),
        }
    }

    fn new_app(&self) -> apps::Add {
        let closed = self.ends.is_some();
        apps::Add {
            roles: if closed { self.roles.clone() } else { Vec::new() },
            admin_roles: if closed { self.roles[..1].to_vec() } else { Vec::new() },
            ..new_app(self.app, &[])
        }
    }

    fn roles_of_app(&self, op: &Op<'_>) -> Result<(), Refusal> {
        let roles = self.starts.map(|_| apps::Roles::These(self.roles.clone()));
        let admin_roles = Some(self.roles[..2].to_vec());
        apps::update(op, &slug(self.app), &apps::Update { roles, admin_roles, ..apps::Update::default() }).map(drop)
    }
}

fn new_account(user: &Username) -> Add {
    let email = Email::parse(user.as_str()).unwrap();
    let (fullname, origin) = (Fullname::default(), AccountOrigin::Added);
    Add { username: None, email, fullname, approval: Approval::Given, rank: Rank::Person, origin }
}

impl Trial {
    /// With people, apps and groups, of which most people are in some.
    pub(crate) fn peopled(luck: &mut Luck) -> Self {
        let trial = Self::new();
        let fill = |op: &Op<'_>| {
            let mut change = luck.change(op.now);
            for kind in [14, 22].into_iter().flat_map(|kind| [kind; 5]).chain([24; PEOPLE]).chain([8; 24]).enumerate() {
                change.kind = kind.1;
                change.app = APPS[kind.0 % APPS.len()];
                change.group = GROUPS[kind.0 % 3];
                let number = kind.0 % PEOPLE;
                change.user = user(number);
                // Some are there already: that is no matter.
                drop(change.carry_out(op));
            }
            Ok(())
        };
        trial.run(fill).unwrap();
        trial
    }

    /// Does changes by chance until so many were done.
    pub(crate) fn stir(&self, luck: &mut Luck, changes: usize) {
        let mut done = 0;
        while done < changes {
            let change = luck.change(self.database.now());
            done += usize::from(self.run(|op| change.carry_out(op)).is_ok());
        }
    }
}

fn user(number: usize) -> String {
    format!("p{number}@{}", ["inside.example", "else.example", "far.example"][number % 3])
}
