//! Links and codes: used once, by the browser that asked, within their tries.

use crate::signin::asked;
use crate::world::{Answer, Request, Visitor, World};

#[test]
fn fifty_posts_at_once_of_a_link_or_a_code_make_one_session() {
    let world = World::start();
    world.person("race@example.com");
    let (visitor, path) = asked(&world, "race@example.com", "");
    assert_one_signs_in(&fifty(&|| visitor.post(&path, &[])), 410);
    let visitor = world.visitor();
    let (flow, code) = asked_for_code(&world, &visitor, "race@example.com");
    let posts = fifty(&|| visitor.post("/signin/sent", &[("flow", &flow), ("code", &code)]));
    assert_one_signs_in(&posts, 422);
}

/// The same request fifty times at once.
#[track_caller]
fn fifty(request: &(dyn Fn() -> Answer + Sync)) -> Vec<Answer> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..50).map(|_| scope.spawn(request)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[track_caller]
fn assert_one_signs_in(answers: &[Answer], refusal: u16) {
    let statuses = answers.iter().map(|answer| answer.status).collect::<Vec<_>>();
    assert_eq!(statuses.iter().filter(|&&status| status == 303).count(), 1, "{statuses:?}");
    assert_eq!(answers.iter().filter(|answer| answer.sets("gk_session").is_some()).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|&status| status == 303 || status == refusal), "{statuses:?}");
}

/// Asks for a sign-in mail; gives the flow and the code from the mail.
#[track_caller]
pub(crate) fn asked_for_code(world: &World, visitor: &Visitor<'_>, email: &str) -> (String, String) {
    let count = world.sign_in_mails_to(email).len() + 1;
    let flow = visitor.ask_for_link(email, "").location().rsplit('=').next().unwrap().to_owned();
    (flow, code_in(&world.wait_for_sign_in_mail(email, count)))
}

/// The code in a mail: alone on its line.
#[track_caller]
pub(crate) fn code_in(mail: &str) -> String {
    let is_code = |line: &&str| line.len() == 9 && line.chars().nth(4) == Some('-');
    mail.lines().map(str::trim_end).find(is_code).expect("the mail has a code").to_owned()
}

#[test]
fn five_wrong_codes_end_that_sign_in_only_and_a_stranger_cannot_spend_them() {
    let world = World::start();
    world.person("coded@example.com");
    let visitor = world.visitor();
    let (spent, right) = asked_for_code(&world, &visitor, "coded@example.com");
    let (kept, other) = asked_for_code(&world, &visitor, "coded@example.com");
    let enter =
        |who: &Visitor<'_>, flow: &str, code: &str| who.post("/signin/sent", &[("flow", flow), ("code", code)]).status;
    for _ in 0..20 {
        assert_eq!(enter(&world.visitor(), &kept, "2222-2222"), 422, "without the cookie");
        assert_eq!(enter(&world.visitor(), &kept, &other), 422, "even the right one");
    }
    for typed in ["", "2222", "2222-2222-2", "nothing!", "0000-0000", "2222-222O"] {
        assert_eq!(enter(&visitor, &kept, typed), 422, "what cannot be a code spends no try: {typed}");
    }
    for _ in 0..5 {
        assert_eq!(enter(&visitor, &spent, "2222-2222"), 422);
    }
    assert_eq!(enter(&visitor, &spent, &right), 422, "this one has had its five tries");
    assert_eq!(enter(&visitor, &kept, &other.to_lowercase().replace('-', "  ")), 303, "the other has not");
}

#[test]
fn a_browser_keeps_eight_pending_sign_ins() {
    let world = World::start();
    let visitor = world.visitor();
    let flows = (0..9).map(|number| {
        let sent = visitor.ask_for_link(&format!("n{number}@nowhere.example"), "").location().to_owned();
        (sent.clone(), visitor.get(&sent).text().contains("id=\"code\""))
    });
    let flows = flows.collect::<Vec<_>>();
    assert!(flows.iter().all(|(_, waits)| *waits));
    let wait = flows.iter().map(|(sent, _)| visitor.get(sent).text().contains("id=\"code\"")).collect::<Vec<_>>();
    assert_eq!(wait.iter().filter(|waits| **waits).count(), 8, "{wait:?}");
}

#[test]
fn the_ninth_pending_sign_in_drops_the_first_and_no_other() {
    let world = World::start();
    // Browsers send the oldest first, which the visitors of these tests do not.
    let mut jar = Vec::<String>::new();
    let mut flows = Vec::new();
    for number in 0..9 {
        let email = format!("n{number}@nowhere.example");
        let form = Request::form("/signin", &[("email", &email), ("redirect", "")]).with("Cookie", &jar.join("; "));
        let sent = world.ask_admin(&form);
        for set in sent.all("set-cookie") {
            let (pair, attributes) = set.split_once(';').unwrap();
            let name = pair.split_once('=').unwrap().0;
            jar.retain(|kept| !kept.starts_with(name));
            if !attributes.contains("Max-Age=0") {
                jar.push(pair.to_owned());
            }
        }
        flows.push(sent.location().to_owned());
    }
    assert_eq!(jar.len(), 8);
    let waits = flows.iter().map(|sent| {
        let page = world.ask_admin(&Request::get(sent).with("Cookie", &jar.join("; ")));
        page.text().contains("id=\"code\"")
    });
    assert_eq!(waits.collect::<Vec<_>>(), [[false].as_slice(), &[true; 8]].concat());
}

#[test]
fn ending_all_sessions_of_a_person_ends_what_they_have_begun() {
    let world = World::start();
    world.person("salted@example.com");
    let (visitor, path) = asked(&world, "salted@example.com", "");
    let (flow, code) = asked_for_code(&world, &visitor, "salted@example.com");
    world.gk(&["sessions", "revoke", "--user", "salted@example.com"]).done();
    assert_eq!(visitor.post(&path, &[]).status, 410);
    assert_eq!(visitor.post("/signin/sent", &[("flow", &flow), ("code", &code)]).status, 422);
}

#[test]
fn the_page_of_a_link_to_register_says_so() {
    let world = World::start();
    let visitor = world.visitor();
    let email = "new@elsewhere.example";
    assert_eq!(visitor.post("/register", &[("email", email)]).status, 303);
    let page = visitor.get(&world.mailed_path(email, 1)).text();
    assert!(page.contains("<h1>Register as</h1>") && page.contains(email), "{page}");
}
