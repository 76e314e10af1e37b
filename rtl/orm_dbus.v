// orm_dbus.v - bytes over the data bus, with a four-phase handshake between unrelated clocks.
//
// Clock    clk_i, rising edge; the partner's wires are synchronised outside.
// Reset    rst_ni, low = reset, sampled on clk_i: nothing driven.
// Timing   tx: data is stable one clock before db_req_o rises and until it fell. tx_ready_o is one
//          clock, when the partner has taken the byte and both wires are low again.
//          rx: rx_valid_o is one clock a byte, with rx_data_o.
// Bounds   none here: the sequencer waits with a bound and closes, which lets go of every wire.
// Fails to idle, nothing driven, from an unlisted phase.
// Proofs   testbench/formal/dbus.v; testbench/tests/orm.rs.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module orm_dbus (
    input  wire       clk_i,
    input  wire       rst_ni,
    input  wire       tx_open_i,
    input  wire       tx_valid_i,
    input  wire [7:0] tx_data_i,
    output wire       tx_ready_o,
    output wire       tx_idle_o,
    input  wire       rx_open_i,
    output wire       rx_valid_o,
    output wire [7:0] rx_data_o,
    output wire [7:0] db_data_o,
    output wire       db_oe_o,
    output wire       db_req_o,
    output wire       db_frame_o,
    input  wire       db_ack_i,
    input  wire [7:0] db_data_i,
    input  wire       db_req_i,
    output wire       db_ack_o
);
  localparam [1:0] ST_IDLE = 2'd0;
  localparam [1:0] ST_DATA = 2'd1;
  localparam [1:0] ST_REQ = 2'd2;
  localparam [1:0] ST_FALL = 2'd3;

  reg [1:0] state_q, state_d;
  reg [7:0] data_q, data_d;
  reg frame_q;
  reg ack_q, ack_d;

  assign db_data_o = data_q;
  assign db_oe_o = frame_q;
  assign db_frame_o = frame_q;
  assign db_req_o = state_q == ST_REQ;
  assign db_ack_o = ack_q;
  assign tx_ready_o = state_q == ST_FALL && !db_ack_i;
  assign tx_idle_o = state_q == ST_IDLE && !frame_q;
  assign rx_valid_o = rx_open_i && db_req_i && !ack_q;
  assign rx_data_o = rx_valid_o ? db_data_i : 8'd0;

  always @* begin : next_state
    state_d = state_q;
    data_d  = data_q;
    ack_d   = rx_open_i && db_req_i;
    case (state_q)
      ST_IDLE:
      if (tx_valid_i && !db_ack_i) begin
        data_d  = tx_data_i;
        state_d = ST_DATA;
      end
      ST_DATA: state_d = ST_REQ;
      ST_REQ:  if (db_ack_i) state_d = ST_FALL;
      default: if (!db_ack_i) state_d = ST_IDLE;  // ST_FALL
    endcase
    if (!tx_open_i) begin
      state_d = ST_IDLE;
      data_d  = 8'd0;
    end
  end

  always @(posedge clk_i) begin : state_reg
    if (!rst_ni) begin
      state_q <= ST_IDLE;
      data_q  <= 8'd0;
      frame_q <= 1'b0;
      ack_q   <= 1'b0;
    end else begin
      state_q <= state_d;
      data_q  <= data_d;
      frame_q <= tx_open_i;
      ack_q   <= ack_d;
    end
  end
endmodule
`default_nettype wire
