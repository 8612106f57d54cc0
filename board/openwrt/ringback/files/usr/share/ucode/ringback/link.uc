// Questions to a role that runs here, and orders for it, through its control socket. Whatever goes wrong is { error: text for
// people }: rpcd's own status has no room for a reason.

'use strict';

import { stat } from 'fs';
import { cursor } from 'uci';
import * as socket from 'socket';

const ROLES = {
	router: { section: 'ringback', places: [ '/var/run/ringback/ringback.sock', '/var/run/ringback.sock' ] },
	relay: { section: 'relay', places: [ '/var/run/ringback/ringback-relay.sock', '/var/run/ringback-relay.sock' ] },
	takeover: { section: 'takeover', places: [ '/var/run/ringback-takeover.sock', '/var/run/ringback/ringback-takeover.sock' ] }
};

// rpcd answers nobody else meanwhile.
const ANSWER_MS = 3000;
// What is read, as JSON.
const MAX_ANSWER_BYTES = 900 * 1024;
// A message of ubus holds no more than a mebibyte, and ubusd ends its connection with rpcd at a longer one. A part is for what
// is around it.
const MAX_MESSAGE_BYTES = 1000 * 1024;
const PART_BYTES = 64 * 1024;

export function failed(reason) {
	return { error: reason };
};

function places_of(role) {
	const control = cursor().get('ringback', role.section, 'control');

	return (type(control) == 'string' && substr(control, 0, 1) == '/') ? [ control, ...role.places ] : role.places;
}

function connected(role) {
	for (let place in places_of(role)) {
		const there = stat(place);

		if (there?.type != 'socket')
			continue;

		// A program that hangs takes no connection: nobody waits here until it does.
		const link = socket.create(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK);

		if (link?.connect({ family: socket.AF_UNIX, path: place }))
			return link;

		link?.close();
	}

	return null;
}

function now_ms() {
	const time = clock(true);

	return time[0] * 1000 + int(time[1] / 1000000);
}

// Whether the other side has taken all of it in time.
function send_all(link, text, end_ms) {
	while (length(text) > 0) {
		const left = end_ms - now_ms();
		const ready = left > 0 ? socket.poll(left, [ link, socket.POLLOUT ]) : null;

		if (!ready?.[0]?.[1])
			return false;

		const count = link.send(text);

		if (!count)
			return false;

		text = substr(text, count);
	}

	return true;
}

// All that comes until the other side has said everything; null when that takes too long, or is too much.
function read_all(link, end_ms) {
	let parts = [], bytes = 0;

	while (true) {
		const left = end_ms - now_ms();
		const ready = left > 0 ? socket.poll(left, [ link, socket.POLLIN ]) : null;

		if (!ready?.[0]?.[1])
			return null;

		const part = link.recv(PART_BYTES);

		if (part == null)
			return null;

		if (part == '')
			return join('', parts);

		bytes += length(part);
		if (bytes > MAX_ANSWER_BYTES)
			return null;

		push(parts, part);
	}
}

function padded(bytes) {
	return (bytes + 3) & ~3;
}

// What a value takes in a message of ubus at the most, without its name: each has a head, and all are in whole words of four bytes.
function message_bytes(value) {
	let bytes = 8;

	switch (type(value)) {
	case 'string':
		return bytes + padded(length(value) + 1);

	case 'array':
		for (let one in value)
			bytes += message_bytes(one);

		return bytes;

	case 'object':
		for (let name, one in value)
			bytes += padded(length(name) + 3) + message_bytes(one);

		return bytes;
	}

	return bytes + 8;
}

// null: there is a role of that name.
export function no_role(name) {
	return ROLES[name] ? null : failed(`there is no role ${name}: it is router, relay or takeover`);
};

export function ask(name, method, path, body) {
	const role = ROLES[name];

	if (!role)
		return no_role(name);

	const link = connected(role);

	if (!link)
		return failed(`the ${name} does not run here`);

	const said = (body == null) ? '' : sprintf('%J', body);
	const request = `${method} ${path} HTTP/1.0\r\nHost: ringback\r\nContent-Type: application/json\r\nContent-Length: ${length(said)}\r\n\r\n${said}`;
	const end_ms = now_ms() + ANSWER_MS;
	const answer = send_all(link, request, end_ms) ? read_all(link, end_ms) : null;

	link.close();

	if (answer == null)
		return failed(`the ${name} has not answered`);

	const status = match(answer, /^HTTP\/1\.[01] ([0-9]+)/);
	const head = index(answer, '\r\n\r\n');

	if (!status || head < 0)
		return failed(`what answers in the place of the ${name} is something else`);

	const text = substr(answer, head + 4);

	if (status[1] != '200')
		return failed(trim(text) || `answer ${status[1]}`);

	try {
		const given = json(text);

		if (type(given) != 'object')
			return failed(`the ${name} has given no answer`);

		return message_bytes(given) <= MAX_MESSAGE_BYTES ? given : failed(`the answer of the ${name} is too long for ubus: ask for less`);
	}
	catch (error) {
		return failed(`the ${name} has given no answer`);
	}
};
