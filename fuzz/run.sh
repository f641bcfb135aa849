#!/bin/sh
# Runs every target of cargo-fuzz, or those that are named, for FUZZ_SECONDS each (600), from the inputs in corpora/ on;
# adds there some that reach what was not reached before. An input that fails is left in fuzz/artifacts.
set -eu
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-600}
most=300 # inputs added for each target

command -v cargo-fuzz >/dev/null || { echo "cargo-fuzz is missing. Please run: cargo install --locked cargo-fuzz" >&2; exit 1; }
cargo +nightly --version >/dev/null 2>&1 || { echo "cargo-fuzz needs a nightly compiler. Please run: rustup toolchain install nightly --profile minimal" >&2; exit 1; }
[ $# -gt 0 ] || set -- token names policy redirect cookie head

fuzz() {
    command=$1
    shift
    cargo +nightly fuzz "$command" --fuzz-dir fuzz --sanitizer none --target-dir target/fuzz "$@"
}

unpack() {
    rm -rf "$folder"
    mkdir -p "$folder"
    number=0
    while read -r line; do
        number=$((number + 1))
        printf %s "$line" | base64 -d >"$folder/$number"
    done <"fuzz/corpora/$target.txt"
}

pack() {
    # Evenly from the smallest to the largest: what is deep in a parser takes long inputs.
    find "$folder" -type f -size -2k -printf '%s %p\n' | sort -n | cut -d ' ' -f 2 >"$folder.list"
    step=$(($(wc -l <"$folder.list") / most + 1))
    awk -v step="$step" 'NR % step == 0' "$folder.list" | while read -r file; do
        base64 -w 0 "$file"
        echo
    done >>"fuzz/corpora/$target.txt" # what was kept, or written by hand, stays
    LC_ALL=C sort -uo "fuzz/corpora/$target.txt" "fuzz/corpora/$target.txt"
}

for target; do
    folder=target/fuzz/corpus/$target
    unpack
    fuzz run "$target" "$folder" -- -max_total_time="$seconds" -max_len=2048 -timeout=10 -print_final_stats=1
    fuzz cmin "$target" "$folder" -- -timeout=10
    pack
done
