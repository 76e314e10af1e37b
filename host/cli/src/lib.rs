//! stub
pub mod args;
pub mod failure;
/// run
pub fn run(_cli: &args::Cli) -> Result<String, (String, failure::Failure)> {
    Ok(String::new())
}
