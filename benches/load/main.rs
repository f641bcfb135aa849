//! How fast an answer is, as ratios taken side by side: gk-validate against a bare hyper server with the
//! same headers and against nginx's own 204, and nginx protected by it against nginx protected by a 204. Then how long
//! gk-admin's pages of people take; with `GK_BENCH=pages` only that.
//!
//! `make bench` (or `cargo build --release --workspace --bins && cargo bench --bench load`).
//! `GK_BENCH_ROUNDS` (5) and `GK_BENCH_SECONDS` (1.0, for each figure) make it longer or shorter.
//! Only ratios of one run compare: the machine's own speed moves by a fifth between runs.

#![expect(clippy::print_stdout, reason = "a benchmark's result is what it prints")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may stop at the first surprise")]

mod bare;
mod direct;
mod end_to_end;
mod generator;
mod pages;
mod processor;
mod report;
mod rounds;
mod scene;
mod servers;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == bare::ARGUMENT) {
        bare::serve(&arguments[1..]);
        return;
    }
    if std::env::var_os("GK_BENCH").is_some_and(|only| only == "pages") {
        pages::run();
        return;
    }
    let plan = rounds::Plan::from_environment();
    let scene = scene::Scene::set();
    println!("{plan}\n");
    let enough = [direct::run(&scene, &plan), end_to_end::run(&scene, &plan)];
    if enough.contains(&false) {
        println!("\nSome ratio is under {:.2}.", report::BAR);
    }
    println!();
    if !pages::run() {
        println!("\nSome page takes longer than 50 ms.");
    }
}
