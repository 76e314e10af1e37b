// fram.v - test bench only: a 4 Mbit SPI F-RAM on its pins (CY15B104Q class).
//
// Source   FM25V02A and CY15B104Q data sheets: command table, "WREN", "power cycling", "sleep mode".
// Modes    0 and 3: MOSI is sampled when SCK rises, MISO changes when it falls. CS# high ends a command.
// Writes   WREN sets the latch when CS# rises after eight bits; WRITE and WRDI clear it when CS# rises. A
//          byte is in the array with its eighth bit; a byte cut before is dropped, the others stay.
// Units    of simulation time are ns.
// Power    power_i low forgets everything but the array; POWER_TIME from its rise commands are ignored
//          and counted in `early`; WAKE_TIME after the CS# that ends sleep the same.
// Faults   miso_fault_i: 0 none, 1 stuck high, 2 stuck low; deaf_i drops WREN commands.
// SPDX-License-Identifier: Apache-2.0
`default_nettype none
module fram #(
    parameter BYTES = 524288,
    parameter POWER_TIME = 1000,
    parameter WAKE_TIME = 450,
    parameter [71:0] ID = 72'h7F7F7F7F7F7FC22C00
) (
    input  wire       power_i,
    input  wire       cs_ni,
    input  wire       sck_i,
    input  wire       mosi_i,
    output wire       miso_o,
    input  wire [1:0] miso_fault_i,
    input  wire       deaf_i
);
  reg [7:0] mem[0:BYTES-1];
  reg wel, asleep, out, driving;
  integer early, bits, ready_at;
  reg [7:0] op, in;
  reg [23:0] address;

  initial begin
    early = 0;
    ready_at = 0;
    off;
  end

  task off;
    begin
      wel = 1'b0;
      asleep = 1'b0;
      bits = 0;
      op = 8'd0;
      driving = 1'b0;
      out = 1'b1;
    end
  endtask

  wire selected = power_i && !cs_ni;
  assign miso_o = (miso_fault_i == 2'd1) ? 1'b1 : (miso_fault_i == 2'd2) ? 1'b0
      : (selected && driving) ? out : 1'b1;  // a pull-up holds it

  always @(negedge power_i) off;
  always @(posedge power_i) ready_at = $time + POWER_TIME;

  always @(negedge cs_ni) if (power_i) begin
    bits = 0;
    op = 8'd0;
    driving = 1'b0;
    if (asleep) begin
      asleep = 1'b0;
      ready_at = $time + WAKE_TIME;
    end
  end

  always @(posedge cs_ni) if (power_i) begin
    if (bits == 8 && op == 8'h06 && !deaf_i) wel = 1'b1;
    if ((bits == 8 && op == 8'h04) || op == 8'h02) wel = 1'b0;
    if (bits == 8 && op == 8'hB9) asleep = 1'b1;
    op = 8'd0;
    driving = 1'b0;
  end

  always @(posedge sck_i) if (selected) begin
    if ($time < ready_at) early = early + 1;
    else begin
      in = {in[6:0], mosi_i};
      bits = bits + 1;
      if (bits == 8) op = in;
      if (bits > 8 && bits <= 32) address = {address[22:0], mosi_i};
      if (bits > 32 && bits % 8 == 0) begin
        if (op == 8'h02 && wel) mem[address % BYTES] = in;
        if (op == 8'h02 || op == 8'h03) address = (address + 1) % BYTES;
      end
    end
  end

  always @(negedge sck_i) if (selected && bits >= 8) begin
    case (op)
      8'h03: begin
        driving = bits >= 32;
        out = mem[address % BYTES][7-bits%8];
      end
      8'h05: begin
        driving = 1'b1;
        out = bits % 8 == 6 && wel;
      end
      8'h9F: begin
        driving = 1'b1;
        out = ID[71-(bits-8)%72];
      end
      default: driving = 1'b0;
    endcase
  end
endmodule
`default_nettype wire
