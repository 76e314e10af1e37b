// tpm_tis.v - the simulated TPM chip's end of the LPC bus: TPM cycles to a FIFO interface, locality 0.
//
// Clock    clk_i = LCLK, rising edge.   Reset  rst_ni (low = reset, sampled) and lreset_ni as in lpc_target.
// Timing   every cycle 13 clocks: the register side acknowledges in the clock after the request, which
//          is still turn-around, so there is never a wait.
// Place    a chip of its own on the board, beside the wallet's FPGA and on the same LAD; the TPM itself is
//          behind the port on the back: while exec_o is 1 it takes the command, then gives the response.
// Bounds   execution ends when the response has come whole, when the host takes the command back
//          (COMMAND_READY or ACTIVE), or in reset; the host bounds its wait. Nothing else waits.
// Fails to ST_IDLE, command and response gone, from any unlisted state. Writes that set several bits,
//          bytes that nobody expects, a start of half a command and a response longer than the
//          buffer change nothing.
// Proofs   testbench/formal/tis.v, testbench/formal/shared.v, testbench/unit/tb_tpm_tis.v.
//          testbench/tests/tpm_bus.rs; ARCHITECTURE.md, invariants I10, I11.
// Source   TCG PC Client Platform TPM Profile 1.05, FIFO interface; TIS 1.3 for the state table.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
`include "opera_regs.vh"
module tpm_tis #(
    parameter BUFFER_BITS = 12           // longest command and response: 2**BUFFER_BITS bytes, 7 to 15
) (
    input  wire       clk_i,
    input  wire       rst_ni,
    input  wire       lreset_ni,
    input  wire       lframe_ni,
    input  wire [3:0] lad_i,
    output wire [3:0] lad_o,
    output wire       lad_oe_o,
    // the TPM: command bytes out, one a clock in which both are 1; then response bytes in
    output wire       exec_o,            // 0 = forget what you had
    output wire       cmd_valid_o,       // cmd_data_o holds the next byte of the command
    output wire [7:0] cmd_data_o,
    input  wire       cmd_ready_i,
    output wire       rsp_ready_o,       // 1 once the command was taken
    input  wire       rsp_valid_i,
    input  wire [7:0] rsp_data_i,
    input  wire       rsp_last_i         // this is the last byte
);
  localparam [2:0] ST_IDLE = 3'd0;
  localparam [2:0] ST_READY = 3'd1;      // no byte of a command yet
  localparam [2:0] ST_COMMAND = 3'd2;    // some
  localparam [2:0] ST_TAKE = 3'd3;       // the TPM takes the command
  localparam [2:0] ST_RESPOND = 3'd4;    // it works, and gives the response
  localparam [2:0] ST_DONE = 3'd5;       // the host may read the response
  localparam W = BUFFER_BITS + 1;
  localparam [W-1:0] SIZE = 1 << BUFFER_BITS;
  localparam [W-1:0] BURST = 64;
  localparam [W-1:0] ZERO = 0;
  localparam [W-1:0] ONE = 1;
  localparam [W-1:0] HEADER = 10;        // tag, size, code: shorter is no command
  localparam [W-1:0] SIZE_KNOWN = 6;     // bytes up to the end of the size field

  // ---- bus
  wire [15:0] addr;
  wire [7:0] wdata;
  wire wr_req, wr_commit, rd_req, rd_commit, fw_rd, fw_wr_commit, busy;
  wire [27:0] fw_addr;
  wire [31:0] fw_wdata;
  wire [2:0] fw_wbytes;
  reg ack_q;
  reg [7:0] rdata_q, rdata_d;
  lpc_target #(
      .TPM(1)
  ) u_target (
      .clk_i         (clk_i),
      .rst_ni        (rst_ni),
      .lreset_ni     (lreset_ni),
      .lframe_ni     (lframe_ni),
      .lad_i         (lad_i),
      .lad_o         (lad_o),
      .lad_oe_o      (lad_oe_o),
      .addr_o        (addr),
      .wdata_o       (wdata),
      .wr_req_o      (wr_req),
      .wr_ack_i      (ack_q),
      .wr_commit_o   (wr_commit),
      .rd_req_o      (rd_req),
      .rd_ack_i      (ack_q),
      .rdata_i       (rdata_q),
      .rd_commit_o   (rd_commit),
      .err_i         (1'b0),
      .fw_addr_o     (fw_addr),
      .fw_rd_o       (fw_rd),
      .fw_rdata_i    (8'd0),
      .fw_wr_commit_o(fw_wr_commit),
      .fw_wdata_o    (fw_wdata),
      .fw_wbytes_o   (fw_wbytes),
      .busy_o        (busy)
  );
  // ---- state
  reg [2:0] state_q, state_d;
  reg active_q, active_d;
  reg [W-1:0] count_q, count_d;          // bytes of the command, or of the response
  reg [W-1:0] at_q, at_d;                // the next byte to take from the buffer
  reg [31:0] size_q, size_d;             // size field of the command
  reg [7:0] mem[0:(1<<BUFFER_BITS)-1];
  reg [7:0] byte_q;
  reg fresh_q;                           // byte_q is the byte at at_q
  reg shown_q;                           // what is on its way to the host is a byte of the response

  wire in_command = state_q == ST_READY || state_q == ST_COMMAND;
  wire size_known = count_q >= SIZE_KNOWN;
  wire size_good = size_q >= {{32 - W{1'b0}}, HEADER} && size_q <= {{32 - W{1'b0}}, SIZE};
  wire whole = size_known && size_good && {{32 - W{1'b0}}, count_q} == size_q;
  // A size that cannot be ends the command: no byte more is expected, and it does not start.
  wire expect_more = in_command && (!size_known || (size_good && !whole));
  wire data_avail = state_q == ST_DONE && at_q != count_q;
  wire [W-1:0] left = (state_q == ST_DONE) ? count_q - at_q : expect_more ? SIZE - count_q : ZERO;
  wire [W-1:0] burst_w = (left > BURST) ? BURST : left;
  wire [6:0] burst = burst_w[6:0];

  assign exec_o = state_q == ST_TAKE || state_q == ST_RESPOND;
  assign cmd_valid_o = state_q == ST_TAKE && fresh_q;
  assign cmd_data_o = cmd_valid_o ? byte_q : 8'd0;
  assign rsp_ready_o = state_q == ST_RESPOND;

  // ---- what the host reads
  wire is_fifo = addr[15:2] == 14'd9;    // TPM_DATA_FIFO_0, four addresses
  wire [7:0] status = `OPERA_TPM_STS_0_VALID | `OPERA_TPM_STS_0_SELF_TEST_DONE
      | (in_command ? `OPERA_TPM_STS_0_COMMAND_READY : 8'd0)
      | (data_avail ? `OPERA_TPM_STS_0_DATA_AVAIL : 8'd0)
      | (expect_more ? `OPERA_TPM_STS_0_EXPECT : 8'd0);
  wire [31:0] capability = `OPERA_TPM_INTF_CAPABILITY_0_VALUE >> {addr[1:0], 3'd0};
  wire [31:0] did_vid = `OPERA_TPM_DID_VID_0_VALUE >> {addr[1:0], 3'd0};
  wire show = is_fifo && active_q && data_avail && fresh_q;
  always @* begin : read
    rdata_d = 8'hFF;
    if (addr == `OPERA_TPM_ACCESS_0)
      rdata_d = `OPERA_TPM_ACCESS_0_VALID | `OPERA_TPM_ACCESS_0_ESTABLISHMENT
          | (active_q ? `OPERA_TPM_ACCESS_0_ACTIVE : 8'd0);
    if ((addr & 16'hFFFC) == `OPERA_TPM_INTF_CAPABILITY_0) rdata_d = capability[7:0];
    if ((addr & 16'hFFFC) == `OPERA_TPM_DID_VID_0) rdata_d = did_vid[7:0];
    if (addr == `OPERA_TPM_RID_0) rdata_d = `OPERA_TPM_RID_0_VALUE;
    if (active_q) begin
      if (addr == `OPERA_TPM_STS_0) rdata_d = status;
      if (addr == `OPERA_TPM_BURST_0) rdata_d = {1'b0, burst};
      if (addr == `OPERA_TPM_BURST_0 + 16'd1) rdata_d = 8'd0;
      if (addr == `OPERA_TPM_FAMILY_0) rdata_d = `OPERA_TPM_FAMILY_0_VALUE;
      if (show) rdata_d = byte_q;
    end
  end

  // verilator lint_off UNUSEDSIGNAL
  wire unused_ok = &{1'b0, fw_addr, fw_rd, fw_wr_commit, fw_wdata, fw_wbytes, busy, burst_w, capability, did_vid};
  // verilator lint_on UNUSEDSIGNAL

  // ---- what happens
  wire write_fifo = wr_commit && is_fifo && active_q && expect_more;
  wire read_fifo = rd_commit && shown_q && data_avail;
  wire write_status = wr_commit && addr == `OPERA_TPM_STS_0 && active_q;
  wire write_access = wr_commit && addr == `OPERA_TPM_ACCESS_0;
  wire take = cmd_valid_o && cmd_ready_i;
  wire give = rsp_ready_o && rsp_valid_i && count_q != SIZE;
  wire mem_we = write_fifo || give;
  wire [7:0] mem_wdata = give ? rsp_data_i : wdata;

  always @* begin : next_state
    state_d  = state_q;
    active_d = active_q;
    count_d  = count_q;
    at_d     = at_q;
    size_d   = size_q;
    case (state_q)
      ST_IDLE: begin
        count_d = ZERO;
        at_d    = ZERO;
        size_d  = 32'd0;
        if (write_status && wdata == `OPERA_TPM_STS_0_COMMAND_READY) state_d = ST_READY;
      end
      ST_READY, ST_COMMAND: begin
        if (write_fifo) begin
          state_d = ST_COMMAND;
          count_d = count_q + ONE;
          if (count_q == 2 || count_q == 3 || count_q == 4 || count_q == 5)
            size_d = {size_q[23:0], wdata};
        end
        if (write_status) begin
          if (wdata == `OPERA_TPM_STS_0_COMMAND_READY && state_q == ST_COMMAND) state_d = ST_IDLE;
          if (wdata == `OPERA_TPM_STS_0_GO && whole) state_d = ST_TAKE;
        end
      end
      ST_TAKE: begin
        if (take) at_d = at_q + ONE;
        if (take && at_d == count_q) begin
          state_d = ST_RESPOND;
          count_d = ZERO;
          at_d    = ZERO;
        end
        if (write_status && wdata == `OPERA_TPM_STS_0_COMMAND_READY) state_d = ST_IDLE;
      end
      ST_RESPOND: begin
        if (give) count_d = count_q + ONE;
        if (give && rsp_last_i) state_d = ST_DONE;
        if (write_status && wdata == `OPERA_TPM_STS_0_COMMAND_READY) state_d = ST_IDLE;
      end
      ST_DONE: begin
        if (read_fifo) at_d = at_q + ONE;
        if (write_status && wdata == `OPERA_TPM_STS_0_RESPONSE_RETRY) at_d = ZERO;
        if (write_status && wdata == `OPERA_TPM_STS_0_COMMAND_READY) state_d = ST_IDLE;
      end
      default: state_d = ST_IDLE;
    endcase
    if (write_access && wdata == `OPERA_TPM_ACCESS_0_REQUEST_USE) active_d = 1'b1;
    if (write_access && wdata == `OPERA_TPM_ACCESS_0_ACTIVE) begin
      active_d = 1'b0;
      state_d  = ST_IDLE;
    end
  end

  always @(posedge clk_i) begin : buffer
    if (mem_we) mem[count_q[BUFFER_BITS-1:0]] <= mem_wdata;
    byte_q <= mem[at_q[BUFFER_BITS-1:0]];
  end

  always @(posedge clk_i) begin : state_reg
    if (!rst_ni || !lreset_ni) begin
      state_q  <= ST_IDLE;
      active_q <= 1'b0;
      count_q  <= ZERO;
      at_q     <= ZERO;
      size_q   <= 32'd0;
      fresh_q  <= 1'b0;
      shown_q  <= 1'b0;
      ack_q    <= 1'b0;
      rdata_q  <= 8'hFF;
    end else begin
      state_q  <= state_d;
      active_q <= active_d;
      count_q  <= count_d;
      at_q     <= at_d;
      size_q   <= size_d;
      // A byte written in this clock is in the memory in the next one only.
      fresh_q  <= at_d == at_q && !mem_we && (state_d == ST_TAKE || state_d == ST_DONE);
      ack_q    <= (wr_req || rd_req) && !ack_q;
      // Latched with the byte: the response may arrive between this clock and the commit.
      if (rd_req && !ack_q) begin
        rdata_q <= rdata_d;
        shown_q <= show;
      end
    end
  end
endmodule
`default_nettype wire
