//! Builds the models.

use verilated::build::Model;

fn main() {
    let mut models = Vec::new();
    let mut add = |name: &str, top: &str| {
        let mut model = Model::new(name);
        model.top(top).source(format!("{top}.v"));
        models.push(model);
        models.len() - 1
    };
    let (counter, covered) = (
        add("Vcounter", "counter"),
        add("VcounterCovered", "counter"),
    );
    let (_, block) = (add("Vtrouble", "trouble"), add("Vblock", "block"));
    let traced = add("VblockTraced", "block");
    let (crossing, held) = (
        add("Vcrossing", "crossing"),
        add("VcrossingHeld", "crossing"),
    );
    models[counter]
        .waves(true)
        .clock("clk_i")
        .cpp("bare_counter.cpp");
    models[covered].coverage();
    models[block].clock("clk_i").cpp("bare_block.cpp");
    models[traced].waves(true);
    models[crossing].param("STEP", "3");
    models[held]
        .param("STEP", "3")
        .clocks(&["a_clk_i", "b_clk_i"]);
    for model in &models {
        model.compile_or_exit();
    }
}
