//! gk-validate: answers nginx whether a request may pass.

fn main() -> std::process::ExitCode {
    gk_validate::main()
}
