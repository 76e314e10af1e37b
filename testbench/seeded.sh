# Sourced by the mutants.sh of the host's crates: seeds one bug at a time into a copy of the host and demands that
# something goes red. The caller sets
#   crates   folders of host/ that the copy has; all of them when it is empty
#   models   yes when Verilated models are among them
#   target   folder for builds, in target/
# and defines `tried TESTS`, which is run in the copy, all words into $out, and `caught_by TESTS`, which says
# by what the bug was caught and fails when it was not. Then `seed_bugs FILTER <<'MUTANTS'`, each line
#   name|files in host|sed expression         or, with `tests=yes`,
#   name|tests|files in host|sed expression
# Ends in "N mutants caught, N survived". POSIX sh.
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
out=$scratch/out

# copy_host: the copy, and where it builds.
copy_host() {
  export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/$target"
  if [ -n "$crates" ]; then
    mkdir "$scratch/host"
    members=
    for crate in $crates; do
      cp -r "host/$crate" "$scratch/host"
      members="$members\"host/$crate\", "
    done
    [ "$models" = no ] || members="\"verilator\", $members"
  else
    cp -r host "$scratch"
    members='"verilator", "host/*"'
  fi
  if [ "$models" = yes ]; then
    cp -r verilator rtl "$scratch"
    export OPERA_RTL="$PWD/rtl"
  fi
  cp Cargo.lock "$scratch"
  sed "s|^members = .*|members = [${members%, }]|" Cargo.toml >"$scratch/Cargo.toml"
}

# seed_bugs FILTER: those of standard input whose name has FILTER in it.
seed_bugs() {
  copy_host
  caught=0
  survived=0
  while IFS= read -r line; do
    name=${line%%|*} line=${line#*|}
    case $name in
      '') continue ;;
      *"$1"*) ;;
      *) continue ;;
    esac
    those=
    if [ "${tests:-no}" = yes ]; then
      those=${line%%|*} line=${line#*|}
    fi
    files=${line%%|*} change=${line#*|}
    : >"$out"
    same=no
    for file in $files; do
      sed "$change" "host/$file" >"$scratch/host/$file"
      if cmp -s "host/$file" "$scratch/host/$file"; then
        echo "$name: the change no longer applies to $file"
        same=yes
      fi
    done
    if [ "$same" = no ]; then
      (cd "$scratch" && tried "$those") >"$out" 2>&1 </dev/null
    fi
    if [ "$same" = no ] && by=$(caught_by "$those"); then
      echo "$name: caught by $by"
      caught=$((caught + 1))
    else
      echo "$name: survived"
      tail -5 "$out"
      survived=$((survived + 1))
    fi
    for file in $files; do
      cp "host/$file" "$scratch/host/$file"
    done
  done
  echo "$caught mutants caught, $survived survived"
  [ "$survived" -eq 0 ] && [ "$caught" -gt 0 ]
}

# A mutant that does not compile proves nothing: tests must have run and failed. Says which.
failed_tests() {
  grep -q '^test result: FAILED' "$out" &&
    sed -n 's/^    \([a-z_:0-9]*\)$/\1/p' "$out" | sort -u | paste -sd, -
}
