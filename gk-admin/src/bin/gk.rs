//! The gk command: everything an operator or a script does, whether gk-admin runs or not.

fn main() -> std::process::ExitCode {
    gk_admin::cli::main()
}
