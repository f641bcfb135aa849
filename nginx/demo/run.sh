#!/usr/bin/env bash
# `make run`: all of Gatekeeper on loopback with a demo app behind it. Ctrl-C ends it.
# State stays in ./instance; processes and sockets do not outlive this script.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
umask 077
PATH=$PATH:/usr/sbin:/sbin

project=$PWD
instance=$PWD/instance
bin=$PWD/target/release
port=${GK_RUN_PORT:-8080}
auth_url=http://auth.gk.localhost:$port
docs_url=http://docs.gk.localhost:$port
children=()

say() { printf '%s\n' "$*" >&2; }

die() {
    say "make run: $*"
    exit 1
}

# Runs on every way out. TERM lets the servers drain; whoever needs more than 10 s is killed.
stop() {
    local status=$?
    trap - EXIT
    trap '' INT TERM HUP
    if ((${#children[@]})); then
        kill -TERM "${children[@]}" 2>/dev/null || true
        for _ in {1..100}; do
            any_alive || break
            sleep 0.1
        done
        kill -KILL "${children[@]}" 2>/dev/null || true
        wait "${children[@]}" 2>/dev/null || true
        rm -rf "$instance/run"
        say "Stopped. Your data is in ./instance."
    fi
    exit "$status"
}

any_alive() {
    local child
    for child in "${children[@]}"; do
        kill -0 "$child" 2>/dev/null && return 0
    done
    return 1
}

check_port() {
    if [[ ! $port =~ ^[1-9][0-9]{0,4}$ ]] || ((port > 65535)); then
        die "GK_RUN_PORT is \"$port\", which is not a port number."
    fi
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        die "port $port is in use. Stop what uses it, or choose another: GK_RUN_PORT=8090 make run"
    fi
}

# One run at a time: a second one would take the first one's sockets away.
take_instance() {
    mkdir -p "$instance"
    exec 9>"$instance/run.lock"
    flock --nonblock 9 || die "./instance is in use by another \"make run\"."
    rm -rf "$instance/run"
    mkdir -p "$instance"/{run,log} "$instance"/nginx/{docs,tmp}
}

build() {
    command -v cargo >/dev/null || die "cargo is missing. Install a Rust toolchain from https://rustup.rs first."
    sh tests/install.sh run
    # In the background, so that a signal need not wait for the compiler.
    cargo build --release --workspace --bins --target-dir target 9>&- &
    children=($!)
    wait "${children[0]}" || die "the build failed; see above."
    children=()
}

# What this shell says about another installation must not leak into this one.
choose_settings() {
    unset "${!GATEKEEPER_@}" "${!AUTH_@}" "${!MAIL_@}" "${!SMTP_@}"
    unset APP_NAME ACCEPTED_DOMAINS DEFAULT_APP_ACCESS SESSION_EXPIRY_DAYS SESSION_IDLE_DAYS TRUSTED_PROXY_IPS
    export GATEKEEPER_ENVIRONMENT_FILE=/dev/null
    export GATEKEEPER_DB=$instance/gatekeeper.sqlite3
    export GATEKEEPER_POLICY=$instance/policy/policy.sqlite3
    export GATEKEEPER_KEY_FILE=$instance/gatekeeper.key
    export GATEKEEPER_PUBLIC_URL=$auth_url
    export GATEKEEPER_ACTIVITY=unix:run/activity.sock
    export COOKIE_DOMAIN=gk.localhost
    export MAIL_TRANSPORT=file
}

# init-db comes first each time: it also records the settings above, the port among them.
prepare_instance() {
    "$bin/gk" init-db
    "$bin/gk" create-admin --username admin --email admin@example.com
    "$bin/gk" apps show --slug docs >/dev/null 2>&1 ||
        "$bin/gk" apps add --slug docs --name "Demo docs" --description "The app that make run brings along" --origin "$docs_url"
}

# fill TEMPLATE RESULT: what is the demo's own; the rest is what `gk apps nginx` prints for every installation.
fill() {
    local text user=""
    text=$(<"$project/nginx/$1")
    ((EUID)) || user="user root;" # the sockets and ./instance are root's then
    local -A values=(
        [user]=$user [auth_url]=$auth_url [app_url]=$docs_url
    )
    local name
    for name in "${!values[@]}"; do
        text=${text//"{{$name}}"/"${values[$name]}"}
    done
    printf '%s\n' "$text" >"$instance/nginx/$2"
}

configure_nginx() {
    "$bin/gk" apps nginx --shared --auth-host --slug docs --listen "127.0.0.1:$port" --upstream http://unix:run/docs.sock \
        --validate unix:run/validate.sock --admin unix:run/admin.sock >"$instance/nginx/gatekeeper.conf"
    fill demo/nginx.conf.template nginx.conf
    fill demo/docs.html docs/index.html
}

# start NAME COMMAND...: from inside ./instance, so that socket paths stay short.
start() {
    local name=$1
    shift
    if [[ $name == gk-admin ]]; then
        (cd "$instance" && exec "$@") & # in the terminal: mailed links appear there
    else
        (cd "$instance" && exec "$@" >"log/$name.log" 2>&1) &
    fi
    children+=($!)
    names+=("$name")
}

start_all() {
    names=()
    local nginx=(nginx -p nginx/ -c nginx.conf)
    # Where nginx knows -e, it need not try the system's error log first.
    [[ $(nginx -h 2>&1) != *"-e filename"* ]] || nginx+=(-e error.log)
    start gk-admin "$bin/gk-admin" serve --listen unix:run/admin.sock,mode=0600 --metrics off
    start gk-validate "$bin/gk-validate" --listen unix:run/validate.sock,mode=0600 --metrics unix:run/metrics.sock,mode=0600 \
        --activity unix:run/activity.sock,mode=0600
    start nginx "${nginx[@]}"
}

# The first line of the answer, asked through nginx as a browser would.
answer_of() {
    local line=""
    exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'GET %s HTTP/1.0\r\nHost: %s\r\nSec-Fetch-Mode: navigate\r\n\r\n' "$2" "$1" >&3
    read -r -t 3 line <&3 || true
    exec 3>&-
    printf '%s' "$line"
}

ready() {
    [[ $(answer_of auth.gk.localhost /readyz 2>/dev/null) == *" 200 "* ]] &&
        [[ $(answer_of docs.gk.localhost / 2>/dev/null) == *" 302 "* ]]
}

# Says who ended, and the last of what it said.
report_dead() {
    local index
    for index in "${!children[@]}"; do
        if ! kill -0 "${children[$index]}" 2>/dev/null; then
            local name=${names[$index]}
            if [[ -s $instance/log/$name.log ]]; then
                tail -n 15 "$instance/log/$name.log" >&2
            fi
            die "$name ended by itself, so everything stops."
        fi
    done
}

wait_until_ready() {
    for _ in {1..150}; do
        report_dead
        if ready; then
            return
        fi
        sleep 0.1
    done
    die "not ready after 15 seconds; see ./instance/log and ./instance/nginx/error.log."
}

greet() {
    local link
    link=$("$bin/gk" login-link --user admin)
    say "
Gatekeeper runs, for this machine only.

  A protected app   $docs_url/
  Gatekeeper        $auth_url/
  Sign in as admin  $link
                    (once, within 5 minutes; a new one at any time: target/release/gk login-link --user admin)

Mail is not sent: its links and codes appear here, and all of it is in ./instance/mail.
The admin's address is admin@example.com.
Ctrl-C ends everything. ./instance keeps the data; delete it to start afresh.
"
}

trap stop EXIT
trap 'exit 0' INT TERM HUP
check_port
take_instance
build
choose_settings
prepare_instance
configure_nginx
check_port # again: building took a while
start_all
wait_until_ready
greet
wait -n "${children[@]}" || true
report_dead
