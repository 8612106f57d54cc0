# shellcheck shell=dash
#
# What the init scripts of the roles share. What stands in a configuration is data here: it is quoted wherever it goes, and
# `ringback check` has seen it before.

RINGBACK_PROGRAM=/usr/bin/ringback
# shellcheck disable=SC2034 # used by the router's script
RINGBACK_DAEMON=/usr/sbin/ringback-fabricd
RINGBACK_FILE=/etc/config/ringback
RINGBACK_USER=ringback
# Control sockets, and the daemon's, for that user alone.
RINGBACK_PLACE=/var/run/ringback
# What is wrong with the configuration of a role, for LuCI; nothing when it is right.
RINGBACK_MISTAKES=/var/run/ringback-mistakes
RINGBACK_JAILER=/sbin/ujail
# It has ended by then, or procd has ended it.
RINGBACK_MAX_END_S=20
# As many lines of mistakes go to the log.
RINGBACK_MAX_LINES=20
# Of each role that runs, what its configuration had of that which is read once.
RINGBACK_ONCE_PLACE=/var/run/ringback-once
# The role whose configuration was found right by this very call, and what it has of that which is read once; nothing: it keeps
# who waits in memory, and is not restarted unasked.
RINGBACK_VALID=
RINGBACK_ONCE=

# What somebody has to do something about: in the log, and on the terminal of whoever calls.
ringback_say() {
	logger -t ringback -p daemon.err "$1"
	printf 'ringback: %s\n' "$1" >&2
}

# Whether the role has `option enabled '1'`.
ringback_enabled() {
	local section="$1" enabled
	config_load ringback
	config_get_bool enabled "$section" enabled 0
	[ "$enabled" -eq 1 ]
}

# What was wrong with a role that is switched off does not matter any more. Nobody reads it at boot, where many are off.
ringback_forget() {
	rm -f "$RINGBACK_MISTAKES/$1"
	[ ! -t 2 ] || echo "ringback: the $1 is switched off in $RINGBACK_FILE: it has no option enabled '1'" >&2
}

# Whether the role could run with what is in the file now. If not, the log and the terminal say why, and rpcd finds it.
ringback_valid() {
	local role="$1" told
	[ "$RINGBACK_VALID" != "$role" ] || return 0
	mkdir -p "$RINGBACK_MISTAKES"
	if told="$("$RINGBACK_PROGRAM" check -c "$RINGBACK_FILE" --role "$role" --json 2>"$RINGBACK_MISTAKES/.$role")"; then
		rm -f "$RINGBACK_MISTAKES/.$role" "$RINGBACK_MISTAKES/$role"
		RINGBACK_VALID="$role"
		RINGBACK_ONCE="$(printf '%s' "$told" | sed -n 's/.*"once":"\([0-9a-f]*\)".*/\1/p')"
		return 0
	fi
	[ -s "$RINGBACK_MISTAKES/.$role" ] || echo "$RINGBACK_PROGRAM could not be run" >"$RINGBACK_MISTAKES/.$role"
	mv "$RINGBACK_MISTAKES/.$role" "$RINGBACK_MISTAKES/$role"
	head -n "$RINGBACK_MAX_LINES" "$RINGBACK_MISTAKES/$role" | logger -t ringback -p daemon.err
	head -n "$RINGBACK_MAX_LINES" "$RINGBACK_MISTAKES/$role" >&2
	return 1
}

# Reads the configuration again, or begins or ends with it; a wrong one changes nothing.
ringback_reload() {
	local service="$1" section="$2" role="$3"
	if ringback_enabled "$section"; then
		ringback_valid "$role" || {
			ringback_say "$role goes on as it is: the new configuration is wrong"
			return 1
		}
		if ringback_needs_restart "$service" "$role"; then
			logger -t ringback -p daemon.notice "$role is restarted: what it reads at its start has changed"
			ringback_end "$service"
		fi
	fi
	start
}

# Whether it runs with something that is read once, and is another now. An empty note: it keeps who waits in memory, and they
# would be lost, whatever the file says now.
ringback_needs_restart() {
	local service="$1" role="$2" before
	[ -n "$RINGBACK_ONCE" ] && procd_running "$service" "$role" || return 1
	read -r before 2>/dev/null <"$RINGBACK_ONCE_PLACE/$role" || return 1
	[ -n "$before" ] && [ "$before" != "$RINGBACK_ONCE" ]
}

# Before it is started: with what.
ringback_begins() {
	local service="$1" role="$2"
	procd_running "$service" "$role" && return
	mkdir -p "$RINGBACK_ONCE_PLACE"
	printf '%s\n' "$RINGBACK_ONCE" >"$RINGBACK_ONCE_PLACE/$role"
}

# Stops it, and is there until it has ended: the next one has its sockets and its state.
ringback_end() {
	local service="$1" pids pid seconds=0
	pids="$(ubus call service list "{\"name\":\"$service\"}" 2>/dev/null | jsonfilter -e "@['$service'].instances[*].pid" 2>/dev/null)"
	trap '' TERM
	stop
	trap - TERM
	for pid in $pids; do
		while [ -d "/proc/$pid" ] && [ "$seconds" -lt "$RINGBACK_MAX_END_S" ]; do
			sleep 1
			seconds=$((seconds + 1))
		done
	done
}

# At a start with a wrong configuration: what runs goes on. procd would end it, if it was told of a service without
# instances, so it is told nothing; where nothing runs, it learns of the triggers, and the next change starts the role.
ringback_refuse() {
	local service="$1" role="$2"
	if procd_running "$service" "$role"; then
		ringback_say "$service goes on with the configuration that it has"
		exit 1
	fi
	ringback_say "$service is not started: its configuration is wrong"
}

# In place of restart: what would not come back is not ended.
ringback_restart() {
	local service="$1" section="$2" role="$3"
	if ringback_enabled "$section" && ! ringback_valid "$role"; then
		ringback_say "$role is not restarted: its configuration is wrong"
		return 1
	fi
	ringback_end "$service"
	start
}

ringback_has_user() {
	user_exists "$RINGBACK_USER" && group_exists "$RINGBACK_USER"
}

# Only with ujail, and that user, does a role begin with few rights; else it begins as root.
ringback_may_jail() {
	[ -x "$RINGBACK_JAILER" ] && ringback_has_user
}

# The numbers of a file's owner.
ringback_owner() {
	# shellcheck disable=SC2012 # one file, by its name
	ls -ldn -- "$1" 2>/dev/null | { read -r _ _ uid _ && printf '%s' "$uid"; }
}

# Whether the directory of a state is, or now becomes, that of the user. One that root has filled the program gives away
# itself, if it safely can: then it begins as root.
ringback_give_state() {
	local directory="$1"
	case "$directory" in
	'' | 0 | off | false | no | disabled) return 0 ;;
	/*) ;;
	*) return 1 ;;
	esac
	if [ ! -e "$directory" ]; then
		mkdir -p -- "$directory" && chmod 700 -- "$directory" && chown "$RINGBACK_USER:$RINGBACK_USER" -- "$directory"
		return
	fi
	[ -d "$directory" ] && [ "$(ringback_owner "$directory")" = "$(id -u "$RINGBACK_USER")" ]
}

# What is at home in the memory of a router is made at each start; whoever has saved the file anew has taken the right to
# read it from the user, who has to read it at a reload.
ringback_prepare() {
	mkdir -p "$RINGBACK_PLACE"
	chmod 700 "$RINGBACK_PLACE"
	ringback_has_user || return 0
	chown "$RINGBACK_USER:$RINGBACK_USER" "$RINGBACK_PLACE"
	chown "root:$RINGBACK_USER" "$RINGBACK_FILE"
	chmod 640 "$RINGBACK_FILE"
}

# An instance of the program, open, in the role that its words name.
ringback_open_program() {
	local instance="$1"
	shift
	procd_open_instance "$instance"
	procd_set_param command "$RINGBACK_PROGRAM" "$@" -c "$RINGBACK_FILE" --syslog
	# Another configuration is read again by the same process.
	procd_set_param file "$RINGBACK_FILE"
	procd_set_param reload_signal HUP
	# ujail hands on nothing of its own environment.
	procd_set_param env PATH=/usr/sbin:/usr/bin:/sbin:/bin
	procd_set_param respawn 3600 5 0
	procd_set_param term_timeout 15
	# daemon.info, and daemon.err: procd knows no others, and no prefix of a line.
	procd_set_param stdout 1
	procd_set_param stderr 1
}

# The open instance begins as that user, with these capabilities and no others.
ringback_jail() {
	local name="$1" capabilities="$2"
	procd_add_jail "$name"
	procd_set_param user "$RINGBACK_USER"
	procd_set_param group "$RINGBACK_USER"
	procd_set_param capabilities "$capabilities"
	procd_set_param no_new_privs 1
}

# Calls the command for each word of a text.
ringback_each() {
	local words="$2" word
	while :; do
		words="${words#"${words%%[![:space:]]*}"}"
		[ -n "$words" ] || return 0
		word="${words%%[[:space:]]*}"
		words="${words#"$word"}"
		"$1" "$word"
	done
}

# The networks and devices on which frames are looked at: items of a list, words of an option, sections.
ringback_interfaces() {
	local command="$1" interfaces
	config_get interfaces fabric interfaces
	ringback_each "$command" "$interfaces"
	config_foreach ringback_interface_section fabric_interface "$command"
}

ringback_interface_section() {
	local section="$1" command="$2" enabled name
	config_get_bool enabled "$section" enabled 1
	config_get name "$section" name
	[ "$enabled" -ne 1 ] || [ -z "$name" ] || "$command" "$name"
}
