// bare_counter.cpp - the benchmark's yardstick: the counter in a plain C++ loop.
// SPDX-License-Identifier: Apache-2.0
#include "Vcounter.h"

extern "C" uint64_t bare_counter(uint64_t clocks) {
    VerilatedContext* const before = Verilated::threadContextp();
    // Made once, like the Rust model; the first clock of each call is a reset.
    static VerilatedContext* const context = new VerilatedContext;
    static Vcounter* const top = new Vcounter{context, ""};
    Verilated::threadContextp(context);
    uint64_t sum = 0;
    top->clk_i = 0;
    top->rst_ni = 0;
    top->fail_i = 0;
    for (int n = 0; n < 4; ++n) top->add_i[n] = n;
    top->eval();
    for (uint64_t n = 0; n < clocks; ++n) {
        top->clk_i = 1;
        top->rst_ni = n != 0;
        top->eval();
        top->clk_i = 0;
        top->eval();
        sum += top->byte_o;
    }
    Verilated::threadContextp(before);
    return sum;
}
