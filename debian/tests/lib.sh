# shellcheck shell=sh
# What the steps share. Each sources this file and stands on its own: it
# starts from a machine that never saw the packages (see pristine), says with
# `saw` what it has seen, and ends at the first thing that is not as it
# should be.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# A tmpfs: what the simulated tenants know, their secrets too, is on no disk.
run=/run/contactsync-tests
# shellcheck disable=SC2034 # for the steps
store=/var/lib/ucware/kvstore
books=/var/lib/ucware/phonebooks
db=$books/phonebooks.db
mkdir -p "$run"
export LC_ALL=C.UTF-8 SYSTEMD_PAGER='' SYSTEMD_COLORS=0

# saw TEXT: one more thing that is as it should be.
saw() { echo "saw: $*"; }

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# Tenants and locks end with the step, however it ends.
trap 'status=$?; trap - EXIT; stop_units; exit $status' EXIT
trap 'exit 1' INT TERM HUP

stop_units() {
    systemctl stop 'contactsync-tests-*.service' 2>/dev/null || :
}

# expect STATUS COMMAND...: runs it, keeps what it says in $run/out, and fails
# unless it ends with that exit status.
expect() {
    wanted=$1 status=0
    shift
    "$@" >"$run/out" 2>&1 </dev/null || status=$?
    [ "$status" = "$wanted" ] && return
    tail -n 100 "$run/out" >&2
    fail "exit status $status instead of $wanted: $*"
}

# said PATTERN: what the last command of expect said has a line like that.
said() {
    grep -Eq -e "$1" "$run/out" && return
    tail -n 100 "$run/out" >&2
    fail "this was to say \"$1\""
}

# same WHAT WANTED GOT
same() { [ "$2" = "$3" ] || fail "$1: \"$3\" instead of \"$2\""; }

# wait_for WHAT COMMAND...: until the command succeeds. The bound is there for
# what never comes, and says nothing about how fast it has to be.
wait_for() {
    what=$1 tries=1200
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "waited in vain for $what"
        sleep 0.1
    done
}

not() { ! "$@"; }

# --- packages

# pristine makes the machine one that never saw the packages.
pristine() {
    stop_units
    # These would outlast the purge of a package that does not know of them.
    rm -rf /etc/systemd/system/contactsync.service.d /etc/systemd/system/contactsync.timer.d
    expect 0 dpkg --purge ucware-contactsync ucware-kvstore
    rm -rf /var/lib/ucware /var/lib/systemd/timers/stamp-contactsync.timer
    for user in ucservices reader stranger; do
        ! id "$user" >/dev/null 2>&1 || userdel -rf "$user" 2>/dev/null
    done
    for group in ucphonebooks ucservices; do
        ! getent group "$group" >/dev/null || groupdel "$group"
    done
    systemctl daemon-reload
    systemctl reset-failed
}

purge() {
    expect 0 apt-get -y purge "$@"
}

# install as it is documented, but that nobody is there to say yes.
install_packages() {
    expect 0 sudo apt update
    expect 0 sudo apt install -y ucware-contactsync
}

# preseed KEY TYPE VALUE: an answer for debconf.
preseed() { printf 'ucware-contactsync ucware-contactsync/%s %s %s\n' "$@" | debconf-set-selections; }

# preseed_tenant NAME
preseed_tenant() {
    preseed office365 boolean true
    preseed tenant_id string "$(field "$1" tenant_id)"
    preseed client_id string "$(field "$1" client_id)"
    preseed client_secret password "$(field "$1" client_secret)"
}

# kv: the key-value store's command, as its owner.
kv() { runuser -u ucservices -- kvstore "$@"; }

# --- a simulated tenant

# tenant NAME [FLAG...]: a simulated Microsoft 365 on loopback, until the step
# ends or `end_tenant NAME`.
tenant() {
    name=$1
    shift
    simulator
    mkdir -p "$run/$name"
    rm -f "$run/$name/tenant.json"
    systemd-run --quiet --collect --unit="contactsync-tests-$name" "$simulator" -dir "$run/$name" "$@"
    wait_for "the simulated tenant $name" test -e "$run/$name/tenant.json"
}

end_tenant() { systemctl stop "contactsync-tests-$1.service"; }

# simulator sets $simulator: ready-made where CONTACTSYNC_SIMULATOR names it,
# else built from the source, for which the machine needs the Go of go.mod.
simulator() {
    simulator=${CONTACTSYNC_SIMULATOR:-$run/simulator}
    [ ! -x "$simulator" ] || return 0
    wanted=$(sed -n 's/^go //p' "$here/../../go.mod")
    if ! (cd "$here/../.." && GOTOOLCHAIN=local GOFLAGS=-mod=mod GOCACHE="$run/go-cache" go build -trimpath -o "$simulator" ./internal/simulator/serve); then
        echo "skipped: the simulated tenant cannot be built here; that needs Go $wanted and its modules"
        exit 77
    fi
}

# field NAME KEY: what the tenant's description says.
field() { sqlite3 :memory: "SELECT json_extract(readfile('$run/$1/tenant.json'), '\$.$2')"; }

mailboxes() { sqlite3 :memory: "SELECT json_array_length(readfile('$run/$1/tenant.json'), '\$.mailboxes')"; }

# point NAME: what the administrator of that tenant sets in the store.
point() {
    for key in tenant_id client_id authority graph_url ca_file; do
        kv set contactsync "$key" "$(field "$1" "$key")"
    done
    field "$1" client_secret | kv set contactsync client_secret
}

# --- the directory

ldap() {
    tool=$1
    shift
    "$tool" -Q -Y EXTERNAL -H ldapi:/// "$@"
}

# directory NAME [UID MAIL]...: the machine's slapd has a group that carries
# the parameter, with the owners of the tenant's mailboxes as m1, m2, … and
# the further members (MAIL - for none). Only root and ucservices may read it.
directory() {
    name=$1
    shift
    systemctl start slapd
    base=$(ldap ldapsearch -LLL -b '' -s base namingContexts | sed -n 's/^namingContexts: //p' | head -n 1)
    [ -n "$base" ] || fail "this machine's slapd has no database (dpkg-reconfigure slapd)"
    let_in "$base"
    ldap ldapdelete -r "ou=contactsync,$base" >/dev/null 2>&1 || :
    {
        printf 'dn: ou=contactsync,%s\nobjectClass: organizationalUnit\n\n' "$base"
        i=0
        while [ "$i" -lt "$(mailboxes "$name")" ]; do
            person "m$((i + 1))" "$(field "$name" "mailboxes[$i].mail")"
            i=$((i + 1))
        done
        while [ $# -gt 0 ]; do
            person "$1" "$2"
            shift 2
        done
    } >"$run/people.ldif"
    {
        cat "$run/people.ldif"
        printf 'dn: cn=telefonie,ou=contactsync,%s\nobjectClass: groupOfNames\n' "$base"
        printf 'description: Telefone\ndescription: ews_synccontacts=true\n'
        sed -n 's/^dn: uid=/member: uid=/p' "$run/people.ldif"
    } | ldap ldapadd >"$run/ldapadd" 2>&1 || fail "$(cat "$run/ldapadd")"
}

person() {
    printf 'dn: uid=%s,ou=contactsync,%s\nobjectClass: inetOrgPerson\nuid: %s\ncn: %s\nsn: %s\n' "$1" "$base" "$1" "$1" "$1"
    [ "$2" = - ] || printf 'mail: %s\n' "$2"
    echo
}

# let_in BASE: who signs in over the socket as root or as ucservices.
let_in() {
    external=cn=peercred,cn=external,cn=auth
    config=$(ldap ldapsearch -LLL -b cn=config "(olcSuffix=$1)" dn | sed -n 's/^dn: //p')
    ldap ldapmodify >/dev/null <<END
dn: $config
changetype: modify
replace: olcAccess
olcAccess: to * by dn.exact=gidNumber=0+uidNumber=0,$external manage
  by dn.exact=gidNumber=$(id -g ucservices)+uidNumber=$(id -u ucservices),$external read by * none
END
}

# --- the service

# property NAME [UNIT]: what systemd says of it.
property() { systemctl show -p "$1" --value "${2:-contactsync.service}"; }

is() { [ "$(property "$1" "${3:-contactsync.service}")" = "$2" ]; }

# mark remembers the journal's end, journal prints what came since. The entry
# that marks it is no unit's, for with matches journalctl's --after-cursor
# leaves out the first entry that matches.
mark() {
    echo "the journal is read from here" | systemd-cat --identifier=contactsync-tests
    journalctl --sync
    journalctl --quiet --identifier=contactsync-tests -n 1 --show-cursor | sed -n 's/^-- cursor: //p' >"$run/cursor"
}

journal() {
    journalctl --sync &&
        journalctl --quiet --no-pager --cursor="$(cat "$run/cursor")" "$@"
}

# journal_lacks PATTERN [MATCH...]: what came since has no line like that; lines
# that are there are shown. A journal that cannot be read lacks nothing.
journal_lacks() {
    unwanted=$1
    shift
    journal "$@" >"$run/journal" || fail "the journal cannot be read"
    ! grep -iE -e "$unwanted" "$run/journal"
}

# override UNIT SECTION LINE...: a drop-in, as an administrator makes it.
override() {
    mkdir -p "/etc/systemd/system/$1.d"
    printf '[%s]\n' "$2" >"/etc/systemd/system/$1.d/test.conf"
    file=/etc/systemd/system/$1.d/test.conf
    shift 2
    printf '%s\n' "$@" >>"$file"
    systemctl daemon-reload
}

# --- phonebooks

# query SQL: as the service user.
query() { runuser -u ucservices -- sqlite3 -cmd '.timeout 10000' "$db" "$1"; }

# entries: how many there are in all phonebooks; entries_of OWNER.
entries() { query 'SELECT count(*) FROM entry'; }

entries_of() { query "SELECT count(*) FROM entry e JOIN phonebook p ON p.id = e.phonebook WHERE p.owner = '$1'"; }

# content OWNER: a digest of what stands in the managed phonebook.
content() {
    query "SELECT e.display_name, e.given_name, e.surname, e.company, e.emails, e.addresses,
                  (SELECT group_concat(kind || coalesce(number, '') || as_typed)
                       FROM (SELECT * FROM number WHERE entry = e.id ORDER BY position))
           FROM entry e JOIN phonebook p ON p.id = e.phonebook
           WHERE p.owner = '$1' AND p.managed_by = 'contactsync' ORDER BY 1, 2, 3, 4, 5, 6, 7" | sha256sum | cut -c1-16
}

# owners: who has a managed phonebook.
owners() { query "SELECT owner FROM phonebook WHERE managed_by = 'contactsync' ORDER BY owner"; }
