// What has happened, for the scripts in /etc/hotplug.d/ringback. They are root's, and whoever tells is not: each member has its
// form, and nothing else comes into their environment.

'use strict';

import { lsdir, mkdir, rename, unlink, writefile } from 'fs';

// One file each, oldest first by name.
const PLACE = '/var/run/ringback-hotplug';
const RUNNER = '/usr/libexec/ringback/hotplug-scripts';
// Scripts that hang must not fill the memory.
const MAX_WAITING = 256;

const MAX_PORT = 65535;

function is_address(value) {
	return type(value) == 'string' && index(value, '/') < 0 && iptoarr(value) != null;
}

function is_word(value) {
	return type(value) == 'string' && match(value, /^[a-z][a-z.-]{0,31}$/s) != null;
}

// Without the s, a pattern is one of each line. Nothing here is a sign to a shell, or looks like an option.
function is_device(value) {
	return type(value) == 'string' && match(value, /^[A-Za-z0-9_][A-Za-z0-9_.:@+-]{0,14}$/s) != null;
}

// A line, as the names of a pair are.
function is_name(value) {
	return type(value) == 'string' && length(value) <= 253 && match(value, /^[^[:cntrl:]]+$/s) != null;
}

// A name as a host name or an address could be; any other sign of it is a line below.
function plain(value) {
	const word = replace(value, /[^A-Za-z0-9_.:-]/g, '_');

	return match(word, /^[-.]/) ? '_' + substr(word, 1) : word;
}

function is_number(most) {
	return (value) => type(value) == 'int' && value >= 0 && value <= most;
}

const SERVICE = { server: is_address, port: is_number(MAX_PORT), cause: is_word, people: is_number(0x7fffffff) };

const FORMS = {
	down: SERVICE,
	up: SERVICE,
	told: SERVICE,
	takeover: { event: is_word, address: is_address, interface: is_device, peer: is_name }
};

// What may be told, each with a value of its type, as rpcd wants it.
export const MEMBERS = {
	action: '', server: '', port: 0, cause: '', people: 0,
	event: '', address: '', interface: '', peer: ''
};

// The lines of an environment, or a text that says what is wrong.
function environment(told) {
	const form = FORMS[told.action];

	if (!form)
		return 'action is one of: ' + join(', ', keys(FORMS));

	let lines = [ `ACTION=${told.action}` ];

	for (let member in MEMBERS) {
		const value = told[member];

		if (member == 'action' || value == null)
			continue;

		if (!form[member])
			return `${member} does not belong to ${told.action}`;

		if (!form[member](value))
			return `${member} has not the form that it should have`;

		push(lines, `${uc(member)}=${form[member] == is_name ? plain(value) : value}`);
	}

	return lines;
}

// null: it is told; else why not.
export function happened(told) {
	const lines = environment(told);

	if (type(lines) == 'string')
		return lines;

	mkdir(PLACE, 0700);

	const waiting = filter(lsdir(PLACE) ?? [], (name) => substr(name, 0, 1) != '.');

	if (length(waiting) >= MAX_WAITING)
		return `${MAX_WAITING} are waiting already`;

	const time = clock(true);
	const name = sprintf('%012d.%09d', time[0], time[1]);
	const whole = join('\n', lines) + '\n';

	if (writefile(`${PLACE}/.new`, whole) != length(whole) || !rename(`${PLACE}/.new`, `${PLACE}/${name}`)) {
		unlink(`${PLACE}/.new`);
		return `${PLACE} could not be written`;
	}

	// It goes on by itself at once.
	return system([ RUNNER ]) == 0 ? null : `${RUNNER} could not be run`;
};
