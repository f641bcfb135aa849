#!/bin/sh
# What may be linked into what: part of `make check`.
set -eu
cd "$(dirname "$0")/.."
failed=0

# --- gk-validate answers every request of every app; it holds no web framework, no mail, no directory and no TLS. ---
forbidden='axum maud ldap3 lettre rustls native-tls openssl ring aws-lc'
# (Two steps: in a pipe a failure of cargo itself would go unseen.)
tree=$(cargo tree --locked -p gk-validate -e normal --prefix none -f '{p}')
linked=$(printf '%s\n' "$tree" | cut -d ' ' -f 1 | sort -u)
for name in $forbidden; do
    # "aws-lc" stands for aws-lc-rs and aws-lc-sys too, "axum" for axum-core, and so on.
    found=$(printf '%s\n' "$linked" | grep -E "^$name(-.*)?\$" || true)
    if [ -n "$found" ]; then
        echo "gk-validate must not depend on $(echo "$found" | tr '\n' ' ')(see: cargo tree -p gk-validate -e normal -i $(echo "$found" | head -n 1))" >&2
        failed=1
    fi
done

# --- One version of each crate. Exceptions, one a line: the name, then why two are in. ---
allowed='
syn procedural macros only: they run in the compiler, and half of their makers have moved to the next version
nom reads mail addresses in lettre and certificates in ldap3, which are a version apart
'
# age seals backups and stands apart: its format fixes its ciphers, and its own are of the generation before ours.
tree=$(cargo tree --locked --workspace -e normal --prune age --prefix none -f '{p}')
twice=$(printf '%s\n' "$tree" | grep -v '^$' | cut -d ' ' -f 1,2 | sort -u | cut -d ' ' -f 1 | uniq -d)
for name in $twice; do
    if ! printf '%s\n' "$allowed" | grep -q "^$name [^ ]"; then
        echo "$name is there in more than one version (see: cargo tree --workspace -e normal -d). Use one, or list it with its reason in tests/dependencies.sh" >&2
        failed=1
    fi
done
for name in $(printf '%s\n' "$allowed" | cut -d ' ' -f 1); do
    if ! printf '%s\n' "$twice" | grep -qx "$name"; then
        echo "$name is there once now: take it off the list in tests/dependencies.sh" >&2
        failed=1
    fi
done

[ "$failed" = 0 ] && echo "dependencies: as they should be"
exit "$failed"
