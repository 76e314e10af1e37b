#!/bin/sh
# Runs sweep.sbatch on a Slurm of its own: munge, slurmctld and two nodes on 127.0.0.1, no systemd, all
# in a temporary folder and gone afterwards. The shards must be what one sweep gives, and a merge
# without one of them must be red. Without Slurm it prints "skipped: ..." and ends well.
#   apt-get install slurmctld slurmd slurm-client munge
# OPERA names the command (target/debug/opera); SLURM_WAIT the seconds that the job may take (300).
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin
for tool in munged slurmctld slurmd sbatch squeue sinfo scancel; do
  command -v "$tool" >/dev/null 2>&1 || {
    echo "skipped: no $tool here; apt-get install slurmctld slurmd slurm-client munge"
    exit 0
  }
done
if [ -z "${OPERA:-}" ]; then
  (cd "$root" && cargo build --quiet -p opera-cli) || exit 1
  OPERA=$root/target/debug/opera
fi
export OPERA
# Around the first token; both wallets cut at once is the quickest fault. 512 points a shard.
shards=3
sweep="--target both --from 34500 --to 36035"

folder=$(mktemp -d) || exit 2
job=
pids=
# Everything that was started here ends here, whatever happened.
finish() {
  [ -z "$job" ] || scancel "$job" >/dev/null 2>&1
  for pid in $pids; do kill "$pid" 2>/dev/null; done
  for pid in $pids; do wait "$pid" 2>/dev/null; done
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

fail() {
  echo "slurm: $1" >&2
  tail -n 15 "$folder"/*.log >&2 2>/dev/null
  exit 1
}

# wait_for SECONDS WHAT COMMAND...: until the command is true.
wait_for() {
  left=$1
  what=$2
  shift 2
  until "$@"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || fail "$what took too long"
    sleep 1
  done
}

user=$(id -un)
host=$(hostname -s)
port=$((20000 + $$ % 20000))
mkdir "$folder/munge" "$folder/state" "$folder/out"
chmod 700 "$folder/munge"
dd if=/dev/urandom of="$folder/munge/key" bs=1024 count=1 2>/dev/null
chmod 400 "$folder/munge/key"
munged --foreground --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" \
  --pid-file="$folder/munge/pid" --seed-file="$folder/munge/seed" \
  --log-file="$folder/munge/log" >"$folder/munged.log" 2>&1 &
pids="$pids $!"

cat >"$folder/slurm.conf" <<CONF
ClusterName=opera
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SlurmdParameters=config_overrides
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/%n.pid
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/%n.spool
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=60 State=UP
CONF
export SLURM_CONF="$folder/slurm.conf"
wait_for 20 munge test -S "$folder/munge/socket"
slurmctld -D >"$folder/slurmctld.log" 2>&1 &
pids="$pids $!"
for node in n1 n2; do
  slurmd -D -N "$node" >"$folder/$node.log" 2>&1 &
  pids="$pids $!"
done
idle() { [ "$(sinfo -h -N -o '%N %t' 2>/dev/null | grep -c ' idle$')" -eq 2 ]; }
wait_for 60 "the start of two nodes" idle

# shellcheck disable=SC2086 # the sweep's words
job=$(OPERA_OUT="$folder/out" sbatch --parsable --array="1-$shards" --chdir="$folder" \
  --output="$folder/out/%a.txt" "$here/sweep.sbatch" $sweep) || fail "sbatch"
# shellcheck disable=SC2086
"$OPERA" fault sweep $sweep --out "$folder/whole.jsonl" >"$folder/whole.txt" || fail "the whole sweep"
over() { [ -z "$(squeue -h -j "$job" 2>/dev/null)" ]; }
wait_for "${SLURM_WAIT:-300}" "the array" over

cat "$folder"/out/*.txt >"$folder/tasks.log"
nodes=$(sed -n 's/^shard .* on //p' "$folder/tasks.log" | sort -u | wc -l)
[ "$nodes" -eq 2 ] || fail "the shards ran on $nodes nodes, not 2"
{ # The first line of each names the sweep.
  head -n 1 "$folder/out/shard-1.jsonl"
  tail -q -n +2 "$folder/out/shard-1.jsonl" "$folder/out/shard-2.jsonl" "$folder/out/shard-3.jsonl"
} | cmp -s - "$folder/whole.jsonl" || fail "the shards are not the points of one sweep"
"$OPERA" fault merge "$folder"/out/shard-*.jsonl >"$folder/merge.log" 2>&1 || fail "merge"
points=$(($(wc -l <"$folder/whole.jsonl") - 1))

# Seeded faults: a shard that is not there, and one that is there twice.
mv "$folder/out/shard-2.jsonl" "$folder/kept"
"$OPERA" fault merge "$folder"/out/shard-*.jsonl >"$folder/merge.log" 2>&1 &&
  fail "a merge without shard 2 is green"
grep -q "no point at clock" "$folder/merge.log" || fail "merge does not say what is missing"
cp "$folder/out/shard-1.jsonl" "$folder/out/shard-2.jsonl"
"$OPERA" fault merge "$folder"/out/shard-*.jsonl >"$folder/merge.log" 2>&1 &&
  fail "a merge with shard 1 twice is green"
echo "slurm: $shards shards on $nodes nodes, $points points, the same as in one sweep; a missing and a double shard are red"
