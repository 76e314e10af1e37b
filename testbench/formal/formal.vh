// formal.vh - one text for two readers: yosys-smtbmc proves a topic, Icarus simulates the same one.
//
// PROBE declares a signal inside an instance: Yosys binds it when it flattens (hierconn), Icarus has
// hierarchical names of its own. A misspelt name stops Yosys: testbench/formal/one.sh looks for it.
// SPDX-License-Identifier: Apache-2.0
`ifdef FORMAL
`define PROBE(range, path) (* hierconn *) wire range path ;
`define ASSERT(name, what) name: assert (what);
`define ASSUME(name, what) name: assume (what);
`define COVER(name, what) name: cover (what);
`else
`define PROBE(range, path)
`define ASSERT(name, what) if ((what) !== 1'b1) begin : name $display("assertion %m"); $fatal; end
`define ASSUME(name, what) if ((what) !== 1'b1) begin : name $display("assumption %m"); $fatal; end
`define COVER(name, what) if ((what) === 1'b1) begin : name $display("cover %m"); end
`endif
