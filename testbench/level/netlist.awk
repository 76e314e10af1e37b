# Netlist of iCE40 cells, as yosys' `write_verilog -noattr -simple-lhs` prints it, to plain Verilog of which Verilator
# makes fast code. Cells are defined by yosys' ice40/cells_sim.v; RAM blocks stay instances of it.
#   awk -f logic.awk -f netlist.awk netlist.v
# Ends with code 1, naming the cell, when there is one that it should know and does not.

# 16'h8421 to a table.
function table_of(init,    out, i) {
  if (init !~ /^16'h[0-9a-f]+$/) die("initial value of a table not understood: " init)
  sub(/^16'h/, "", init)
  while (length(init) < 4) init = "0" init
  out = ""
  for (i = 4; i > 0; i--) out = out nibble[substr(init, i, 1)]
  return out
}

function lut(    table, letters, v, input) {
  table = table_of(param["LUT_INIT"])
  letters = "ABCD"
  for (v = 3; v >= 0; v--) {
    input = (("I" v) in pin) ? pin["I" v] : "1'h0"
    if (input ~ /^1'[hb][01]$/) {
      table = cofactor(table, v, substr(input, 4))
      letters = substr(letters, 1, v) substr(letters, v + 2)
    }
    name[substr("ABCD", v + 1, 1)] = input
  }
  print "  assign " pin["O"] " = " expression(table, letters, name) ";"
}

function carry() {
  print "  assign " pin["CO"] " = (" pin["I0"] "&" pin["I1"] ")|(" pin["CI"] "&(" pin["I0"] "|" pin["I1"] "));"
}

function flop_cell(kind,    reset) {
  if (kind !~ /^SB_DFFE?(S[SR])?$/) die("flop not understood: " kind)
  reset = ("R" in pin) ? pin["R"] : ("S" in pin) ? pin["S"] : "1'h0"
  flop(pin["Q"], "posedge " pin["C"], ("E" in pin) ? pin["E"] : "1'h1", reset, kind ~ /SS$/, pin["D"])
}

BEGIN {
  split("0000 1000 0100 1100 0010 1010 0110 1110 0001 1001 0101 1101 0011 1011 0111 1111", digits, " ")
  for (i = 0; i < 16; i++) nibble[sprintf("%x", i)] = digits[i + 1]
}

/^  SB_(LUT4|CARRY|DFF[A-Z]*) / {
  cell = $1
  split("", pin); split("", param)
  next
}
cell != "" && /^    \.[A-Z_0-9]+\(.*\),?$/ {
  port = $0
  sub(/^    \./, "", port); sub(/\(.*$/, "", port)
  value = $0
  sub(/^    \.[A-Z_0-9]+\(/, "", value); sub(/\),?$/, "", value)
  if (port == "LUT_INIT") param[port] = value
  else pin[port] = value
  next
}
cell != "" && /^  \);$/ {
  if (cell == "SB_LUT4") lut()
  else if (cell == "SB_CARRY") carry()
  else flop_cell(cell)
  cell = ""
  next
}
cell != "" && /^  \) / { next }
cell != "" { die("line not understood in a cell: " $0) }
/^endmodule/ { blocks() }
{ print }
