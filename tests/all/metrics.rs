//! What gk-admin counts, and the rules and the dashboard of `metrics/` which are made of that.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::world::{ADMIN, World, tool, wait_until};

fn ready_made(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("metrics").join(name)
}

/// Every string below a key `expr`, in YAML as well as in JSON: of the first, whole lines will do.
fn expressions() -> String {
    let rules = std::fs::read_to_string(ready_made("rules.yml")).unwrap();
    let told = |line: &&str| !line.trim_start().starts_with(['#', '-']) && !line.contains("summary:");
    let rules = rules.lines().filter(told).collect::<Vec<_>>().join("\n");
    let dashboard = std::fs::read_to_string(ready_made("dashboard.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    let targets = dashboard["panels"].as_array().unwrap().iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let drawn = targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    [&[rules][..], &drawn].concat().join("\n")
}

/// The metrics in them, each with the label it is picked by if that is for one value.
fn picked(text: &str) -> BTreeSet<(String, Option<String>)> {
    let starts = text.match_indices("gk_").map(|(at, _)| &text[at..]);
    let one = |rest: &str| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let label = after.strip_prefix('{').and_then(|inside| inside.split('}').next());
        (name.to_owned(), label.filter(|label| !label.contains('~') && !label.contains("!=")).map(str::to_owned))
    };
    starts.map(one).collect()
}

#[test]
fn promtool_takes_the_rules_and_they_fire_when_they_should() {
    for (verb, file) in [("check", "rules.yml"), ("test", "rules.test.yml")] {
        let done = Command::new(tool("promtool")).args([verb, "rules"]).arg(ready_made(file)).output().unwrap();
        let said = [done.stdout, done.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(done.status.success() && said.contains("SUCCESS"), "{said}");
    }
}

#[test]
fn whatever_the_rules_and_the_dashboard_name_is_served() {
    let world = World::start();
    let visitor = world.visitor();
    assert_eq!(visitor.signs_in("bob@inside.example", 1).status, 303);
    // Series of directories begin with the first question to one.
    let directory = ["directory", "add", "--domain", "corp", "--uri", "ldaps://127.0.0.1:1", "--base-dn", "dc=x"];
    world.gk(&directory).done();
    visitor.ask_for_link("nobody", "");
    wait_until("the directory to be asked", || world.admin_metrics().contains("gk_directory_lookups_total{"));
    let served = world.admin_metrics() + &world.metrics_page("/metrics").text();
    let picked = picked(&expressions());
    assert!(picked.len() > 15, "{picked:?}");
    for (name, label) in picked {
        let found = served.lines().any(|line| {
            line.starts_with(&name)
                && line[name.len()..].starts_with([' ', '{'])
                && label.as_ref().is_none_or(|label| line.contains(label.as_str()))
        });
        assert!(found, "{name} {label:?} is not in\n{served}");
    }
}

#[test]
fn requests_are_counted_by_route_and_status_and_sign_ins_by_what_came_of_them() {
    let world = World::start();
    let admin = world.visitor_as(ADMIN);
    let requests = |route: &str, status: u16| {
        world.admin_metric(&format!("gk_http_requests_total{{route=\"{route}\",status=\"{status}\"}}")).unwrap_or(0.0)
    };
    let before = requests("/admin/users/{id}", 200) + requests("none", 404);
    assert!(before < 0.1, "{before}");
    for (path, status) in [("/admin/users/1", 200), ("/admin/users/1", 200), ("/nowhere/secret", 404), ("/api/no", 404)]
    {
        assert_eq!(admin.get(path).status, status, "{path}");
    }
    for (route, status) in [("/admin/users/{id}", 200), ("none", 404)] {
        assert!((requests(route, status) - 2.0).abs() < 0.1, "{route}: {}", world.admin_metrics());
    }
    let sign_ins = |outcome: &str| world.admin_metric(&format!("gk_signins_total{{outcome=\"{outcome}\"}}"));
    let earlier = sign_ins("signed-in").unwrap();
    assert_eq!(world.visitor().signs_in("bob@inside.example", 1).status, 303);
    let (now, again) = (sign_ins("signed-in").unwrap(), sign_ins("signed-in").unwrap());
    assert!((now - earlier - 1.0).abs() < 0.1 && (again - now).abs() < 0.1, "{earlier} {now} {again}");
    let told = world.admin_metrics();
    for part in ["secret", "bob", "gk_job_seconds_count{task=\"revoked\"} 0", "gk_job_failures_total{task=\"mail\"} 0"]
    {
        assert_eq!(told.contains(part), part.starts_with("gk_"), "{part} in {told}");
    }
}
