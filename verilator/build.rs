//! Builds the model that this crate's own tests run.

#[expect(dead_code, reason = "these models need only part of it")]
#[path = "src/build.rs"]
mod build;

fn main() {
    println!("cargo::rerun-if-changed=tests/counter.v");
    for (name, waves) in [
        ("Vcounter", build::Waves::Vcd),
        ("VcounterFst", build::Waves::Fst),
    ] {
        let mut model = build::Model::new(name);
        model.top("counter").source("tests/counter.v").waves(waves);
        if let Err(error) = model.compile() {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}
