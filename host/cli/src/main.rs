//! The `opera` command.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use opera_cli::args::Cli;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe while help is printed is not worth a word.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match opera_cli::run(&cli) {
        Ok(output) => finish(&output, ExitCode::SUCCESS),
        Err((output, failure)) => {
            let code = finish(&output, ExitCode::from(failure.exit as u8));
            let _ = writeln!(io::stderr(), "opera: {failure}");
            code
        }
    }
}

/// Prints the output; a reader that closed the pipe has what it wanted.
fn finish(output: &str, code: ExitCode) -> ExitCode {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(output.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => code,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "opera: standard output: {error}");
            ExitCode::from(1)
        }
    }
}
