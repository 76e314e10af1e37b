# logic.awk - what netlist.awk and bitstream.awk share: the shortest expression of a lookup table, and flops of one clock,
# enable and reset in one block, of which Verilator makes far faster code than of one block a flop.

# A table is a string of 0 and 1, its first character for inputs that are all 0; of n inputs it has 2^n.
function cofactor(table, v, value,    out, i, step) {
  step = 2 ^ v
  out = ""
  for (i = 0; i < length(table); i += 2 * step) out = out substr(table, i + value * step + 1, step)
  return out
}

function inverse(table) {
  gsub(/0/, "x", table); gsub(/1/, "0", table); gsub(/x/, "1", table)
  return table
}

# Sets text and cost of a table whose inputs are called by the letters of `names`: the cheapest of all orders.
function solve(table, names,    v, low, high, name, rest, price, text) {
  if ((table, names) in text_of) return
  if (table !~ /1/) { text_of[table, names] = "1'b0"; cost_of[table, names] = 0; return }
  if (table !~ /0/) { text_of[table, names] = "1'b1"; cost_of[table, names] = 0; return }
  cost_of[table, names] = 1000
  for (v = 0; v < length(names); v++) {
    name = substr(names, v + 1, 1)
    rest = substr(names, 1, v) substr(names, v + 2)
    low = cofactor(table, v, 0)
    high = cofactor(table, v, 1)
    solve(low, rest); solve(high, rest)
    if (low == high) { text = text_of[low, rest]; price = cost_of[low, rest] }
    else if (low !~ /1/ && high !~ /0/) { text = name; price = 0 }
    else if (low !~ /0/ && high !~ /1/) { text = "(~" name ")"; price = 1 }
    else if (low == inverse(high)) { text = "(" name "^" text_of[low, rest] ")"; price = cost_of[low, rest] + 1 }
    else if (low !~ /1/) { text = "(" name "&" text_of[high, rest] ")"; price = cost_of[high, rest] + 1 }
    else if (high !~ /0/) { text = "(" name "|" text_of[low, rest] ")"; price = cost_of[low, rest] + 1 }
    else if (high !~ /1/) { text = "((~" name ")&" text_of[low, rest] ")"; price = cost_of[low, rest] + 2 }
    else if (low !~ /0/) { text = "((~" name ")|" text_of[high, rest] ")"; price = cost_of[high, rest] + 2 }
    else {
      text = "(" name "?" text_of[high, rest] ":" text_of[low, rest] ")"
      price = cost_of[high, rest] + cost_of[low, rest] + 3
    }
    if (price < cost_of[table, names]) { text_of[table, names] = text; cost_of[table, names] = price }
  }
}

# The text of a table over the inputs that `letters` (of ABCD) stand for; name[letter] is what to write for each.
function expression(table, letters, name,    text, out, i, letter) {
  solve(table, letters)
  text = text_of[table, letters]
  out = ""
  for (i = 1; i <= length(text); i++) {
    letter = substr(text, i, 1)
    out = out ((letter ~ /[A-D]/) ? name[letter] : letter)
  }
  return out
}

# Declares and collects a flop; blocks() prints what it does. With flips=1 it is numbered from 1 in a comment, and
# holds the inverse of its next state when `flip_i` is its number, enabled or not.
function flop(q, clock, enable, reset, value, d,    key, name) {
  key = clock SUBSEP enable SUBSEP reset
  name = "flop_" flops++ "_q"
  print "  reg " name " = 1'b0;"
  print "  assign " q " = " name ";"
  if (flips) {
    print "  // flop " flops " " q
    print "  always @(" clock ") " name " <= (" enable " ? " reset " ? 1'b" value " : " d " : " name ") ^ (flip_i == " flops ");"
    return
  }
  if (!(key in loads)) keys[++key_count] = key
  loads[key] = loads[key] "      " name " <= " d ";\n"
  resets[key] = resets[key] "      " name " <= 1'b" value ";\n"
}

function blocks(    n, part) {
  for (n = 1; n <= key_count; n++) {
    split(keys[n], part, SUBSEP)
    print "  always @(" part[1] ")"
    if (part[2] !~ /^1'[hb]1$/) print "   if (" part[2] ")"
    if (part[3] ~ /^1'[hb]0$/) printf "    begin\n%s    end\n", loads[keys[n]]
    else printf "    if (%s) begin\n%s    end else begin\n%s    end\n", part[3], resets[keys[n]], loads[keys[n]]
  }
}

function die(text) { print FILENAME ": " text >"/dev/stderr"; failed = 1; exit 1 }

# Nothing found is no netlist at all.
END { if (!failed && !flops) { print FILENAME ": no flops; is this a netlist of iCE40 cells?" >"/dev/stderr"; exit 1 } }
