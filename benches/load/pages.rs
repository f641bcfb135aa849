//! How long gk-admin takes for the pages of people, with 10,000 and with 100,000 of them: milliseconds from the first
//! byte asked to the last byte read, over a kept connection, the median of fifteen, both sizes asked in turns.

use std::process::Command;
use std::time::Instant;

use crate::scene::{gk_in, product};
use crate::servers::{Server, free_address};

const ROUNDS: usize = 15;
/// No page takes longer than this.
const BAR: f64 = 50.0;

const PAGES: [(&str, &str); 12] = [
    ("the list", "/admin/users"),
    ("its last page", "/admin/users?page=200000"),
    ("by name, from the end", "/admin/users?sort=fullname&order=desc"),
    ("those who wait", "/admin/users?status=pending"),
    ("administrators", "/admin/users?rank=admins"),
    ("one among all", "/admin/users?search=user009998"),
    ("a search that nobody matches", "/admin/users?search=nobody-at-all"),
    ("a search that all match", "/admin/users?search=example.com"),
    ("two letters that nobody has", "/admin/users?search=zq"),
    ("people from outside, of whom none is", "/admin/users?kind=external"),
    ("one person", "/admin/users/777"),
    ("the group of all", "/admin/groups/2"),
];

/// An installation with so many people, and a session of its administrator.
struct House {
    people: i64,
    cookie: String,
    url: String,
    _server: Server,
    _folder: tempfile::TempDir,
    agent: ureq::Agent,
}

impl House {
    fn of(people: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("gatekeeper.sqlite3");
        let gk = |arguments: &str| gk_in(&database, arguments);
        gk("init-db");
        gk("config set access.accepted_domains example.com");
        gk("create-admin --username admin --email admin@example.com");
        crowd(&database, people);
        let cookie = gk("sessions create --user admin").trim().to_owned();
        let (address, place) = free_address();
        let mut command: Command = product("gk-admin");
        command.args(["serve", "--metrics", "off", "--listen", &address.to_string(), "--db"]).arg(&database);
        let server = Server::start(&mut command, &[&place]);
        let agent = ureq::Agent::config_builder().proxy(None).build().into();
        Self { people, cookie, url: format!("http://{address}"), _server: server, _folder: folder, agent }
    }

    /// Milliseconds for one page.
    fn ask(&self, path: &str) -> f64 {
        let started = Instant::now();
        let request = self.agent.get(format!("{}{path}", self.url)).header("Cookie", &self.cookie);
        let mut answer = request.call().unwrap_or_else(|error| panic!("{path}: {error}"));
        answer.body_mut().read_to_vec().unwrap();
        started.elapsed().as_secs_f64() * 1000.0
    }
}

/// Adds people behind the back of the product; twenty of them wait.
fn crowd(database: &std::path::Path, people: i64) {
    let database = rusqlite::Connection::open(database).unwrap();
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
               INSERT INTO user (username, email, fullname, status, login_salt, created_at, updated_at)
               SELECT printf('user%06d', i), printf('user%06d@example.com', i), printf('Person %d', i * 7919 % 99991),
                   iif(i <= 20, 'pending', 'approved'), zeroblob(16), i, i FROM n";
    database.execute(sql, [people]).unwrap();
    let sql = "INSERT INTO membership SELECT id, 2, 0 FROM user WHERE status = 'approved' ON CONFLICT DO NOTHING";
    database.execute(sql, []).unwrap();
}

/// Prints the figures; gives whether all are within the bar.
pub(crate) fn run() -> bool {
    let houses = [10_000, 100_000].map(House::of);
    println!("milliseconds for a page of the console, median of {ROUNDS}");
    let mut held = true;
    for (name, path) in PAGES {
        let mut taken = [Vec::new(), Vec::new()];
        for _ in 0..=ROUNDS {
            for (house, times) in houses.iter().zip(&mut taken) {
                times.push(house.ask(path));
            }
        }
        // The first of each fills caches.
        let [few, many] = taken.map(|times| median(&times[1..]));
        let sizes = houses.each_ref().map(|house| house.people);
        println!("  {name:<36} {few:>6.1} with {}, {many:>6.1} with {}, ratio {:.1}", sizes[0], sizes[1], many / few);
        held &= many <= BAR;
    }
    held
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
