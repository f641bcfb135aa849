//! How fast an answer is, as ratios taken side by side: gk-validate against a bare hyper server with the
//! same headers and against nginx's own 204, and nginx protected by it against nginx protected by a 204. Then how long
//! gk-admin's pages of people take. Also instructions, times of single requests, garbage beside them, what an idle
//! gk-validate takes, its memory and its start. `GK_BENCH` names one of direct, nginx, connections, log, garbage, instructions, alone and
//! pages to measure only that.
//!
//! `make bench` (or `cargo build --release --workspace --bins && cargo bench --bench load`).
//! `GK_BENCH_ROUNDS` (15) and `GK_BENCH_SECONDS` (1.0, for each figure) make it longer or shorter.
//! `GK_PEER` measures another program beside it (see `peer.rs`).
//! Only ratios of one run compare: the machine's own speed moves by a fifth between runs.

#![expect(clippy::print_stdout, reason = "a benchmark's result is what it prints")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may stop at the first surprise")]

mod alone;
mod bare;
mod connections;
mod decision_log;
mod direct;
mod end_to_end;
mod generator;
mod instructions;
mod latency;
mod one_by_one;
mod pages;
mod peer;
mod processor;
mod raw;
mod report;
mod rounds;
mod scene;
mod servers;
mod stream;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == bare::ARGUMENT) {
        bare::serve(&arguments[1..]);
        return;
    }
    if arguments.first().is_some_and(|first| first == raw::ARGUMENT) {
        raw::serve(&arguments[1..]);
        return;
    }
    let only = std::env::var("GK_BENCH").ok();
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let plan = rounds::Plan::from_environment();
    let scene = scene::Scene::set();
    println!("{plan}\n");
    let mut missed = Vec::new();
    let mut measure = |name: &'static str, measured: &dyn Fn() -> bool| {
        if wanted(name) && !measured() {
            missed.push(name);
        }
    };
    measure("alone", &|| alone::run(&scene));
    measure("instructions", &|| instructions::run(&scene));
    measure("direct", &|| direct::run(&scene, &plan));
    measure("nginx", &|| end_to_end::run(&scene, &plan));
    measure("connections", &|| connections::run(&scene));
    measure("log", &|| decision_log::run(&scene, &plan));
    measure("garbage", &|| latency::beside_garbage(&scene));
    measure("pages", &pages::run);
    if !missed.is_empty() {
        println!("A bar was missed in: {}.", missed.join(", "));
    }
}
