# What `icebox_vlog -s -p PCF` makes of a bitstream, to plain Verilog of which Verilator makes fast code, without tri-states:
# a pad that the FPGA drives now and then is an input, an output NAME_o and its enable NAME_oe. Pads that are bits of a
# vector, \lad[0], are called lad_0. RAM blocks and the PLL stay instances.
#   awk -f logic.awk -f bitstream.awk chip.v
# Ends with code 1, naming the line, when there is something that it should know and does not.

# Value of the expression in `shape` from character `at` on, letters being true that have their bit in `input`.
function value_of(shape, input,    c, v, yes, no) {
  c = substr(shape, at, 1)
  if (c == "!") { at++; return 1 - value_of(shape, input) }
  if (c == "(") {
    at++
    v = value_of(shape, input); at++  # ?
    yes = value_of(shape, input); at++  # :
    no = value_of(shape, input); at++  # )
    return v ? yes : no
  }
  at++
  if (c ~ /[01]/) return c + 0
  if (c !~ /[A-D]/) die("expression not understood: " shape)
  return int(input / 2 ^ (index("ABCD", c) - 1)) % 2
}

# The shortest form of icebox's nested choices.
function shorter(text,    shape, letters, rest, word, letter, name, seen, table, i) {
  gsub(/1'b/, "", text); gsub(/ /, "", text)
  shape = letters = ""
  rest = text
  while (rest != "") {
    if (match(rest, /^[a-z_][a-z_0-9]*/)) {
      word = substr(rest, 1, RLENGTH)
      rest = substr(rest, RLENGTH + 1)
      if (!(word in seen)) {
        letter = substr("ABCD", length(letters) + 1, 1)
        letters = letters letter
        seen[word] = letter
        name[letter] = word
      }
      shape = shape seen[word]
    } else {
      shape = shape substr(rest, 1, 1)
      rest = substr(rest, 2)
    }
  }
  if (!(shape in tables)) {
    table = ""
    for (i = 0; i < 2 ^ length(letters); i++) { at = 1; table = table value_of(shape, i) }
    tables[shape] = table
  }
  return expression(tables[shape], letters, name)
}

function ports(    list, n, i, word, out) {
  sub(/^module [a-z_0-9]+ \(/, ""); sub(/\);$/, "")
  n = split($0, list, / *, */)
  out = ""
  for (i = 1; i <= n; i++) {
    split(list[i], word, " ")
    is_port[word[2]] = 1
    if (word[1] == "inout") {
      pads[++pad_count] = word[2]
      out = out ", input " word[2] ", output " word[2] "_o, output " word[2] "_oe"
    } else out = out ", " list[i]
  }
  print "module " module " (" substr(out, 3) ");"
}

# A list of wires without the ports, which are declared already.
function wires(    kind, list, n, i, word, out) {
  kind = $1
  sub(/^[a-z]+ /, ""); sub(/;$/, "")
  n = split($0, list, / *, */)
  out = ""
  for (i = 1; i <= n; i++) {
    split(list[i], word, " ")
    if (!(word[1] in is_port)) out = out ", " word[1]
  }
  if (out != "") print "wire " substr(out, 3) ";"
}

function flop_line(    clock, enable, text, q, part) {
  if (!match($0, /always @\([a-z]+edge [a-z_0-9]+\)/)) die("flop not understood: " $0)
  clock = substr($0, RSTART + 9, RLENGTH - 10)
  text = substr($0, RSTART + RLENGTH)
  sub(/^ if \(/, "", text); sub(/;$/, "", text)
  enable = text; sub(/\).*$/, "", enable)
  sub(/^[^)]*\) /, "", text)
  # q <= reset ? 1'b0 : d
  if (split(text, part, " ") != 7 || part[4] != "?" || part[6] != ":") die("flop not understood: " $0)
  flop(part[1], clock, enable, part[3], substr(part[5], 4), part[7])
}

function drive(    word, text) {
  text = $0
  sub(/^assign /, "", text); sub(/ : 1'bz;$/, "", text)
  split(text, word, / = | \? /)
  if (!(word[1] in is_port)) die("a net that is no pad is driven now and then: " $0)
  driven[word[1]] = 1
  print "assign " word[1] "_oe = " word[2] ";"
  print "assign " word[1] "_o = " word[3] ";"
}

function undriven(    i) {
  for (i = 1; i <= pad_count; i++)
    if (!(pads[i] in driven)) print "assign " pads[i] "_oe = 1'b0;\nassign " pads[i] "_o = 1'b1;"
}

BEGIN { if (module == "") module = "chip"; pad_count = 0 }
# \lad[0] is lad_0.
{ while (match($0, /\\[a-z_0-9]+\[[0-9]+\] ?/)) {
    bit = substr($0, RSTART + 1, RLENGTH - 1)
    sub(/\[/, "_", bit); sub(/\] ?/, "", bit)
    $0 = substr($0, 1, RSTART - 1) bit substr($0, RSTART + RLENGTH)
} }
/^module / { ports(); next }
# Lists of nets, and of flops, which have initial values; registers of pads have none and stay.
/^wire / || /^reg .* = 0/ { wires(); next }
/^\/\* FF [ 0-9]* \*\/ always/ { flop_line(); next }
/^assign .* : 1'bz;$/ { drive(); next }
/^assign .* = \/\* LUT / {
  net = $2
  sub(/^.*\*\/ /, ""); sub(/;$/, "")
  print "assign " net " = " shorter($0) ";"
  next
}
# The bench has a model of it.
/^SB_PLL40_CORE #\($/ { print "bitstream_pll #("; next }
/^endmodule/ { undriven(); blocks() }
{ print }
