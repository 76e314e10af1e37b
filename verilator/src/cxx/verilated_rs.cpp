// verilated_rs.cpp - the runtime's hooks: errors are kept for the model they belong to.
// SPDX-License-Identifier: Apache-2.0
#include "verilated_rs.h"
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <vector>

namespace verilated_rs {

__thread Entered entered __attribute__((tls_model("initial-exec"))) = {0, nullptr};

Context::Context() {
    static std::atomic<uint64_t> last{0};
    id = ++last;
}

void Context::fail(uint8_t flag, const char* filename, int linenum, const char* text) {
    const bool first = !(flags & (ASSERTION | FATAL));
    flags |= flag;
    if (first) {
        file = filename ? filename : "";
        line = linenum;
        // "[0] %Error: counter.v:20: Assertion failed in ..." keeps what follows the place.
        const std::string place = file + ":" + std::to_string(linenum) + ": ";
        size_t from = pending.find(place);
        if (from != std::string::npos) {
            from += place.size();
        } else {
            from = pending.find(": ");
            from = from == std::string::npos ? 0 : from + 2;
        }
        message = pending.substr(from);
        while (!message.empty() && message.back() == '\n') message.pop_back();
        if (message.empty()) message = text;
    }
    pending.clear();
}

bool enter_slow(Context* context) {
    if (context->id == Context::DEAD) return false;
    Verilated::threadContextp(context);
    entered.id = context->id;
    entered.context = context;
    return true;
}

void leave() {
    static Context* const parking = new Context;
    Verilated::threadContextp(parking);
    entered.id = 0;
    entered.context = nullptr;
}

// Null while the thread runs a context that some other C++ made.
static Context* current() {
    return entered.context && Verilated::threadContextp() == entered.context ? entered.context
                                                                             : nullptr;
}

}  // namespace verilated_rs

using verilated_rs::Context;
using verilated_rs::current;

extern "C" int verilated_rs_printf(const char* format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int length = std::vsnprintf(nullptr, 0, format, arguments);
    va_end(arguments);
    if (length > 0) {
        std::vector<char> text(static_cast<size_t>(length) + 1);
        std::vsnprintf(text.data(), text.size(), format, again);
        Context* const context = current();
        if (context && (std::strstr(text.data(), "%Error") || std::strstr(text.data(), "%Fatal"))) {
            context->pending = text.data();
        } else {
            std::fwrite(text.data(), 1, static_cast<size_t>(length), stdout);
        }
    }
    va_end(again);
    return length;
}

void vl_finish(const char*, int, const char*) VL_MT_UNSAFE {
    Verilated::threadContextp()->gotFinish(true);
    if (Context* const context = current()) context->flags |= Context::FINISHED;
}

void vl_stop(const char* filename, int linenum, const char*) VL_MT_UNSAFE {
    Verilated::threadContextp()->gotError(true);
    if (Context* const context = current()) {
        context->fail(Context::ASSERTION, filename, linenum, "$stop");
    } else {
        std::fprintf(stderr, "%s:%d: $stop\n", filename, linenum);
    }
}

void vl_fatal(const char* filename, int linenum, const char*, const char* text) VL_MT_UNSAFE {
    Verilated::threadContextp()->gotError(true);
    if (Context* const context = current()) {
        context->fail(Context::FATAL, filename, linenum, text);
        context->id = Context::DEAD;
    } else {
        std::fprintf(stderr, "%s:%d: %s\n", filename, linenum, text);
    }
    throw verilated_rs::Fatal{};
}

void vl_warn(const char* filename, int linenum, const char*, const char* text) VL_MT_UNSAFE {
    std::fprintf(stderr, "Warning: %s:%d: %s\n", filename, linenum, text);
}
