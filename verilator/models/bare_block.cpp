// bare_block.cpp - the benchmark's yardstick: the block in a plain C++ loop.
// SPDX-License-Identifier: Apache-2.0
#include "Vblock.h"

extern "C" uint64_t bare_block(uint64_t clocks) {
    VerilatedContext* const before = Verilated::threadContextp();
    // Made once, like the Rust model; the first clock of each call is a reset.
    static VerilatedContext* const context = new VerilatedContext;
    static Vblock* const top = new Vblock{context, ""};
    Verilated::threadContextp(context);
    uint64_t sum = 0;
    top->clk_i = 0;
    top->rst_ni = 0;
    top->lad_i = 0;
    top->eval();
    for (uint64_t n = 0; n < clocks; ++n) {
        top->clk_i = 1;
        top->rst_ni = n != 0;
        top->lad_i = (n * 7 + (n >> 5)) & 15;
        top->eval();
        top->clk_i = 0;
        top->eval();
        sum += top->lad_o;
    }
    sum += top->sum_o;
    Verilated::threadContextp(before);
    return sum;
}
