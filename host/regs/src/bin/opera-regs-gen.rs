//! Writes the files made from `rtl/regs/opera.toml`, or with `--check` says which are stale.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use opera_regs::generator::{COMMAND, generate, root};

fn main() -> ExitCode {
    match work(std::env::args().any(|argument| argument == "--check")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("opera-regs-gen: {error}");
            ExitCode::FAILURE
        }
    }
}

fn work(check: bool) -> Result<(), String> {
    let path = root().join("rtl/regs/opera.toml");
    let source = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    for output in generate(&source)? {
        let path = root().join(&output.path);
        if std::fs::read_to_string(&path).is_ok_and(|text| text == output.text) {
            continue;
        }
        if check {
            return Err(format!(
                "{} is stale; run: {COMMAND}",
                output.path.display()
            ));
        }
        std::fs::write(&path, &output.text).map_err(|e| format!("{}: {e}", path.display()))?;
        println!("wrote {}", output.path.display());
    }
    Ok(())
}
