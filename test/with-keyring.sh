#!/usr/bin/env bash
# Runs a command with a Secret Service of its own: a fresh D-Bus session and an unlocked, empty gnome-keyring in a temporary folder.
# Nothing outlives the command, and the person's own keyring is never asked. In memory where that can be had: it syncs each change, which
# takes seconds while other tests install packages.
set -euo pipefail
data=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
trap 'rm -rf "$data"' EXIT
WITH_KEYRING_DATA=$data dbus-run-session -- bash -c '
  set -euo pipefail
  mkdir -p "$WITH_KEYRING_DATA/data"
  printf "throw-away\n" | XDG_DATA_HOME="$WITH_KEYRING_DATA/data" gnome-keyring-daemon --foreground --unlock --components=secrets \
    --control-directory="$WITH_KEYRING_DATA/control" >/dev/null 2>&1 &
  daemon=$!
  # Ask who owns the name; a call to the service itself would make D-Bus start a second, locked daemon.
  for _ in $(seq 100); do
    dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
      string:org.freedesktop.secrets 2>/dev/null | grep -q "boolean true" && break
    sleep 0.1
  done
  status=0
  "$@" || status=$?
  kill "$daemon" 2>/dev/null || true
  exit "$status"
' with-keyring "$@"
