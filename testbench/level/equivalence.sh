# Sourced by testbench/level.sh: the proof that a netlist does what the RTL does, one module as the top at a time.
# Points are each bit of each output, each flop of the RTL that the netlist has under its name, and each pin of each RAM
# block; blocks are cut out of both, so that what they read is anything, but the same. Proved for each module:
#   step   in every state, reachable or not, in which RTL and netlist agree at all points, with any inputs and any of the
#          clocks, they agree at all points again one step later
#   reset  when the resets are low and the clocks run in three steps, all other inputs being anything, each flop of the RTL
#          that is defined in the fourth has the netlist's value, whose flops wake at 0, as those of an iCE40; the RTL's
#          wake at their initial value or undefined. And in every state in which the flops agree, so do all points.
#          What the RTL leaves undefined, such as data that no reset clears, is as in the netlist
# so that they agree for ever after a reset. A state register that yosys has given new codes has them as points, and that
# it holds one of those that it has a code for. x in the RTL is what the netlist makes of it, where that is the other side of a
# multiplexer; in the netlist it is 0.
# Both sides have yosys' Verilog front end, its flattening, memory_libmap and a few of its simplifications in common
# (`gold`); fsm, share, wreduce, alumacc, opt_dff, techmap to cells, abc and opt_lut are only in the netlist's history. The
# cells are yosys' own models. Solver: minisat in yosys.
models=$(yosys-config --datdir 2>/dev/null || echo /usr/share/yosys)/ice40/cells_sim.v
limit=${OPERA_EQUIVALENCE_LIMIT:-1500}

# proof_scripts TOP COMMANDS WORK: $3/step.ys and $3/reset.ys for $3/netlist.v, which came of $3/synthesis.log.
proof_scripts() {
  for part in renames gate; do
    awk -v part=$part -f testbench/level/codes.awk "$3/synthesis.log" >"$3/$part.ys" || return 1
  done
  # `module`s that are alone, the others make yosys slow.
  sed -n '/^module SB_\(LUT4\|CARRY\|DFF[A-Z]*\)\>/,/^endmodule/p; /^`/p' "$models" >"$3/cells.v"
  sed -n '/^module SB_RAM40_4K[A-Z]*\>/,/^endmodule/p; /^`/p' "$models" >"$3/blocks.v"
  # A clock that drives anything else would have two meanings; latches and asynchronous resets have no model here.
  flops="
    simplemap
    techmap
    dffunmap
    select -set clocks t:\$_DFF_?_ %ci1:+[C] t:\$_DFF_?_ %d
    select -assert-none @clocks %co1 w:* %d t:\$_DFF_?_ %d t:SB_RAM40_4K* %d
    techmap -map testbench/level/ticks.v
    select -assert-none t:\$*DFF* t:\$*dff* t:\$*LATCH* t:\$*latch* t:\$sr t:\$_SR*
    simplemap"
  cat >"$3/gold.ys" <<YS
    read_verilog -I$gold_rtl/regs $(sources "$gold_rtl")
    $2
    hierarchy -check -top $1
    proc
    flatten
    opt_expr -mux_undef
    opt_reduce
    opt_merge
    opt_expr
    opt_clean
    memory -nomap
    opt_clean
    read_verilog -lib $3/blocks.v
    memory_libmap -lib +/ice40/brams.txt -lib +/ice40/spram.txt -no-auto-huge
    techmap -map +/ice40/brams_map.v -map +/ice40/spram_map.v
    ice40_braminit
    memory_map
    opt_expr -mux_undef
    opt_merge
    opt_clean
    $flops
    opt_expr -mux_undef
    opt_merge
    splitnets
    opt_clean
    select -set state t:\$_FF_ %x:+[Q] t:\$_FF_ %d
    rename -hide w:* @state %d
    rename $1 gold
    cd gold
    $(cat "$3/renames.ys")
    cd ..
    tee -o $3/gold.stat stat gold
    write_ilang $3/plain.il
YS
  cat >"$3/miter.ys" <<YS
    read_verilog -D ICE40_HX $3/cells.v
    read_verilog -lib $3/blocks.v
    read_verilog $3/netlist.v
    hierarchy -check -top $1
    check -assert
    proc
    flatten
    $flops
    opt_expr
    splitnets
    opt_clean
    rename $1 gate
    cd gate
    $(cat "$3/gate.ys")
    cd ..
    tee -o $3/gate.stat stat gate
    read_ilang $3/gold.il
    equiv_make gold gate equiv
    setattr -set keep 1 equiv/t:\$equiv
    hierarchy -top equiv
    opt_clean equiv
    techmap -map testbench/level/nameless.v equiv
    opt_clean equiv
    tee -o $3/equiv.stat stat equiv
YS
  cat >"$3/step.ys" <<YS
    script $3/miter.ys
    equiv_induct -seq 1
    tee -o $3/status equiv_status
YS
  at_reset=
  for port in $(sed -n 's/^  input \([a-z_]*\(rst\|reset\)_ni\);$/\1/p' "$3/netlist.v"); do
    for step in 1 2 3; do at_reset="$at_reset -set-at $step $port ${woken:-0}"; done
  done
  for port in $(sed -n 's/^  input \([a-z_]*clk[a-z_]*_i\);$/\1/p' "$3/netlist.v"); do
    for step in 1 2 3; do at_reset="$at_reset -set-at $step $port 1"; done
  done
  cat >"$3/reset.ys" <<YS
    script $3/miter.ys
    select -set states t:\$_FF_ %x:+[Q] t:\$_FF_ %d %co1:+[A] t:\$equiv %i
    select -set codes c:\$hot*_gold c:\$listed*_gold %u %co1:+[Y] w:* %i %co1:+[A] t:\$equiv %i
    delete t:SB_RAM40_4K*
    setundef -undriven -expose
    design -save points
    techmap -map testbench/level/asserted.v -D STRICT @codes
    techmap -map testbench/level/asserted.v t:\$equiv
    opt_clean
    sat -enable_undef -set-def-inputs -set-init-undef -verify -prove-asserts -seq 4 -prove-skip 3 $at_reset
    design -load points
    setattr -unset init w:*
    techmap -map testbench/level/assumed.v @states @codes
    techmap -map testbench/level/asserted.v -D STRICT t:\$equiv
    opt_clean
    sat -set-assumes -seq 1
    sat -set-assumes -verify -prove-asserts -seq 1
YS
}

count() {
  awk -v type="$2" '$1 == type { n = $2 } END { print n + 0 }' "$1"
}

# proof TOP COMMANDS WORK: sets `points`, and `why` when something is not proved.
proof() {
  points=0 why=
  proof_scripts "$1" "$2" "$3" || { why="no scripts"; return 1; }
  rm -f "$3/status" "$3/gold.il"
  timeout "$limit" yosys -q -l "$3/gold.log" -s "$3/gold.ys" >/dev/null 2>&1 &&
    awk -v part=gold -f testbench/level/codes.awk "$3/synthesis.log" "$3/plain.il" >"$3/gold.il" ||
    { why="no RTL; see $3/gold.log"; return 1; }
  timeout "$limit" yosys -q -l "$3/step.log" -s "$3/step.ys" >/dev/null 2>&1 ||
    { why="no answer; see $3/step.log"; return 1; }
  points=$(sed -n 's/^ *Of those cells \([0-9]*\) are proven and \([0-9]*\) are unproven.*/\1/p' "$3/status")
  open=$(grep -c '^ *Unproven' "$3/status")
  if [ "$open" -gt 0 ]; then
    why="unproved: $(sed -n 's/^ *Unproven .*: \\*\([^ ]*\)_gold.*/\1/p' "$3/status" | head -1), one of $open"
    return 1
  fi
  [ "${points:-0}" -gt 0 ] || { why="no point"; return 1; }
  blocks="$(count "$3/gold.stat" SB_RAM40_4K) $(count "$3/gate.stat" SB_RAM40_4K) $(count "$3/equiv.stat" SB_RAM40_4K)"
  # shellcheck disable=SC2086 # three words
  set -- "$3" $blocks
  [ "$2" = "$3" ] && [ "$3" = "$4" ] || { why="RAM blocks that are not each other's: $blocks"; return 1; }
  blocks=$2
  timeout "$limit" yosys -q -l "$1/reset.log" -s "$1/reset.ys" >/dev/null 2>&1 || {
    why="no answer for the reset; see $1/reset.log"
    grep -q 'proof did fail' "$1/reset.log" && why="unproved: reset"
    return 1
  }
  grep -q '^SAT solving finished - model found' "$1/reset.log" || { why="no state that both can be in"; return 1; }
}

# made NAME: where the netlist of a module is; synthesised unless this run has it already. NAME is a module, or
# MODULE:PARAMETER=VALUE.
made() {
  top=${1%%:*} commands=
  [ "$top" = "$1" ] || commands="chparam -set $(echo "${1#*:}" | tr = ' ') $top"
  work=$out/equivalence/$1
  case " $have " in *" $1 "*) return ;; esac
  have="$have $1"
  mkdir -p "$work" || exit 2
  synthesise "$top" "$work/netlist.v" "$commands"
  cp "$out/yosys.log" "$work/synthesis.log"
}

# seconds WORK: of the processor, in the three runs of yosys.
seconds() {
  sed -n 's/.*CPU: user \([0-9.]*\)s.*/\1/p' "$1/gold.log" "$1/step.log" "$1/reset.log" | awk '{ s += $1 } END { printf "%.0f", s }'
}

# proved NAME...: a line each.
proved() {
  for name in "$@"; do
    made "$name"
    gold_rtl=$rtl
    if proof "$top" "$commands" "$work"; then
      printf '%-24s %5d points, %4d flops of %4d, %2d RAM blocks, %s s: proved\n' "$name" "$points" \
        "$(count "$work/gate.stat" '$_FF_')" "$(count "$work/gold.stat" '$_FF_')" "$blocks" "$(seconds "$work")"
    else
      echo "$name: NOT PROVED: $why"
      failed=$((failed + 1))
    fi
  done
}

# seeded TEXT: lines of name|module|netlist, or a file of rtl/|sed expression. Each must be unproved.
seeded() {
  while IFS='|' read -r name module file change; do
    [ -n "$name" ] || continue
    made "$module"
    original=$work
    work=$out/equivalence/seeded
    rm -rf "$work"
    mkdir -p "$work" || exit 2
    cp "$original/netlist.v" "$original/synthesis.log" "$work"
    gold_rtl=$rtl woken=0
    case $file in
      reset) woken=$change ;;
      netlist) sed "$change" "$original/netlist.v" >"$work/netlist.v"; cmp -s "$original/netlist.v" "$work/netlist.v" && file=none ;;
      *)
        gold_rtl=$work/rtl
        cp -r "$rtl" "$gold_rtl" || exit 2
        sed "$change" "$rtl/$file" >"$gold_rtl/$file"
        cmp -s "$rtl/$file" "$gold_rtl/$file" && file=none
        ;;
    esac
    if [ "$file" = none ]; then
      echo "$name: the change no longer applies to $module"
      failed=$((failed + 1))
    elif proof "$top" "$commands" "$work"; then
      echo "$name: survived"
      failed=$((failed + 1))
    else
      # One that yosys does not read shows nothing.
      case $why in
        unproved*) echo "$name: seen, $why"; caught=$((caught + 1)) ;;
        *) echo "$name: $why"; failed=$((failed + 1)) ;;
      esac
    fi
    woken=0
  done <<TEXT
$1
TEXT
  [ "$caught" -gt 0 ] || failed=$((failed + 1))
}
