//! Every way to ask for a sign-in mail answers everybody alike.

use crate::api::raw;
use crate::world::{Answer, Request, World, encode, wait_until};

const CALLBACK: &str = "https://ledger.example.net/callback";
const CLASSES: [&str; 6] = ["known", "unknown", "disabled", "pending", "rejected", "limited"];

/// What an onlooker can tell of an answer, without what is random.
fn shape(answer: &Answer, email: &str) -> Vec<String> {
    let flow = answer.headers.iter().find_map(|(_, value)| value.strip_prefix("gk_flow_")?.split('=').next());
    let flow = flow.expect("a pending sign-in begins");
    assert!(flow.len() == 16 && flow.bytes().all(|byte| byte.is_ascii_hexdigit()), "{answer:?}");
    let plain = |value: &str| {
        let value = value.replace(flow, "FLOW").replace(email, "ADDRESS");
        let Some((name, secret)) = value.strip_prefix("gk_flow_").and_then(|rest| rest.split_once('=')) else {
            return value;
        };
        let (secret, attributes) = secret.split_once(';').expect("a cookie has attributes");
        assert_eq!(secret.len(), 43, "{answer:?}");
        format!("gk_flow_{name}=SECRET;{attributes}")
    };
    let headers = answer.headers.iter().filter(|(name, _)| name != "date");
    let mut shape = headers.map(|(name, value)| format!("{name}: {}", plain(value))).collect::<Vec<_>>();
    shape.push(answer.status.to_string());
    shape.push(plain(&answer.text()));
    shape
}

/// A world with an account of each class.
#[track_caller]
fn world() -> World {
    let world = World::start();
    let email = |class: &str| format!("{class}@example.com");
    for class in ["known", "disabled", "rejected", "limited"] {
        world.person(&email(class));
    }
    world.gk(&["users", "add", "--email", &email("pending")]).done();
    world.gk(&["users", "update", "--user", &email("disabled"), "--disable"]).done();
    world.gk(&["users", "reject", "--user", &email("rejected")]).done();
    for count in 1..=3 {
        world.visitor().ask_for_link(&email("limited"), "");
        world.wait_for_mail(&email("limited"), count);
    }
    world
}

/// Asks for a mail to each class, each from a browser of its own and once more from one network that is over its limit,
/// and compares the answers.
#[track_caller]
fn assert_alike(world: &World, ask: &dyn Fn(&str) -> Request) {
    let own = |request: Request| request.with("Sec-Fetch-Site", "same-origin").with("Origin", &world.auth_url());
    let shapes = CLASSES.map(|class| {
        let email = format!("{class}@example.com");
        (class, shape(&world.visitor().ask(own(ask(&email))), &email))
    });
    let (_, expected) = &shapes[0];
    for (class, shape) in &shapes {
        assert_eq!(shape, expected, "{class}");
    }
    let flood = world.visitor();
    for number in 0..12 {
        let email = format!("n{number}@example.com");
        assert_eq!(shape(&flood.neighbour().ask(own(ask(&email))), &email), *expected, "number {number} of a network");
    }
    world.gk(&["config", "set", "auth.global_limit", "1"]).done();
    let email = "known@example.com";
    assert_eq!(shape(&world.visitor().ask(own(ask(email))), email), *expected, "over the limit for everybody");
    let over = |limit: &str| world.admin_metric(&format!("gk_signin_requests_total{{outcome=\"over-{limit}\"}}"));
    for limit in ["mailbox", "network", "everybody"] {
        wait_until("the request to be counted", || over(limit).is_some_and(|count| count > 0.5));
    }
    world.gk(&["config", "set", "auth.global_limit", "1000"]).done();
}

#[test]
fn an_apps_own_sign_in_page_answers_everybody_alike() {
    let world = world();
    world.gk(&["apps", "add", "--slug", "ledger", "--name", "Ledger", "--callback", CALLBACK]).done();
    let ask = |email: &str| {
        Request::form("/auth/login", &[("identifier", email), ("callback_url", CALLBACK), ("next", "/books")])
    };
    assert_alike(&world, &ask);
    let form = format!("/auth/login?callback_url={}", encode(CALLBACK));
    assert_eq!(world.visitor().get(&form).status, 200);
}

#[test]
fn the_api_answers_everybody_alike() {
    let world = world();
    for path in ["/api/v1/auth/signin", "/api/v1/auth/register"] {
        assert_alike(&world, &|email| raw(path, &serde_json::json!({ "email": email }).to_string()));
    }
}

#[test]
fn the_api_refuses_every_code_that_does_not_work_alike() {
    let world = world();
    let refusals = CLASSES.map(|class| {
        let (visitor, email) = (world.visitor(), format!("{class}@example.com"));
        let own =
            |path: &str, body: serde_json::Value| raw(path, &body.to_string()).with("Sec-Fetch-Site", "same-origin");
        visitor.ask(own("/api/v1/auth/signin", serde_json::json!({ "email": email })));
        let typed = serde_json::json!({ "email": email, "code": "2222-2222" });
        let answer = visitor.ask(own("/api/v1/auth/signin/verify", typed));
        let headers = answer.headers.iter().filter(|(name, _)| name != "date").cloned().collect::<Vec<_>>();
        (answer.status, headers, answer.text())
    });
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0] && refusal.0 == 400), "{refusals:?}");
}
