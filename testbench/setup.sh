# Sourced by ./run, ./test and ./prove: finds the tools and installs what is missing on Debian and Ubuntu.
# POSIX sh. Says what it installs and why; without the right to install it prints the command.

# Oldest Rust that builds the workspace (rust-version in Cargo.toml), as 1NN.
oldest_rust=190

# need WHAT PACKAGE REASON TEST...: notes a package when the test fails.
need() {
  what=$1 package=$2 reason=$3
  shift 3
  "$@" >/dev/null 2>&1 && return 0
  packages="$packages $package"
  echo "missing: $what (package $package): $reason"
}

# command_for COMMAND PACKAGE REASON
command_for() {
  need "$1" "$2" "$3" command -v "$1"
}

rust_is_new_enough() {
  version=$(cargo --version 2>/dev/null | sed -n 's/^cargo \([0-9]*\)\.\([0-9]*\).*/\1\2/p')
  [ -n "$version" ] && [ "$version" -ge "$oldest_rust" ]
}

# need_tools run|test|prove|board: everything that the front door of that name needs.
need_tools() {
  packages=
  if [ "$1" = prove ]; then
    command_for yosys yosys "turns Verilog and properties into a model; brings yosys-smtbmc"
    command_for z3 z3 "proves"
    command_for iverilog iverilog "simulates the covers that are too deep for a solver"
    install_missing
    return
  fi
  if [ "$1" = board ]; then
    command_for yosys yosys "synthesises for the FPGA"
    command_for nextpnr-ice40 nextpnr-ice40 "places and routes"
    command_for icepack fpga-icestorm "packs the bitstream; brings iceprog"
    install_missing
    return
  fi
  command_for verilator verilator "compiles the Verilog to a model and lints it"
  command_for c++ g++ "compiles the model"
  command_for make make "is called by Verilator's tools"
  need zlib.h zlib1g-dev "compresses waves" test -e /usr/include/zlib.h
  need "certificates" ca-certificates "lets cargo reach its registry" test -e /etc/ssl/certs/ca-certificates.crt
  if ! rust_is_new_enough; then
    # Debian 12 keeps a current Rust for its browsers under this name.
    packages="$packages cargo-web rustc-web"
    echo "missing: cargo 1.90 or later (packages cargo-web rustc-web): builds the host side"
  fi
  if [ "$1" = test ]; then
    command_for iverilog iverilog "runs the unit benches and lints"
    command_for yosys yosys "checks that the Verilog synthesises"
    command_for z3 z3 "proves the properties of ./prove"
    command_for swtpm swtpm "is the TPM 2.0 that attestation is tested with"
    if rust_is_new_enough && [ "$(command -v cargo)" != /usr/bin/cargo ]; then
      rustup=" (or: rustup component add rustfmt clippy)"
    else
      rustup=
    fi
    need "cargo fmt$rustup" rustfmt-web "checks the format" cargo fmt --version
    need "cargo clippy$rustup" rust-web-clippy "checks the Rust" cargo clippy --version
  fi
  install_missing || return 3
  if ! rust_is_new_enough; then
    echo "cargo is still older than 1.90; is another cargo first in PATH? ($(command -v cargo))" >&2
    return 3
  fi
}

# install_missing: installs what need noted, saying so.
install_missing() {
  [ -n "$packages" ] || return 0

  if ! command -v apt-get >/dev/null 2>&1; then
    echo "no apt-get here; install by hand:$packages" >&2
    return 3
  fi
  if [ "$(id -u)" -eq 0 ]; then
    root=
  elif command -v sudo >/dev/null 2>&1; then
    root=sudo
  else
    echo "not allowed to install; run as root: apt-get update && apt-get install -y$packages" >&2
    return 3
  fi
  echo "installing:$packages"
  $root apt-get update -q >/dev/null &&
    DEBIAN_FRONTEND=noninteractive $root apt-get install -q -y --no-install-recommends $packages >/dev/null || {
    echo "apt-get could not install:$packages" >&2
    return 3
  }
}
