# Changes one bit of one lookup table of a bitstream, in the text form of iceunpack: of the n-th table that is the parity
# of its four inputs, where every bit counts. Such tables are in the AES engine and in the CRC of the serial line. Those of
# carry chains look so, too, and many of them have no output.
#   awk -v n=1 -f flip.awk board.asc >changed.asc
# Ends with code 1 when there is no such table. Bits: icebox.py, get_lutff_lut_bits and get_lutff_seq_bits.

function bit(k) { return substr(row[2 * cell + (k >= 10)], 37 + k % 10, 1) }

function carries() { return bit(8) == "1" }

# Table of a cell, input combination 0 first.
function table(    order, i, out) {
  split("4 14 15 5 6 16 17 7 3 13 12 2 1 11 10 0", order, " ")
  out = ""
  for (i = 1; i <= 16; i++) out = out bit(order[i])
  return out
}

function change(    line) {
  line = row[2 * cell]
  # Combination 0, which what rests comes by, is bit 4 of the cell.
  row[2 * cell] = substr(line, 1, 40) (1 - substr(line, 41, 1)) substr(line, 42)
  changed = 1
  print "changed: cell " cell " of " where >"/dev/stderr"
}

BEGIN { if (n == "") n = 1; rows = 0 }
/^\.logic_tile / { where = substr($0, 2); rows = 16; print; next }
rows > 0 {
  row[16 - rows] = $0
  rows--
  if (rows > 0) next
  for (cell = 0; cell < 8 && !changed; cell++)
    if (!carries() && table() ~ /^(0110100110010110|1001011001101001)$/ && ++seen == n) change()
  for (i = 0; i < 16; i++) print row[i]
  next
}
{ print }
END { if (!changed) { print "flip.awk: no such table; is this the output of iceunpack?" >"/dev/stderr"; exit 1 } }
