#!/bin/sh
# Every fault that gk-validate and publishing are to stand, in its long form: runs the tests of each, and writes to
# target/chaos-report.md what was tried, how it ended, and the figures that the tests print.
set -eu
cd "$(dirname "$0")/.."
report=target/chaos-report.md
mkdir -p target
{
    echo "# Faults, $(date -u +%Y-%m-%d)"
    echo
    echo "$(nproc) cores, $(uname -sr), $(git rev-parse --short HEAD 2>/dev/null || echo 'no commit')."
    echo
    echo "| fault | tests | failed | seconds | figures |"
    echo "|---|---|---|---|---|"
} >"$report"
failed=0

# One fault, then the tests of it: all whose names contain one of the words, the long ones too.
fault() {
    what=$1
    shift
    begun=$(date +%s)
    echo "== $what"
    RUST_TEST_THREADS=1 cargo test --quiet --test all -- --include-ignored --nocapture "$@" >target/chaos.txt 2>&1 || true
    counted=$(grep -o 'test result: .*' target/chaos.txt | tail -n 1)
    passed=$(echo "$counted" | sed -n 's/.* \([0-9]*\) passed.*/\1/p')
    bad=$(echo "$counted" | sed -n 's/.* \([0-9]*\) failed.*/\1/p')
    # A fault without a test, or a run that did not end, is a failure.
    if [ "${passed:-0}" -eq 0 ] || [ "${bad:-1}" -ne 0 ]; then
        failed=1
        cat target/chaos.txt >&2
    fi
    figures=$(grep '^figures: ' target/chaos.txt | sed 's/^figures: //' | paste -s -d ';' | sed 's/;/; /g')
    echo "| $what | ${passed:-0} | ${bad:-?} | $(($(date +%s) - begun)) | $figures |" | tee -a "$report"
}

fault "R1 a publisher is killed at each step" kills:: publishing::what_a_killed publishing::gk_admin_publishes publishing::a_killed_verb
fault "R2, R3 gk-validate is killed, exchanged, hung" restarts::
fault "R4 no gk-validate at all" front::without_gk_validate
fault "R5 gk-admin is gone" with_gk_admin_killed while_gk_admin_is_stopped without_gk_admin_gk_validate
fault "R6 the policy file is cut short" faults::cut_short
fault "R7 an older policy, or database, comes back" an_old_copy publishing::a_verb_after publishing::after_a_restore publishing::a_restored_copy
fault "R8 the disk is full" faults::full_disk
fault "R9 the policy file is locked" the_policy_file_locked the_policy_file_is_locked
fault "R10 ten thousand connections" idle_connections
fault "R11 heads that are slow, huge or malformed" bad_input::
fault "R12 what is no token" no_malformed_token
fault "R13 another database in its place" publishing::a_database_that publishing::a_new_instance publishing::two_publishers
fault "R14 another schema or format" unknown_format of_an_earlier_gk_admin a_newer_database_is_refused an_older_database_is_copied
fault "R15 the clock is stepped" faults::clock a_grant_ends_at_its_second
fault "R16 something else in the policy's place" faults::not_a_policy
fault "R17 mail and directories are down or hang" mail::trouble directory::trouble directory::faults
fault "R18 no file descriptors, a kill" without_file_descriptors a_socket_nobody_answers_on
fault "revoked is in force when the verb returns" revocation::
fault "denied at once, whatever can be read" panic::
echo
echo "$report"
exit "$failed"
