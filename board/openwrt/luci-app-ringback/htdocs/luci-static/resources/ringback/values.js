'use strict';
'require baseclass';

/*
 * What values of the configuration look like, as far as a mistake is seen better before it is saved. The program decides:
 * it checks the whole file before it takes it.
 */

const UNITS = { ms: 1, s: 1000, m: 60000, h: 3600000, d: 86400000 };
const MAX_PORT = 65535;

/* Milliseconds of a duration, or null. */
function duration(text) {
	const unit = text.endsWith('ms') ? 'ms' : text.slice(-1);
	const digits = text.slice(0, text.length - unit.length);

	if (!Object.prototype.hasOwnProperty.call(UNITS, unit) || !isNumber(digits))
		return null;

	return Number(digits) * UNITS[unit];
}

function isNumber(text) {
	return text.length > 0 && text.length <= 12 && Array.from(text).every(function(sign) {
		return sign >= '0' && sign <= '9';
	});
}

function isPort(text) {
	return isNumber(text) && Number(text) >= 1 && Number(text) <= MAX_PORT;
}

/* An empty value is for rmempty and optional to decide. */
function check(isRight, message) {
	return function(section_id, value) {
		return value == null || value === '' || isRight(String(value)) ? true : message();
	};
}

return baseclass.extend({
	/* From least to most, as 1s and 1h. others: words that are allowed, too. */
	duration: function(least, most, others) {
		return check(function(value) {
			const ms = duration(value);

			return others != null && others.indexOf(value) >= 0 || ms != null && ms >= duration(least) && (most == null || ms <= duration(most));
		}, function() {
			return most == null
				? _('A number with its unit is expected: 30s, 10m, 12h, 7d; %s at least').format(least)
				: _('A number with its unit is expected: 500ms, 30s, 10m, 12h; %s to %s').format(least, most);
		});
	},

	mail: check(function(value) {
		const parts = value.split('@');

		return parts.length == 2 && parts[0] !== '' && parts[1] !== '' && value.indexOf(' ') < 0 && value.indexOf('<') < 0;
	}, function() {
		return _('One mail address is expected, as sato@example.jp, without a name or brackets');
	}),

	port: check(isPort, function() {
		return _('A port is expected, from 1 to 65535');
	}),

	/* A port alone, ADDRESS:PORT or [IPV6-ADDRESS]:PORT. */
	endpoint: check(function(value) {
		const colon = value.lastIndexOf(':');
		const address = value.slice(0, Math.max(colon, 0));

		if (colon < 0)
			return isPort(value);

		return address !== '' && isPort(value.slice(colon + 1)) &&
			(address.indexOf(':') < 0 || address.startsWith('[') && address.endsWith(']'));
	}, function() {
		return _('A port is expected, or ADDRESS:PORT, or [IPV6-ADDRESS]:PORT');
	}),

	/* An address and the length of its prefix; what an address is, the program knows. */
	network: check(function(value) {
		const slash = value.indexOf('/');
		const most = value.indexOf(':') < 0 ? 32 : 128;

		return slash > 0 && isNumber(value.slice(slash + 1)) && Number(value.slice(slash + 1)) <= most;
	}, function() {
		return _('An address and the length of its prefix are expected, as 172.27.178.0/24 or 2001:db8:178::/64');
	})
});
