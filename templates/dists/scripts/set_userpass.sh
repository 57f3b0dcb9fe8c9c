#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# SET_USERPASS: set a password; a user that is not there is made.
#   USERPW  user:password
#
# The password never stands on a command line, which everybody may read.

user=${USERPW%%:*}
pass=${USERPW#*:}
case $user in
'' | -* | *[!A-Za-z0-9._-]*)
	echo "bad user name" >&2
	exit 1 ;;
esac

have() { command -v "$1" >/dev/null 2>&1; }

# one more line for passwd and group, where no tool does it
add_by_hand() {
	id=1000
	while grep -q "^[^:]*:[^:]*:$id:" "$R/etc/passwd" "$R/etc/group"; do
		id=$((id + 1))
	done
	echo "$user:x:$id:" >>"$R/etc/group"
	echo "$user:x:$id:$id::/home/$user:/bin/sh" >>"$R/etc/passwd"
	mkdir -p "$R/home/$user"
	chown "$id:$id" "$R/home/$user"
}

if ! grep -q "^$user:" "$R/etc/passwd"; then
	if [ -n "$R" ]; then
		add_by_hand
	elif have useradd; then
		useradd -m "$user"
	elif have adduser; then
		adduser -D "$user"
	else
		add_by_hand
	fi || exit 1
fi

if [ -z "$R" ] && have chpasswd; then
	# that of busybox may take a method that looks at eight characters only
	method=''
	case $(chpasswd --help 2>&1) in
	*BusyBox*) method='-c sha512' ;;
	esac
	# shellcheck disable=SC2086
	printf '%s:%s\n' "$user" "$pass" | chpasswd $method
	exit
fi

# a busybox without chpasswd
hash=$(printf '%s\n' "$pass" | mkpasswd -m sha512 -P 0) || exit 1
[ -n "$hash" ] || exit 1
out='' found=''
umask 077
[ -e "$R/etc/shadow" ] || : >"$R/etc/shadow"
while IFS= read -r line || [ -n "$line" ]; do
	case $line in
	"$user:"*)
		rest=${line#*:}
		rest=${rest#*:}
		line="$user:$hash:$rest" found=1 ;;
	esac
	out="$out$line$NL"
done <"$R/etc/shadow"
[ -n "$found" ] || out="$out$user:$hash:::::::$NL"
vz_put "$R/etc/shadow" "$out"
