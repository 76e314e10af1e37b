# Yosys gives some state registers new codes and says which: "Recoding FSM `$fsm$\NAME$1' ..." and lines "01 -> --1-".
#   awk -v part=renames -f codes.awk LOG           commands that give such a register another name in the RTL
#   awk -v part=gate -f codes.awk LOG              commands that add NAME.listed, 1, to the netlist
#   awk -v part=gold -f codes.awk LOG gold.il      the RTL with the new codes made of the old ones under their name, and
#                                                  with NAME.listed, 1 while the state is one of those that were listed
# Points are then the bits of the new code, and that the state is one of the list.
function cell(type, name, a, wa, b, wb, y) {
  printf "  cell %s %s\n    parameter \\A_SIGNED 0\n    parameter \\A_WIDTH %d\n", type, name, wa
  if (wb) printf "    parameter \\B_SIGNED 0\n    parameter \\B_WIDTH %d\n", wb
  printf "    parameter \\Y_WIDTH 1\n    connect \\A %s\n", a
  if (wb) printf "    connect \\B %s\n", b
  printf "    connect \\Y %s\n  end\n", y
}
function decoded(f,   state, i, j, hot, n) {
  state = ""
  for (i = width[f] - 1; i >= 0; i--) state = state " \\" register[f] ".code" i
  hot = ""
  for (i = 1; i <= codes[f]; i++) {
    printf "  wire $code%d_%d\n", f, i
    cell("$eq", "$is" f "_" i, "{" state " }", width[f], width[f] "'" old[f, i], width[f], "$code" f "_" i)
    hot = hot " $code" f "_" i
  }
  printf "  wire \\%s.listed\n", register[f]
  cell("$reduce_or", "$listed" f, "{" hot " }", codes[f], "", 0, "\\" register[f] ".listed")
  for (j = 0; j < wide[f]; j++) {
    hot = ""
    n = 0
    for (i = 1; i <= codes[f]; i++)
      if (substr(new[f, i], wide[f] - j, 1) == "1") {
        hot = hot " $code" f "_" i
        n++
      }
    printf "  wire \\%s[%d]\n", register[f], j
    if (n) cell("$reduce_or", "$hot" f "_" j, "{" hot " }", n, "", 0, "\\" register[f] "[" j "]")
    else printf "  connect \\%s[%d] 1'0\n", register[f], j
  }
}
FNR == 1 { file++ }
file == 1 && /^Recoding FSM / {
  all++
  register[all] = $3
  sub(/^.*\$fsm\$\\/, "", register[all])
  sub(/\$[0-9]*'$/, "", register[all])
  reading = 1
  next
}
file == 1 && reading && /^  [01]+ -> [-01]+$/ {
  i = ++codes[all]
  old[all, i] = $1
  new[all, i] = $3
  width[all] = length($1)
  wide[all] = length($3)
  next
}
file == 1 && /^$/ { reading = 0 }
file == 1 { next }
/^module / { gold = $2 == "\\gold" }
/^end$/ && gold { for (f = 1; f <= all; f++) decoded(f) }
{ print }
END {
  for (f = 1; f <= all; f++) {
    if (part == "renames")
      for (i = 0; i < width[f]; i++) printf "rename %s[%d] %s.code%d\n", register[f], i, register[f], i
    if (part == "gate")
      printf "add -wire %s.listed 1\nconnect -set %s.listed 1'b1\n", register[f], register[f]
  }
}
