//! The gk command: everything an operator or a script does, whether gk-admin runs or not.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Err(error) = gk_shared::core_dumps::forbid() {
        eprintln!("error: core dumps cannot be forbidden: {error}");
        return ExitCode::FAILURE;
    }
    gk_admin::cli::main()
}
