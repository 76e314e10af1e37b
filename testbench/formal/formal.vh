// formal.vh - one text for two readers: yosys-smtbmc proves a topic, Icarus simulates the same one.
//
// PROBE declares a signal inside an instance: Yosys binds it when it flattens (hierconn), Icarus has
// hierarchical names of its own. A misspelt name stops Yosys: testbench/formal/one.sh looks for it.
// EACH_CLOCK: to Yosys a clocked assertion looks at the clock before, which costs induction a step.
// SPDX-License-Identifier: Apache-2.0
`ifdef FORMAL
`define EACH_CLOCK always @*
`define PROBE(range, path) (* hierconn *) wire range path ;
`define ASSERT(name, what) name: assert (what);
`define ASSUME(name, what) name: assume (what);
`define COVER(name, what) name: cover (what);
`else
`define EACH_CLOCK always @(posedge clk_i)
`define PROBE(range, path)
`define ASSERT(name, what) if ((what) !== 1'b1) begin : name $display("assertion %m"); $fatal; end
`define ASSUME(name, what) if ((what) !== 1'b1) begin : name $display("assumption %m"); $fatal; end
`define COVER(name, what) if ((what) === 1'b1) begin : name $display("cover %m"); end
`endif
