#!/bin/sh
# Installs this release of Holdfast as a service on Debian, with nginx in front of it; or upgrades to it. Run as root,
# from the unpacked release:
#
#   deploy/debian/install.sh --host book.example.org [--certificate FILE --key FILE] [--admin-email ADDRESS]
#   deploy/debian/install.sh                # upgrade, or repair, with the same options as before
#   deploy/debian/install.sh --host NAME    # the same, and change the name under which people reach it
#   deploy/debian/install.sh --back         # return to this older release, with a PostgreSQL of your own
#   deploy/debian/install.sh uninstall      # remove the program, and list what remains
#
# Without a certificate it creates a self-signed one. Run twice, it changes nothing. See docs/operations/.
set -eu
umask 022

release=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
programs=/opt/holdfast
settings=/etc/holdfast
state=/var/lib/holdfast
backups=/var/backups/holdfast
units=/etc/systemd/system
site=/etc/nginx/sites-available/holdfast
enabled_site=/etc/nginx/sites-enabled/holdfast
ready_seconds_max=300
# The options of the last run that ended, and those of one that has not.
options=$settings/install.conf
pending=$settings/install.conf.pending
# Who signs the certificate that this script creates, and for how long.
signer='Created by install.sh of Holdfast'
certificate_days=825
# An upgrade that has not ended, see record_upgrade.
upgrade=$settings/upgrade.conf
# What runs beside the server. Timers first: they would start again what is stopped after them.
helpers='holdfast-backup.timer holdfast-erasures.timer holdfast-backup.service holdfast-erasures.service
holdfast-worker.service'
changed=no
upgrading=no

say() { printf '%s\n' "$*"; }
fail() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}
usage() {
  sed -n '2,12s/^# \{0,1\}//p' "$0"
  exit "${1:-0}"
}
note() {
  changed=yes
  say "$*"
}

# A path for nginx, which starts elsewhere. Not that of a link's target: certbot changes its links.
absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s' "$PWD/$1" ;; esac }

# The version of an unpacked release.
version_of() { sed -n 's/^  "version": "\(.*\)",$/\1/p' "$1/package.json"; }

# install_file MODE OWNER TARGET: standard input becomes the file, if it differs. Not for the end of a pipe, where it
# could not note that something has changed.
install_file() {
  draft=$(mktemp "$3.XXXXXX")
  cat >"$draft"
  if [ -f "$3" ] && cmp -s "$draft" "$3"; then
    rm "$draft"
    return 0
  fi
  chmod "$1" "$draft"
  chown "$2" "$draft"
  mv "$draft" "$3"
  wrote=yes
  note "Wrote $3"
}

# make_directory MODE OWNER DIRECTORY
make_directory() {
  if [ -d "$3" ] && [ "$(stat -c '0%a %U:%G' "$3")" = "$1 $2" ]; then return 0; fi
  install -d -m "$1" -o "${2%:*}" -g "${2#*:}" "$3"
  note "Created $3"
}

install_packages() {
  missing=
  for package in nginx-light openssl logrotate libatomic1 libstdc++6; do
    # Any package of nginx will do.
    if [ "$package" = nginx-light ] && command -v nginx >/dev/null; then continue; fi
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  note "Installing Debian's packages:$missing"
  apt-get update -qq
  # shellcheck disable=SC2086 # one word for each package
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
}

create_user() {
  getent passwd holdfast >/dev/null && return 0
  useradd --system --user-group --home-dir "$state" --no-create-home --shell /usr/sbin/nologin holdfast
  note 'Created the user holdfast'
}

check_release() {
  [ "$release" != "$programs/$version" ] || return 0
  (cd "$release" && sha256sum --check --quiet SHA256SUMS) ||
    fail "$release is damaged or was changed. Download the release again."
}

# The release of this script as /opt/holdfast/VERSION.
install_release() {
  target=$programs/$version
  [ "$release" = "$target" ] && return 0
  cmp -s "$release/SHA256SUMS" "$target/SHA256SUMS" && return 0
  say "Copying the release to $target"
  make_directory 0755 root:root "$programs"
  rm -rf "$target.draft"
  cp -a "$release" "$target.draft"
  chown -R root:root "$target.draft"
  chmod -R u=rwX,go=rX "$target.draft"
  # Another build of the same version; the service is restarted below.
  if [ -e "$target" ]; then mv "$target" "$target.replaced"; fi
  mv "$target.draft" "$target"
  rm -rf "$target.replaced"
  note "Installed $target"
  restart=yes
}

# Options of an earlier run are the default; of one that was interrupted, first.
remembered() {
  for file in "$pending" "$options"; do
    [ -f "$file" ] || continue
    sed -n "s/^$1=//p" "$file"
    return 0
  done
}

# Names under which people reached the machine, or would have after a run that was interrupted.
remembered_hosts() {
  for file in "$options" "$pending"; do [ ! -f "$file" ] || sed -n 's/^host=//p' "$file"; done
}

has_new_host() {
  for former in $former_hosts; do [ "$former" = "$host" ] || return 0; done
  return 1
}

has_new_certificate() { [ "$certificate" != "$(remembered certificate)" ]; }

is_address() { case $host in *[!0-9.]*) return 1 ;; esac; }

is_of_host() {
  if is_address; then kind=ip; else kind=host; fi
  openssl x509 -in "$certificate" -noout "-check$kind" "$host" 2>/dev/null | grep -q 'does match'
}

# A property of the certificate.
certificate_has() { openssl x509 -in "$certificate" -noout "-$1" -nameopt RFC2253 | sed 's/^[^=]*=//'; }

# Whether this script created the certificate, and may create it again. A clinic can have signed its own.
is_created_here() {
  [ "$certificate" = "$settings/tls/certificate.pem" ] || return 1
  subject=$(certificate_has subject)
  [ "$subject" = "$(certificate_has issuer)" ] || return 1
  case $subject in *",O=$signer") return 0 ;; esac
  # Earlier releases did not write who created it.
  seconds=$(($(date -d "$(certificate_has enddate)" +%s) - $(date -d "$(certificate_has startdate)" +%s)))
  for former in $former_hosts; do
    [ "$subject" != "CN=$former" ] || [ "$seconds" != $((certificate_days * 86400)) ] || return 0
  done
  return 1
}

# Before anything is changed.
check_names() {
  has_new_host || has_new_certificate || return 0
  ! command -v nginx >/dev/null || nginx -t -q || fail 'nginx refuses its own files, see above. Nothing was changed.'
  [ ! -f "$certificate" ] || is_of_host || is_created_here ||
    fail "$certificate is not of $host: give one that is by --certificate FILE --key FILE. Nothing was changed."
}

# What this run is about to change, for the next one if this one does not end.
begin_changes() {
  [ ! -f "$pending" ] || restart=yes
  print_options >"$pending.draft"
  mv "$pending.draft" "$pending"
}

# All is changed, and the services run with it.
end_changes() {
  make_directory 0755 root:root "$settings"
  install_file 0644 root:root "$options" <<EOF
$(print_options)
EOF
  rm -f "$pending" "$site.former"
}

print_options() { printf '%s\n' "host=$host" "certificate=$certificate" "key=$key"; }

# What has the former name besides nginx's site, which is written already.
change_host() {
  # Earlier releases issued the certificate of an address as one of a name.
  if has_new_host || is_address; then
    if is_created_here && ! is_of_host; then
      create_certificate
      restart=yes
    fi
  fi
  has_new_host || return 0
  for former in $former_hosts; do
    [ "$former" != "$host" ] || continue
    case $(setting_of HOLDFAST_URL) in
      "https://$former" | "https://$former/")
        sed -i "s|^HOLDFAST_URL=.*|HOLDFAST_URL=https://$host|" "$settings/holdfast.env"
        note "Changed HOLDFAST_URL in $settings/holdfast.env"
        ;;
    esac
    say "Passkeys of $former no longer work, and links that were sent lead there: see docs/operations/configure.md."
  done
  restart=yes
}

write_settings() {
  if [ ! -f "$settings/holdfast.env" ]; then
    install_file 0640 root:holdfast "$settings/holdfast.env" <<EOF
$(sed -e "s|^#HOLDFAST_URL=.*|HOLDFAST_URL=https://$host|" "$release/deploy/systemd/holdfast.env")
EOF
  fi
  make_directory 0700 holdfast:holdfast "$state"
  make_directory 0700 holdfast:holdfast "$backups"
}

self_signed_certificate() {
  [ "$certificate" = "$settings/tls/certificate.pem" ] || return 0
  [ -f "$certificate" ] && return 0
  create_certificate
}

# For another name with the same key: then one file changes, and nginx never finds two that do not belong together.
create_certificate() {
  make_directory 0700 root:root "$settings/tls"
  [ ! -f "$certificate" ] || cp -p "$certificate" "$certificate.former"
  if [ ! -f "$key" ]; then
    openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$key.draft"
    mv "$key.draft" "$key"
  fi
  if is_address; then name=IP:$host; else name=DNS:$host; fi
  openssl req -x509 -new -key "$key" -days "$certificate_days" -subj "/O=$signer/CN=$host" \
    -addext "subjectAltName=$name" -out "$certificate.draft"
  mv "$certificate.draft" "$certificate"
  note "Created a self-signed certificate. Browsers warn of it: replace it by --certificate FILE --key FILE."
}

# A run that has not ended leaves the site that nginx uses: it reads the new one again only at the end.
restore_site() { [ ! -e "$site.former" ] || mv "$site.former" "$site"; }

# The address of this server, as HOST sets it.
own_address() {
  case $(setting_of HOST) in
    '' | 0.0.0.0) printf '127.0.0.1:%s' "$port" ;;
    ::) printf '[::1]:%s' "$port" ;;
    *:*) printf '[%s]:%s' "$(setting_of HOST)" "$port" ;;
    *) printf '%s:%s' "$(setting_of HOST)" "$port" ;;
  esac
}

# The servers of the site, for sed. Several were entered by somebody, and stay, with their shares.
site_servers() {
  entered=$(sed '/^upstream holdfast {/,/^}/ s/; *server /;\n  server /g' "$site" 2>/dev/null |
    awk '/^upstream holdfast \{/ { inside = 1 } /^\}/ { inside = 0 } inside && $1 == "server" { print }' |
    sed 's/^ *//') || true
  case $entered in
    *'
'*) printf '%s' "$entered" | sed ':all; N; $!b all; s/\n/\\n  /g' ;;
    *) printf '%s' "server $(own_address);" ;;
  esac
}

# The first thing that is changed, as nginx can refuse it.
write_nginx() {
  site_text=$(sed -e "s|\${HOLDFAST_HOST}|$host|g" -e "s|\${HOLDFAST_SERVERS}|$(site_servers)|" \
    -e "s|\${HOLDFAST_HTTP_PORT}|80|" -e "s|\${HOLDFAST_HTTPS_PORT}|443|" \
    -e "s|\${HOLDFAST_CERTIFICATE}|$certificate|" -e "s|\${HOLDFAST_KEY}|$key|" \
    "$release/deploy/nginx/holdfast.conf.template")
  # Whoever has removed the link of an installation uses another site: it stays removed.
  link=no
  if [ ! -f "$options" ] || [ ! -f "$site" ]; then link=yes; fi
  had_link=no
  if [ -L "$enabled_site" ] || [ -e "$enabled_site" ]; then had_link=yes; fi
  if [ -f "$site" ]; then
    cp -p "$site" "$site.draft"
    mv "$site.draft" "$site.former"
  fi
  install_file 0644 root:root "$site" <<EOF
$site_text
EOF
  if [ "$had_link" = no ] && [ "$link" = yes ]; then ln -s "$site" "$enabled_site"; fi
  if nginx -t -q; then
    [ -e "$enabled_site" ] || say "$enabled_site was removed: nginx does not use $site, but your site instead of it."
    return 0
  fi
  # With a site that it refuses, nginx would not start again, for others on this machine either.
  [ "$had_link" = yes ] || rm -f "$enabled_site"
  if [ -f "$site.former" ]; then mv "$site.former" "$site"; else rm -f "$site"; fi
  fail "nginx refuses $site, see above. The file is as it was before."
}

# Lets the services write to the directories that the settings name for backups and for the ends of the security log,
# after their disks are mounted.
write_places() {
  conf=$units/holdfast-.service.d/places.conf
  places=$(
    for name in HOLDFAST_BACKUP_TO HOLDFAST_AUDIT_ANCHORS; do
      place=$(setting_of "$name")
      case $place in
        "$backups" | "$backups"/* | "$state"/*) ;;
        /*)
          printf '# From %s.\n[Unit]\nAfter=%s\n' "$name" "$(systemd-escape --path --suffix=mount "$place")"
          printf '[Service]\nReadWritePaths="-%s"\n' "$(printf '%s' "$place" | sed 's/%/%%/g')"
          ;;
      esac
    done
  )
  if [ -z "$places" ]; then
    [ -e "$conf" ] || return 0
    rm "$conf"
    wrote=yes
    note "Removed $conf"
    return 0
  fi
  install_file 0644 root:root "$conf" <<EOF
# Written by install.sh.
$places
EOF
}

write_services() {
  wrote=no
  for unit in holdfast-server.service holdfast-worker.service holdfast-backup.service holdfast-backup.timer; do
    install_file 0644 root:root "$units/$unit" <"$release/deploy/systemd/$unit"
  done
  make_directory 0755 root:root "$units/holdfast-.service.d"
  install_file 0644 root:root "$units/holdfast-.service.d/user-and-sandbox.conf" \
    <"$release/deploy/systemd/holdfast-.service.d/user-and-sandbox.conf"
  write_places
  # After an interrupted run systemd may not have read what it wrote.
  if [ "$wrote" = yes ] || [ "$restart" = yes ]; then
    systemctl daemon-reload
    restart=yes
  fi
  install_file 0644 root:root /etc/logrotate.d/holdfast <"$release/deploy/debian/logrotate"
  install_file 0755 root:root /usr/local/bin/holdfast <"$release/deploy/debian/holdfast"
  systemctl is-enabled -q holdfast-server || systemctl enable -q holdfast-server
}

has_systemd() { [ -d /run/systemd/system ]; }

# The first password, in a file for root only. The server would print it into the journal, which others can read.
create_administrator() {
  # The database was removed, and with it the administrator whose password is there.
  if [ -z "$(setting_of DATABASE_URL)" ] && [ -n "$data" ] && [ ! -e "$data" ]; then
    rm -f "$settings/administrator-created" "$settings/first-password"
  fi
  [ -e "$settings/administrator-created" ] && return 0
  say 'Creating the database and the first administrator'
  (umask 077 && /usr/local/bin/holdfast admin create --email "$email" >"$settings/first-password.draft") || {
    rm -f "$settings/first-password.draft"
    fail 'the first administrator could not be created, see above'
  }
  mv "$settings/first-password.draft" "$settings/first-password"
  : >"$settings/administrator-created"
  note "The first administrator and the password: $settings/first-password (only root can read it)"
}

# The directory of the release that runs; nothing before the first installation.
current() { readlink -e "$programs/current" || true; }

# Whether the server, of the version that is current, answers and can serve.
wait_until_ready() {
  ends_at=$(($(date +%s) + ready_seconds_max))
  while [ "$(date +%s)" -lt "$ends_at" ]; do
    if "$programs/current/node_modules/node/bin/node" -e \
      'fetch(process.argv[1]).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' \
      "http://$(own_address)/readyz"; then return 0; fi
    systemctl is-active -q holdfast-server || return 1
    sleep 1
  done
  say "The server runs, but http://$(own_address)/readyz does not say within $ready_seconds_max s that it is ready. Its" \
    "address is that of HOST and PORT in $settings/holdfast.env." >&2
  return 1
}

# A setting of the environment file.
setting_of() {
  [ -f "$settings/holdfast.env" ] || return 0
  sed -n "s/^$1=//p" "$settings/holdfast.env" | tail -n 1 | unquoted
}
unquoted() { sed -e 's/[[:space:]]*$//' -e "s/^'\(.*\)'\$/\1/" -e 's/^"\(.*\)"$/\1/'; }

# Where the embedded database really is, also if the setting names a link: a link would be copied instead of the data.
data_directory() {
  named=$(setting_of HOLDFAST_DATA)
  case $named in '' | /*) ;; *) named=$state/$named ;; esac
  [ -z "$named" ] || readlink -m "$named"
}

# Whether there is an embedded database, which is copied before an upgrade.
is_embedded() { [ -z "$(setting_of DATABASE_URL)" ] && [ -d "$data" ]; }

is_upgrade() { [ -n "$(current)" ] && [ "$(current)" != "$programs/$version" ]; }

# An upgrade renames the data and their copy, which has to be on the same disk. Before anything is changed.
check_place_of_data() {
  data=$(data_directory)
  if ! is_upgrade || ! is_embedded || ! mountpoint -q "$data"; then return 0; fi
  fail "$data is a disk of its own: an upgrade can't put a copy beside it. Move the data into a directory of this" \
    'disk, and set HOLDFAST_DATA to it. Nothing was changed.'
}

check_space() {
  is_embedded || return 0
  needed=$(du -sk "$data" | cut -f 1)
  free=$(df -Pk "$(dirname "$data")" | awk 'NR == 2 { print $4 }')
  [ "$free" -gt "$needed" ] ||
    fail "the upgrade copies $data first, $((needed / 1024)) MB, and only $((free / 1024)) MB are free beside it." \
      'The release before still runs.'
}

# What an upgrade that has not ended has recorded of itself.
recorded() { sed -n "s/^$1=//p" "$upgrade"; }

# record_upgrade STEP: what is to be done if this script is interrupted; finish_upgrade does it. The steps:
#   copying    the new release has not run yet, and the data are as they were
#   starting   the copy is complete, and the new release may have changed the data
#   returning  the copy becomes the data again, for the release before
#   ending     the new release runs, and the copy is no longer needed
record_upgrade() {
  upgrading=yes
  printf '%s\n' "step=$1" "from=$before" "to=$after" "data=$data" "copy=$copy" "stopped=$stopped" >"$upgrade.draft"
  sync "$upgrade.draft"
  mv "$upgrade.draft" "$upgrade"
  sync "$settings"
}

running_helpers() {
  for unit in $helpers; do
    [ -e "$units/$unit" ] || continue
    # A backup that is running is "activating".
    case $(systemctl is-active "$unit" || true) in active | activating) printf '%s ' "$unit" ;; esac
  done
}

# All of them: a timer may have started one meanwhile.
stop_server() {
  for unit in $helpers holdfast-server.service; do
    [ ! -e "$units/$unit" ] || systemctl stop "$unit" || return 1
  done
}

# The helpers that ran before the upgrade; a backup begins again.
start_helpers() {
  for unit in $stopped; do
    systemctl start --no-block "$unit" || say "$unit could not be started, see above."
  done
}

# The link is replaced at once: a release is current at every moment.
set_current() {
  ln -sfn "$1" "$programs/current.draft"
  mv -T "$programs/current.draft" "$programs/current"
}

begin_upgrade() {
  say "Stopping $(basename "$before")"
  copy=
  # A name for this upgrade alone: an earlier copy may be the only one of something.
  ! is_embedded || copy=$data.before-upgrade.$(date -u +%Y%m%dT%H%M%SZ).$$
  stopped=$(running_helpers)
  record_upgrade copying
  stop_server || fail 'the services could not be stopped, see above. The release before runs again.'
  if [ -n "$copy" ]; then
    cp -a --reflink=auto "$data" "$copy" || fail "$data could not be copied, see above. The release before runs again."
    sync --file-system "$copy"
  fi
  record_upgrade starting
}

# The new release has not run: the one before goes on with its data.
undo_upgrade() {
  systemctl start holdfast-server
  start_helpers
  if [ -n "$copy" ]; then rm -rf "$copy"; fi
  rm "$upgrade"
}

end_upgrade() {
  record_upgrade ending
  start_helpers
  if [ -n "$copy" ]; then rm -rf "$copy"; fi
  rm "$upgrade"
  note "Holdfast $(basename "$after") runs"
  remove_old_releases
}

# The release before, with the data as they were. The new one may have served people, whose bookings were confirmed:
# what it wrote stays, and is named.
return_to_former() {
  new=$(basename "$after")
  former=$(basename "$before")
  record_upgrade returning
  stop_server || fail "the services could not be stopped, see above. Then run this again: $former has to be started."
  journalctl -u holdfast-server -n 20 --no-pager -o cat >&2 || true
  # First the link: the new release must not start with the data that are put back, not even after a power failure.
  set_current "$before"
  if [ -n "$copy" ] && [ -e "$copy" ]; then
    if [ -e "$data" ]; then mv -T "$data" "$data.failed-upgrade.${copy##*upgrade.}.$$"; fi
    mv -T "$copy" "$data"
  fi
  systemctl start holdfast-server
  for left in "$data.failed-upgrade".*; do
    [ ! -e "$left" ] ||
      say "$left has what a new release wrote before it was taken back. If people used it, what was booked then is only" \
        "there: see docs/operations/upgrade.md." >&2
  done
  wait_until_ready || fail "$new does not start, and neither does $former again: see journalctl -u holdfast-server"
  start_helpers
  # First what says that the release is complete.
  rm -f "$after/SHA256SUMS"
  rm -rf "$after"
  rm "$upgrade"
  if [ -n "$copy" ]; then as=was; else as=is; fi
  fail "$new does not start, see above. $former runs again, with the data as it $as."
}

# Ends what an interrupted upgrade has begun: afterwards the release before runs with its data, or the new one.
finish_upgrade() {
  rm -f "$upgrade.draft"
  [ -f "$upgrade" ] || return 0
  before=$(recorded from)
  after=$(recorded to)
  data=$(recorded data)
  copy=$(recorded copy)
  stopped=$(recorded stopped)
  step=$(recorded step)
  upgrading=yes
  interrupted="The upgrade from $(basename "$before") to $(basename "$after") was interrupted"
  # The server starts what is current, after a power failure too: the new release has not run.
  if [ "$step" = starting ] && [ "$(current)" = "$before" ]; then step=copying; fi
  case $step in
    copying)
      note "$interrupted before the new release started: the one before runs again."
      undo_upgrade
      wait_until_ready || say 'It does not answer: see journalctl -u holdfast-server'
      ;;
    starting)
      note "$interrupted while the new release started: it is started again."
      systemctl reset-failed holdfast-server 2>/dev/null || true
      systemctl start holdfast-server || true
      if wait_until_ready; then end_upgrade; else return_to_former; fi
      ;;
    returning)
      note "$interrupted on the way back: the release before is started again."
      return_to_former
      ;;
    *)
      note "$interrupted when the new release ran already."
      end_upgrade
      ;;
  esac
  upgrading=no
}

# Whatever ends this script: nothing stays stopped that ran before.
on_exit() {
  status=$?
  trap - EXIT
  [ "$status" = 0 ] || restore_site
  if [ "$upgrading" = yes ] && [ -f "$upgrade" ]; then
    if [ "$(recorded step)" = copying ]; then
      undo_upgrade
    else
      start_helpers
      say 'The upgrade has not ended: run this again.' >&2
    fi
  fi
  exit "$status"
}

# The server of the release that is current already.
restart_services() {
  if ! systemctl is-active -q holdfast-server; then
    # The first installation may have ended before it.
    create_administrator
    restart=yes
  fi
  if [ "$restart" = yes ]; then
    systemctl restart holdfast-server
    systemctl try-restart holdfast-worker
  fi
  wait_until_ready || fail 'the server does not answer: see journalctl -u holdfast-server'
}

switch_release() {
  before=$(current)
  after=$programs/$version
  if [ "$before" = "$after" ]; then
    restart_services
    return 0
  fi
  if [ -n "$before" ]; then
    check_space
    begin_upgrade
  fi
  set_current "$after"
  [ -n "$before" ] || create_administrator
  systemctl start holdfast-server
  if ! wait_until_ready; then
    [ -z "$before" ] || return_to_former
    fail 'the server does not start: see journalctl -u holdfast-server'
  fi
  if [ -n "$before" ]; then end_upgrade; else note "Holdfast $version runs"; fi
}

# The release that ran until now stays: whoever has to restore its data needs it.
remove_old_releases() {
  for old in "$programs"/*/; do
    old=${old%/}
    case $old in "$programs/current" | "$after" | "$before") continue ;; esac
    rm -rf "$old"
    note "Removed $old"
  done
}

refuse_older() {
  installed=$(current)
  [ -n "$installed" ] || return 0
  newest=$(printf '%s\n%s\n' "$(version_of "$installed")" "$version" | sort -V | tail -n 1)
  [ "$newest" != "$version" ] || return 0
  refused="$(version_of "$installed") is installed, which is newer than $version."
  [ -n "$(setting_of DATABASE_URL)" ] ||
    fail "$refused The database can't go back. Restore a backup of $version instead."
  [ "$back" = yes ] || fail "$refused If \`holdfast migrate --contract\` has not run since, add --back."
}

stop_services() {
  for unit in $helpers holdfast-server.service; do
    [ -e "$units/$unit" ] || continue
    systemctl stop "$unit" || fail "$unit could not be stopped, see above. Nothing was removed."
    systemctl disable -q "$unit" 2>/dev/null || true
  done
}

uninstall() {
  if has_systemd; then stop_services; fi
  rm -rf "$units"/holdfast-*.service "$units"/holdfast-*.timer "$units/holdfast-.service.d" "$programs"
  rm -rf "$units/holdfast-server.service.d" "$units/holdfast-worker.service.d" "$units/holdfast-backup.service.d"
  rm -f "$site" "$site.former" "$enabled_site" /etc/logrotate.d/holdfast /usr/local/bin/holdfast
  if has_systemd; then
    systemctl daemon-reload
    # A backup that was stopped counts as failed.
    systemctl reset-failed 'holdfast-*' 2>/dev/null || true
    systemctl is-active -q nginx && systemctl reload nginx
  fi
  list_what_remains
}

# list_path LABEL PATH: says once that it remains, and how it is removed.
list_path() {
  [ -n "$2" ] && [ -e "$2" ] || return 0
  case $listed in *"
$2
"*) return 0 ;; esac
  listed="$listed$2
"
  removal='rm'
  [ ! -d "$2" ] || removal='rm -r'
  say "  $(printf '%-29s' "$1") $removal $(in_quotes "$2")"
}

# A path as one word of a command.
in_quotes() {
  case $1 in
    *[!A-Za-z0-9/._:@%+-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
    *) printf '%s' "$1" ;;
  esac
}

# Of a PostgreSQL of one's own. Of its address only what can't be a password.
list_database() {
  [ -n "$1" ] || return 0
  name=$(printf '%s\n' "$1" |
    sed -nE 's|^postgres(ql)?://([^@/?]*@)?([A-Za-z0-9._-]+(:[0-9]+)?)/([A-Za-z0-9_-]+)([?].*)?$|\5 on \3|p')
  say "  the database                  drop ${name:-that of DATABASE_URL}, and its roles, as docs/operations/uninstall.md says"
}

# Also of places that are commented out: their backups are still there.
list_backups() {
  while read -r place; do
    case $place in
      s3://*[!A-Za-z0-9./_-]*) say '  backups                       delete them in the bucket of HOLDFAST_BACKUP_TO' ;;
      s3://*) say "  backups                       delete them in $place" ;;
      /*) list_path backups "$place" ;;
    esac
  done <<EOF
$(cat "$settings/holdfast.env" "$settings/backup.env" 2>/dev/null | sed -n 's/^#\{0,1\}HOLDFAST_BACKUP_TO=//p' | unquoted)
EOF
  list_path backups "$backups"
}

# What can be inside of another comes before it.
list_what_remains() {
  listed='
'
  data=$(data_directory)
  url=$(setting_of DATABASE_URL)
  copy=
  [ ! -f "$upgrade" ] || copy=$(recorded copy)
  rm -f "$upgrade"
  say 'Holdfast is removed. These remain, and are removed by:'
  for left in "$copy" "$state"/*.before-upgrade* "$state"/*.failed-upgrade* "${data:-$state/data}.before-upgrade"* \
    "${data:-$state/data}.failed-upgrade"*; do
    list_path 'a copy of the database' "$left"
  done
  list_backups
  list_database "$url"
  contents='the secret'
  case $data in
    "$state"/*) [ ! -d "$data" ] || contents='the database and the secret' ;;
    *) list_path 'the database' "$data" ;;
  esac
  secret=$(setting_of HOLDFAST_SECRET_FILE)
  case $secret in "$state"/* | "$settings"/*) ;; *) list_path 'the secret' "$secret" ;; esac
  list_path "$contents" "$state"
  list_path 'settings, certificate' "$settings"
  for timer in "$units"/pgbackrest-holdfast-*.timer; do
    [ ! -e "$timer" ] || say "  a timer of pgBackRest         systemctl disable --now ${timer##*/} && rm $timer"
  done
  getent passwd holdfast >/dev/null && say '  the user                      userdel holdfast'
  say "  Debian's packages             apt-get remove nginx-light logrotate"
}

# Until this script ends.
lock() {
  exec 9>/run/holdfast-install.lock
  flock --nonblock 9 || fail 'another install.sh is running. Wait until it has ended.'
}

# In this order: what can be refused comes first, and what the next run goes by comes last.
make_changes() {
  install_packages
  create_user
  make_directory 0755 root:root "$settings"
  self_signed_certificate
  write_nginx
  begin_changes
  change_host
  write_settings
  data=$(data_directory)
  url=$(setting_of HOLDFAST_URL)
  case $url in
    "https://$host" | "https://$host/") ;;
    *)
      say "HOLDFAST_URL in $settings/holdfast.env is ${url:-not set}, and people reach this machine as https://$host:" \
        "correct it there, or add the right --host. The certificate has to be of the same name."
      ;;
  esac
  install_release
  write_services
  switch_release
  if systemctl is-active -q nginx; then systemctl reload nginx; else systemctl start nginx; fi
  end_changes
}

host=$(remembered host)
former_hosts=$(remembered_hosts)
certificate=$(remembered certificate)
key=$(remembered key)
email=
back=no
action=install
while [ $# -gt 0 ]; do
  case $1 in
    --host | --certificate | --key | --admin-email)
      [ $# -ge 2 ] || fail "$1 needs a value"
      case $1 in
        --host) host=$2 ;;
        --certificate) certificate=$(absolute "$2") ;;
        --key) key=$(absolute "$2") ;;
        --admin-email) email=$2 ;;
      esac
      shift
      ;;
    --back) back=yes ;;
    uninstall) action=uninstall ;;
    -h | --help) usage ;;
    *)
      say "install.sh: $1 is not an option" >&2
      usage 2 >&2
      ;;
  esac
  shift
done

[ "$(id -u)" = 0 ] || fail 'run this as root'
lock
if [ "$action" = uninstall ]; then
  uninstall
  exit 0
fi

version=$(version_of "$release")
[ -f "$release/SHA256SUMS" ] || fail 'this is not a release: run deploy/debian/install.sh of an unpacked one'
[ -n "$host" ] || fail 'say under which name people reach this machine: --host book.example.org'
case $host in *[!A-Za-z0-9.-]* | -* | .* | *- | *. | *..*) fail "--host $host is not a host name" ;; esac
certificate=${certificate:-$settings/tls/certificate.pem}
key=${key:-$settings/tls/key.pem}
email=${email:-admin@$host}
if [ "$certificate" != "$settings/tls/certificate.pem" ]; then
  for file in "$certificate" "$key"; do [ -r "$file" ] || fail "$file can't be read"; done
fi
[ -x "$release/node_modules/node/bin/node" ] || fail "$release is incomplete: its Node is missing"
has_systemd || fail 'systemd does not run here. In a container use deploy/Containerfile.'
restart=no

trap on_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

port=$(setting_of PORT)
port=${port:-3000}
finish_upgrade
refuse_older
check_release
restore_site
check_names
check_place_of_data
make_changes
if [ "$changed" = no ]; then
  say "Holdfast $version is installed, and nothing had to be changed"
else
  say "Open https://$host"
fi
