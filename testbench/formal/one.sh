#!/bin/sh
# Proves one topic: sh one.sh TOPIC.v. Called by ./prove; OPERA_RTL names another copy of rtl/.
# Prints one line a property and a cover: name invariant engine depth seconds result.
# PROVE_MUTANT=1: simulates first and stops at the first failure; mutants.sh asks for no more.
# proc -norom: else a case becomes a memory, whose content an induction step does not know.
# --unroll: without it z3 4.8.12 hangs on the unrolled functions of a three-client arbiter.
# What to do stands in the topic's first lines:
#   @invariant I3            what the properties belong to
#   @induction K             base case and step by k-induction, K steps: unbounded
#   @anystate K              K steps from any state at all, reset or not: holds after every upset
#   @bounded N               N clocks from power-on; what has no initial value is free: bounded
#   @abc                     ABC: merges what is equal in every reachable state (scorr), then PDR: unbounded.
#                            All flops start at 0, so let reset come in any clock
#   @instead FILE...         the topic has modules of its own for those in these files of rtl/
#   @cover N                 the covers within N clocks from reset, by the solver
#   @anycover N              the covers within N clocks from any state
#   @simulate BENCH.v        the covers by simulating topic and bench; the assertions are on, too
#   @short                   belongs to ./prove --short
# The assertions of a topic are proved together, so they pass or fail together; the log names the
# first that failed.
set -u
file=$1
folder=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$folder/../.." && pwd)
rtl=$(cd "${OPERA_RTL:-$root/rtl}" && pwd)
topic=$(basename "$file" .v)
work=${PROVE_DIR:-$root/target/formal}/$topic
rm -rf "$work"
mkdir -p "$work" || exit 2
cd "$work" || exit 2
directive() { sed -n "s|^// @$1 *||p" "$folder/$topic.v"; }
invariant=$(directive invariant)
limit=${PROVE_TIMEOUT:-600}
assertions=$(grep -o '\<p_[a-z0-9_]*' "$folder/$topic.v" | awk '!seen[$0]++')
covers=$(grep -o '\<c_[a-z0-9_]*' "$folder/$topic.v" | awk '!seen[$0]++')
begin=$(date +%s.%N)
elapsed() { echo "$(date +%s.%N) $begin" | awk '{ printf "%.1f", $1 - $2 }'; }
# line NAME ENGINE DEPTH SECONDS RESULT
line() { printf '%-34s %-10s %-10s %-9s %6s  %s\n' "$1" "$invariant" "$2" "$3" "$4" "$5"; }
# all NAMES ENGINE DEPTH RESULT
all() {
  seconds=$(elapsed)
  for name in $1; do line "$name" "$2" "$3" "$seconds" "$4"; done
}

bench=$(directive simulate)
simulate() {
  begin=$(date +%s.%N)
  ended=0
  iverilog -g2012 -I"$rtl/regs" -I"$folder" -y "$rtl" -y "$rtl/prim" -y "$folder" -DTOPIC_$topic -DTOPIC=$topic -s "${bench%.v}" -o sim.vvp "$folder/$bench" >sim.log 2>&1 &&
    timeout "$limit" vvp -n sim.vvp >sim.log 2>&1 && ended=1
  seconds=$(elapsed)
  for name in $covers; do
    if [ $ended = 1 ] && grep -q "^cover .*\.$name\$" sim.log; then
      line "$name" icarus reached "$seconds" proved
    else
      line "$name" icarus - "$seconds" FAILED
    fi
  done
}
# A mutant is caught by the first check that fails; the quick ones come first.
if [ -n "${PROVE_MUTANT-}" ] && [ -n "$bench" ]; then
  failures=$(simulate | grep FAILED)
  if [ -f sim.vvp ]; then        # else Icarus does not read it: let Yosys say so
    if [ -n "$failures" ]; then
      printf '%s\n' "$failures"
      exit 1
    fi
    bench=
  fi
fi

instead=" $(directive instead) "
sources=
for name in "$rtl"/*.v; do
  case $instead in *" ${name##*/} "*) ;; *) sources="$sources $name" ;; esac
done

# The probes must have been bound, and the topic must hold every assertion that we count.
cat >model.ys <<YS
read_verilog -formal -D FORMAL -I$rtl/regs -I$folder $sources $rtl/prim/*.v $folder/$topic.v
hierarchy -check -top $topic
proc -norom
flatten
opt_expr -keepdc
opt_clean
check -assert
opt -keepdc
memory -nomap -nordff
opt -keepdc -fast
select -assert-none a:hierconn
select -assert-count $(echo "$assertions" | grep -c .) t:\$assert
async2sync
dffunmap
YS
if grep -q '^// @abc' "$folder/$topic.v"; then
  # What is x here is never chosen: 0 in both copies.
  cat >>model.ys <<YS
design -save word
delete t:\$cover
memory_map
setundef -undriven -zero
techmap
opt -fast
dffunmap
setundef -init -zero
simplemap
aigmap
write_aiger -zinit model.aig
design -load word
YS
fi
echo 'write_smt2 -wires model.smt2' >>model.ys
if ! yosys -q model.ys >model.log 2>&1; then
  all "$assertions $covers" yosys - FAILED
  exit 1
fi
presat=--presat                  # the assumptions can be met
[ -z "${PROVE_MUTANT-}" ] || presat=
solve() { timeout "$limit" yosys-smtbmc --noprogress --unroll $presat -s z3 "$@" model.smt2; }

depth=$(directive induction)
if [ -n "$depth" ]; then
  result=FAILED
  solve -t $((depth + 1)) --dump-vcd base.vcd >base.log 2>&1 &&
    timeout "$limit" yosys-smtbmc --noprogress --unroll -s z3 -i -t "$depth" --dump-vcd step.vcd model.smt2 >step.log 2>&1 && result=proved
  all "$assertions" "z3-ind-$depth" unbounded $result
fi
depth=$(directive anystate)
if [ -n "$depth" ]; then
  result=FAILED
  solve --noinit -t "$depth" --dump-vcd any.vcd >any.log 2>&1 && result=proved
  all "$assertions" z3-any "any+$depth" $result
fi
depth=$(directive bounded)
if [ -n "$depth" ]; then
  result=FAILED
  solve -t "$depth" --dump-vcd any.vcd >any.log 2>&1 && result=proved
  all "$assertions" z3-bmc "$depth" $result
fi
if grep -q '^// @abc' "$folder/$topic.v"; then
  result=FAILED
  timeout "$limit" yosys-abc -c 'read_aiger model.aig; strash; scorr; pdr' >abc.log 2>&1
  grep -q '^Property proved' abc.log && result=proved
  all "$assertions" abc-pdr unbounded $result
fi
depth=$(directive cover)
start=
if [ -z "$depth" ]; then
  depth=$(directive anycover)
  start=--noinit
fi
if [ -n "$depth" ]; then
  begin=$(date +%s.%N)
  timeout "$limit" yosys-smtbmc --noprogress --unroll -s z3 $start -c -t "$depth" model.smt2 >cover.log 2>&1
  seconds=$(elapsed)
  for name in $covers; do
    # "Reached cover statement at c_x in step N."
    step=$(sed -n "s/.*Reached cover statement at $name in step \([0-9]*\).*/\1/p" cover.log | head -1)
    if [ -n "$step" ]; then
      line "$name" z3-cover "$step" "$seconds" proved
    else
      line "$name" z3-cover "$depth" "$seconds" FAILED
    fi
  done
fi
[ -z "$bench" ] || simulate
