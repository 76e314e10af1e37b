// verilated_rs.h - what the hooks keep for each model. SPDX-License-Identifier: Apache-2.0
#ifndef VERILATED_RS_H
#define VERILATED_RS_H
#include "verilated.h"
#include <cstdint>
#include <string>

namespace verilated_rs {

// Thrown by vl_fatal, which Verilator expects not to return (a loop that does not converge would
// go on for ever), and caught in every function of the shim.
struct Fatal {};

// The context of one model, with what its Verilog reported first.
struct Context final : public VerilatedContext {
    static constexpr uint64_t DEAD = ~0ULL;
    static constexpr uint8_t ASSERTION = 1, FATAL = 2, SINK = 4, FINISHED = 8;
    uint64_t id;
    uint8_t flags = 0;  // Rust reads this byte in place
    int line = 0;
    std::string file, message;
    std::string pending;  // error text printed just before the stop that belongs to it
    Context();
    void fail(uint8_t flag, const char* filename, int linenum, const char* text);
};

// The model that this thread ran last. Ids are never used twice, so that a stale entry cannot be
// taken for a new model at an old address. `__thread` needs no initialiser call on access.
struct Entered {
    uint64_t id;
    Context* context;
};
extern __thread Entered entered __attribute__((tls_model("initial-exec")));

bool enter_slow(Context* context);

// Makes `context` the thread's own; false if its model cannot run any more. The runtime's setter
// also writes a variable that all threads share, so it is called on a change only.
static inline bool enter(Context* context) {
    return VL_LIKELY(entered.id == context->id) || enter_slow(context);
}

// Parks the thread on a context that lives for ever: the runtime keeps pointing to the last one.
void leave();

}  // namespace verilated_rs
#endif
