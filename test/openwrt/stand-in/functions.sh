# shellcheck shell=dash
# shellcheck disable=SC3045 # BusyBox's shell knows export -n
#
# A stand-in of OpenWrt's /lib/functions.sh: sections of UCI, a line each, and who is a user.

config_load() {
	local word name value section='' type
	SECTIONS=
	for word in $(set | sed -n 's/^\(CONFIG_[A-Za-z0-9_]*\)=.*/\1/p'); do
		unset "$word"
	done
	while read -r word name value; do
		name="$(unquoted "$name")"
		value="$(unquoted "$value")"
		case "$word" in
		config)
			type="$name"
			section="${value:-$type$(printf '%s' "$SECTIONS" | wc -w)}"
			SECTIONS="$SECTIONS $section"
			keep "$section" TYPE "$type"
			;;
		option) keep "$section" "$name" "$value" ;;
		list)
			config_get word "$section" "$name"
			keep "$section" "$name" "${word:+$word }$value"
			;;
		esac
	done <"/etc/config/$1"
}

unquoted() {
	local text="${1#\'}"
	printf '%s' "${text%\'}"
}

keep() {
	export -n "CONFIG_${1}_$2=$3"
}

config_get() {
	eval "export -n \"$1=\${CONFIG_${2}_$3:-\$4}\""
}

config_get_bool() {
	local given
	config_get given "$2" "$3" "$4"
	case "$given" in
	1 | on | true | yes | enabled) export -n "$1=1" ;;
	*) export -n "$1=0" ;;
	esac
}

config_foreach() {
	local command="$1" wanted="$2" section type
	shift 2
	for section in $SECTIONS; do
		config_get type "$section" TYPE
		[ "$type" != "$wanted" ] || "$command" "$section" "$@"
	done
}

user_exists() {
	grep -q "^$1:" /etc/passwd
}

group_exists() {
	grep -q "^$1:" /etc/group
}
