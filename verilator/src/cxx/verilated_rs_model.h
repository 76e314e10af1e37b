// verilated_rs_model.h - the functions behind one model's handle. The generated shim defines
// VERILATED_RS_WAVES and VERILATED_RS_COVERAGE (0 or 1) first.
// SPDX-License-Identifier: Apache-2.0
#ifndef VERILATED_RS_MODEL_H
#define VERILATED_RS_MODEL_H
#include "verilated_rs.h"
#if VERILATED_RS_WAVES
# include "verilated_vcd_c.h"
#endif
#if VERILATED_RS_COVERAGE
# include "verilated_cov.h"
#endif
#include <new>

namespace {

using verilated_rs::Context;

using Push = int (*)(void* sink, const char* data, size_t length);

#if VERILATED_RS_WAVES
// Hands the text of the value change dump to Rust, which knows file formats and failing disks.
class Sink final : public VerilatedVcdFile {
    Context* const m_context;
    void* const m_sink;
    const Push m_push;

public:
    Sink(Context* context, void* sink, Push push)
        : m_context{context}
        , m_sink{sink}
        , m_push{push} {}
    bool open(const std::string&) override { return true; }
    void close() override {}
    ssize_t write(const char* data, ssize_t length) override {
        if (m_push(m_sink, data, static_cast<size_t>(length))) m_context->flags |= Context::SINK;
        return length;  // else Verilator would call the lost write fatal for the model
    }
};
#endif

// `Inputs` shows the model what was set.
template <class Top, class Inputs>
struct Model {
    Context* context = nullptr;
    Top* top = nullptr;
    Inputs inputs;
#if VERILATED_RS_WAVES
    Sink* sink = nullptr;
    VerilatedVcdC* wave = nullptr;
#endif

    static Model* from(void* handle) { return static_cast<Model*>(handle); }

    // Runs `body` with the thread's context set; true if it came to its end.
    template <class Body>
    bool guarded(Body body) noexcept {
        if (VL_UNLIKELY(!verilated_rs::enter(context))) return false;
        try {
            body();
            return true;
        } catch (const verilated_rs::Fatal&) {
        } catch (...) {
            context->fail(Context::FATAL, "", 0, "C++ exception");
            context->id = Context::DEAD;
        }
        return false;
    }

    static void* make(uint64_t seed, void (*zero)(Top*)) noexcept {
        Model* const model = new (std::nothrow) Model;
        if (!model) return nullptr;
        try {
            model->context = new Context;
        } catch (...) {
            delete model;
            return nullptr;
        }
        model->guarded([&] {
            // No pool of idle threads: our models are single-threaded, and a process that forks must be.
            model->context->threads(1);
            model->context->randReset(2);
            model->context->randSeed(static_cast<int>(seed % 2147483646u) + 1);
            model->context->fatalOnError(false);
            model->context->traceEverOn(VERILATED_RS_WAVES);
            // Verilator's usual name; with none, the scopes of waves differ by release.
            model->top = new Top{model->context, "TOP"};
            zero(model->top);
            model->top->eval();
        });
        return model;
    }

    void free() noexcept {
        trace_close();
        guarded([&] { top->final(); });
        // A dead model cannot be entered, but its parts still look for the thread's context.
        Verilated::threadContextp(context);
        delete top;
        delete context;
        verilated_rs::leave();
        delete this;
    }

    void eval() noexcept {
        guarded([this] { inputs.eval(top); });
    }

    template <class Set>
    void tick(Set clock) noexcept {
        guarded([&] {
            clock(top, 1);
            inputs.eval(top);
            clock(top, 0);
            inputs.eval(top);
        });
    }

    void error(const char** file, int* line, const char** message) noexcept {
        *file = context->file.c_str();
        *line = context->line;
        *message = context->message.c_str();
    }

    int coverage(const char* path) noexcept {
#if VERILATED_RS_COVERAGE
        return guarded([&] { context->coveragep()->write(path); }) ? 0 : 1;
#else
        (void)path;
        return 2;
#endif
    }

    int trace_open(void* to, Push push) noexcept {
#if VERILATED_RS_WAVES
        trace_close();
        return guarded([&] {
            sink = new Sink{context, to, push};
            wave = new VerilatedVcdC{sink};
            top->trace(wave, 99);
            wave->open("sink");
        }) ? 0 : 1;
#else
        (void)to; (void)push;
        return 2;
#endif
    }

    void trace_dump(uint64_t time) noexcept {
#if VERILATED_RS_WAVES
        if (wave) guarded([&] { wave->dump(time); });
#else
        (void)time;
#endif
    }

    void trace_close() noexcept {
#if VERILATED_RS_WAVES
        if (wave) wave->close();
        delete wave;
        delete sink;
        wave = nullptr;
        sink = nullptr;
        context->flags &= static_cast<uint8_t>(~Context::SINK);
#endif
    }
};

}  // namespace
#endif
