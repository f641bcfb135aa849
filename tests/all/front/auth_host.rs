//! What nginx keeps from the logs and from the pages of the auth host.

use super::page;
use crate::world::{Request, World, programs};

#[test]
fn an_address_that_is_a_secret_stands_in_no_log() {
    let world = World::start();
    world.start_nginx();
    let paths = std::fs::read_to_string(programs::project().join("gk-admin/src/ui/paths.rs")).unwrap();
    let secret = "S3CRET".repeat(7) + "X";
    let with_secret = paths.split('"').filter(|path| path.starts_with('/') && path.contains("{token}"));
    let mut asked = with_secret.map(|path| path.replace("{token}", &secret)).collect::<Vec<_>>();
    asked.push(format!("/auth/verify?token={secret}"));
    assert!(asked.len() >= 4, "{asked:?}");
    let ask = || asked.iter().map(|path| world.auth(&page(path)).status).collect::<Vec<_>>();
    assert!(ask().iter().all(|status| [303, 410].contains(status)), "{:?}", ask());
    assert_eq!(world.auth(&page("/signin?seen")).status, 200);
    world.stop_admin();
    assert!(ask().iter().all(|status| *status == 503), "{:?}", ask());
    let logs =
        ["access.log", "error.log"].map(|log| std::fs::read_to_string(world.folder().join("nginx").join(log)).unwrap());
    assert!(logs[0].contains("/signin?seen"), "{}", logs[0]);
    assert!(logs.iter().all(|log| !log.contains(&secret)), "{logs:?}");
    assert!(!world.admin_talk().contains(&secret));
}

#[test]
fn a_flood_of_forms_from_one_address_is_slowed_down_and_looking_is_not() {
    let world = World::start();
    world.start_nginx();
    let form = Request::form("/signin/sent", &[("flow", "0123456789abcdef"), ("code", "2222-2222")]);
    let answers = (0..200).map(|_| world.auth(&form)).collect::<Vec<_>>();
    let sent = answers.iter().map(|answer| answer.status).collect::<Vec<_>>();
    assert!(sent.iter().take(100).all(|status| *status == 422), "{sent:?}");
    let slowed = answers.iter().find(|answer| answer.status == 429).expect("the flood is slowed down");
    assert!(slowed.text().contains("<h1>Please wait a moment</h1>"), "{slowed:?}");
    assert_eq!((slowed.header("retry-after"), slowed.header("cache-control")), (Some("5"), Some("no-store")));
    assert!((0..200).all(|_| world.auth(&page("/signin")).status == 200));
}
