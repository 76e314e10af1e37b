# Sourced by every mutants.sh: seeds one bug at a time into a copy of host/ or rtl/ and demands that something goes
# red. The caller sets
#   tree     rtl when the bugs are in there, else host; then also
#   crates   folders of host/ that the copy has; all of them when it is empty
#   models   yes when Verilated models are among them
#   target   folder for builds, in target/
# and defines `tried TESTS`, which is run in the copy of host/, or here with OPERA_RTL, all words into $out, and
# `caught_by TESTS`, which says by what the bug was caught and fails when it was not. Then
# `seed_bugs ARGUMENT... <<'MUTANTS'`, each line
#   name|files|sed expression         or, with `tests=yes`,
#   name|tests|files|sed expression
# Ends in "N mutants caught, N survived". POSIX sh.
scratch=$(mktemp -d) || exit 2
trap 'rm -rf "$scratch"' EXIT
out=$scratch/out

# chosen NAME TESTS ARGUMENT...: whether the caller's arguments ask for this one; by a part of its name, unless the
# caller defines this as `chosen_by_tests`.
chosen() {
  case $1 in *"${3:-}"*) ;; *) return 1 ;; esac
}

chosen_by_tests() {
  [ $# -gt 2 ] || return 0
  wanted=$2
  shift 2
  case " $* " in *" $wanted "*) ;; *) return 1 ;; esac
}

copy_rtl() {
  cp -r rtl "$scratch"
  export OPERA_RTL="$scratch/rtl"
  there=$PWD
}

# copy_host: the copy, and where it builds.
copy_host() {
  there=$scratch
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

# seed_bugs ARGUMENT...: those of standard input that are `chosen`.
seed_bugs() {
  tree=${tree:-host}
  "copy_$tree"
  caught=0
  survived=0
  while IFS= read -r line; do
    name=${line%%|*} line=${line#*|}
    those=
    if [ "${tests:-no}" = yes ]; then
      those=${line%%|*} line=${line#*|}
    fi
    if [ -z "$name" ] || ! chosen "$name" "$those" "$@"; then continue; fi
    files=${line%%|*} change=${line#*|}
    : >"$out"
    same=no
    for file in $files; do
      sed "$change" "$tree/$file" >"$scratch/$tree/$file"
      if cmp -s "$tree/$file" "$scratch/$tree/$file"; then
        echo "$name: the change no longer applies to $file"
        same=yes
      fi
    done
    if [ "$same" = no ]; then
      (cd "$there" && tried "$those") >"$out" 2>&1 </dev/null
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
      cp "$tree/$file" "$scratch/$tree/$file"
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
