// orm_ports.vh - ports shared by the topics on orm_seq: all that is outside the sequencer.
// SPDX-License-Identifier: Apache-2.0
    input wire         clk_i,
    input wire         rst_ni,
    input wire [127:0] device_key_i,
    input wire         cmd_i,
    input wire [  7:0] op_i,
    input wire [  7:0] sess_i,
    input wire [ 15:0] k_i,
    input wire [ 15:0] slot_i,
    input wire [ 31:0] value_i,
    input wire [127:0] ptk_i,
    input wire         nv_ack_i,
    input wire [ 31:0] nv_rdata_i,    // of words that are not tracked
    input wire [ 31:0] torn_i,
    input wire         aes_done_i,
    input wire [127:0] aes_result_i,
    input wire [ 31:0] in_rdata_i,
    input wire [ 31:0] press_rdata_i,
    input wire         tx_ready_i,
    input wire         rx_valid_i,
    input wire [  7:0] rx_data_i,
    input wire         rx_frame_i,
    input wire         tx_idle_i
