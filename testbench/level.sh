#!/bin/sh
# Below the RTL, in Verilator.
#   sh testbench/level.sh netlist    what yosys makes of a wallet for an iCE40 HX8K: the payment of 20 and all trace
#                                    snapshots of testbench/tests/scenarios.rs, which must be the RTL's to the clock
#   sh testbench/level.sh bitstream  what is in the bitstream of `opera board build hx8k`, unpacked from pad to pad: a
#                                    payment of 20 to a board of RTL, through UART and F-RAM pins; a twin in RTL sees
#                                    what it sees, and all pins of both must be the same at every edge. Another name
#                                    that `opera board list` has, as a second word, takes that board
# Then the payment with one bit of one lookup table changed, which must fail; `only` as the last word leaves that out.
# Five minutes each, so neither is part of ./test.
#   sh testbench/level.sh flips      the netlists of ORM and power controller with one flop inverted at a time: those
#                                    that hold a state, at each clock. "state 20" as a second word, which ./test has,
#                                    takes every 20th clock, "all 1" every flop at each clock, hours, "all 9 SETTLE"
#                                    the phases with that in their names. The ORM's own
#                                    tests, power cuts at every clock among them, run on its netlist, too
#   sh testbench/level.sh equivalence   yosys' netlist of each module does what the RTL does: proved, module by module;
#                                    testbench/level/equivalence.sh says what that means. Then the changes in
#                                    testbench/level/seeded, which must be seen. Names of modules as further words take
#                                    those alone; "short", which ./test has, takes three and their changes
# Ends in "level NAME: passed" and code 0. OPERA_BITSTREAM_FILE names a bitstream that is there already,
# OPERA_LEVEL_BUILD the folder to build in.
set -u
cd "$(dirname "$0")/.." || exit 2
. ./testbench/setup.sh
level=${1:-}
out=$PWD/target/level
export CARGO_TARGET_DIR="${OPERA_LEVEL_BUILD:-$out/build}"
logic=testbench/level/logic.awk
rtl=${OPERA_RTL:-rtl}

fail() {
  echo "level $level: $*" >&2
  exit 1
}

# Simulation models of the cells, by yosys. Verilator has two states, so it cannot tell an open pin from a driven
# one; none is open. Its linter reads comments that begin with its name.
cells() {
  models=$(yosys-config --datdir 2>/dev/null || echo /usr/share/yosys)/ice40/cells_sim.v
  [ -r "$models" ] || fail "$models is not there; it comes with the package yosys"
  sed "s/ || [A-Z_]* === 1'bz//" "$models" >"$1/cells.v" || exit 1
}

# plain FROM TO FLIPS SED: a netlist as plain Verilog, its header changed by SED; FLIPS 1 numbers its flops.
plain() {
  awk -f "$logic" -f testbench/level/netlist.awk "flips=$3" "$1" | sed "$4" >"$2"
  grep -q '^endmodule' "$2" || fail "no netlist in $2"
}

# netlist FOLDER SED: the netlist of a wallet as plain Verilog, with a change to its cells.
netlist() {
  mkdir -p "$1" || exit 2
  sed "$2" "$out/netlist.v" >"$1/netlist.v" || exit 1
  # The pair sets parameters, which a netlist has no more.
  plain "$1/netlist.v" "$1/wallet.v" 0 \
    "s/^module wallet(/module wallet #(parameter ISSUER = 0, parameter [23:0] ORM_TIMEOUT = 0) (/"
  cells "$1"
}

# sources FOLDER: the files of the RTL that are synthesised.
sources() {
  find "$1" "$1/prim" -maxdepth 1 -name '*.v' ! -name opera.v ! -name lpc_probe.v ! -name tpm_tis.v | LC_ALL=C sort |
    tr '\n' ' '
}

# synthesise TOP FILE COMMANDS: the netlist of a module; COMMANDS come first, such as those that set parameters.
synthesise() {
  # Newer releases have only what replaced -abc2.
  abc=$(yosys -p 'help synth_ice40' | sed -n 's/^ *\(-abc2\)$/\1/p')
  yosys -q -l "$out/yosys.log" -p "
    read_verilog -I$rtl/regs $(sources "$rtl")
    $3
    synth_ice40 $abc -device hx -top $1
    check -assert
    splitnets
    clean
    write_verilog -noattr -simple-lhs $2" >/dev/null || fail "synthesis failed; see $out/yosys.log"
}

# flips MODULE COMMANDS: the netlist of a module, with a port by which a flop of it is inverted.
flips() {
  synthesise "$1" "$out/$1.v" "$2"
  plain "$out/$1.v" "$out/flips/$1.v" 1 \
    "s/^module $1(/module ${1}_netlist(flip_i, /; 0,/^  input /s//  input [9:0] flip_i;&/"
}

# netlist_tests FOLDER TEST...
netlist_tests() {
  folder=$1
  shift
  tests=
  for test in "$@"; do tests="$tests --test $test"; done
  # shellcheck disable=SC2086 # several words
  OPERA_NETLIST=$folder OPERA_LEVEL=netlist INSTA_UPDATE=no \
    timeout 3600 cargo test --quiet --package opera-testbench $tests -- --nocapture
}

# unpacked FOLDER ASC: what an unpacked bitstream of $board holds, as plain Verilog.
unpacked() {
  mkdir -p "$1" || exit 2
  icebox_vlog -s -n chip -d "$package" -p "constraints/$board.pcf" "$2" >"$1/unpacked.v" ||
    fail "icebox_vlog does not understand $2"
  awk -f "$logic" -f testbench/level/bitstream.awk "$1/unpacked.v" >"$1/chip.v" || exit 1
  cells "$1"
}

bitstream_tests() {
  OPERA_BITSTREAM=$1 OPERA_BITSTREAM_BOARD=$board timeout 3600 cargo test --quiet --package opera-board --test bitstream -- --nocapture
}

# must_fail COMMAND...: a level that cannot fail shows nothing.
must_fail() {
  "$@" >"$out/changed.log" 2>&1 && fail "passes with a changed bit, too; see $out/changed.log"
  # One that does not compile proves nothing.
  grep -q '^test result: FAILED' "$out/changed.log" || fail "the changed one did not run; see $out/changed.log"
  sed -n '/panicked at/{N;s/.*\n//p;q}' "$out/changed.log"
  echo "level $level: one changed bit is seen"
}

mkdir -p "$out" || exit 2
case $level in
  netlist)
    need_tools run >&2 && need_tools board >&2 || exit 3
    synthesise wallet "$out/netlist.v" ''
    netlist "$out/netlist" ''
    netlist_tests "$out/netlist" levels scenarios || fail "the tests fail"
    [ "${2:-}" = only ] && exit 0
    # One entry of the first parity of four in the AES engine's netlist.
    netlist "$out/changed" "0,/LUT_INIT(16'h6996)/s//LUT_INIT(16'he996)/"
    cmp -s "$out/netlist/wallet.v" "$out/changed/wallet.v" && fail "no table to change"
    must_fail netlist_tests "$out/changed" levels
    ;;
  bitstream)
    need_tools run >&2 && need_tools board >&2 || exit 3
    command -v icebox_vlog >/dev/null || fail "icebox_vlog is not installed; apt-get install fpga-icestorm"
    board=hx8k only=
    for word in "${2:-}" "${3:-}"; do
      case $word in only) only=1 ;; ?*) board=$word ;; esac
    done
    cargo build --quiet --package opera-cli || exit 1
    opera=$CARGO_TARGET_DIR/debug/opera
    # icebox has its pins by the package, the last part of the FPGA's name.
    package=$("$opera" board list | sed -n "s/^$board  .*-\([A-Z0-9]*\), [0-9,]* cells, .*/\1/p" | tr '[:upper:]' '[:lower:]')
    [ -n "$package" ] || fail "$board is not in \`opera board list\`"
    image=${OPERA_BITSTREAM_FILE:-}
    if [ -z "$image" ]; then
      "$opera" board build "$board" --out "$out/board" || exit 1
      image=$out/board/$board.bin
    fi
    iceunpack "$image" "$out/board.asc" || fail "$image is no bitstream"
    unpacked "$out/bitstream" "$out/board.asc"
    bitstream_tests "$out/bitstream" || fail "the test fails"
    [ -n "$only" ] && exit 0
    awk -f testbench/level/flip.awk "$out/board.asc" >"$out/changed.asc" || exit 1
    # Through the packer, so that it is a bitstream that could be loaded.
    icepack "$out/changed.asc" "$out/changed.bin" && iceunpack "$out/changed.bin" "$out/changed.asc" || exit 1
    unpacked "$out/changed" "$out/changed.asc"
    must_fail bitstream_tests "$out/changed"
    ;;
  flips)
    need_tools run >&2 && need_tools board >&2 || exit 3
    mkdir -p "$out/flips" || exit 2
    # Bounds as short as those of the benches.
    flips orm "chparam -set TIMEOUT 4000 orm"
    flips power_ctrl "chparam -set DEBOUNCE 16 -set GOOD_TIMEOUT 200 -set NV_TIMEOUT 300 power_ctrl"
    cells "$out/flips"
    OPERA_FLIPS_NETLISTS=$out/flips OPERA_FLIPS=${2:-state 1} timeout 36000 \
      cargo test --quiet --package opera-testbench --test flips --test orm -- --nocapture || fail "the tests fail"
    ;;
  equivalence)
    need_tools prove >&2 || exit 3
    . ./testbench/level/equivalence.sh
    failed=0 caught=0 have=
    shift
    case ${1:-all} in
      all)
        every=$(sources "$rtl" | tr ' ' '\n' | sed -n 's|.*/\(.*\)\.v$|\1|p')
        # shellcheck disable=SC2086 # several words
        proved $every orm_seq:ISSUER=1
        seeded "$(cat testbench/level/seeded)"
        ;;
      short)
        proved power_ctrl aes128 orm_dbus
        seeded "$(grep '|orm_dbus|' testbench/level/seeded)"
        ;;
      *) proved "$@" ;;
    esac
    [ "$failed" -eq 0 ] || fail "$failed are not as they should be"
    echo "$caught seeded bugs seen"
    ;;
  *)
    echo "usage: sh testbench/level.sh netlist [only], bitstream [BOARD] [only], flips [\"state|all N PHASE\"], or equivalence [short|MODULE...]" >&2
    exit 2
    ;;
esac
echo "level $level: passed"
