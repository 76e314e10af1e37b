// verilated_rs_print.h - included before everything else, so that what the runtime prints passes
// through the hooks. SPDX-License-Identifier: Apache-2.0
#ifndef VERILATED_RS_PRINT_H
#define VERILATED_RS_PRINT_H
extern "C" int verilated_rs_printf(const char* format, ...) __attribute__((format(printf, 1, 2)));
#define VL_PRINTF verilated_rs_printf
#endif
