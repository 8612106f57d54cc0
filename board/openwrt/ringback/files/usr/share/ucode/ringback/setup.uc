// What is said in the configuration, as far as it is no secret: LuCI's pages ask for it, and people who may only read it get
// to see no password.

'use strict';

import { cursor } from 'uci';

const TRUE = [ '1', 'on', 'true', 'yes', 'enabled' ];
// A message of ubus holds no more than a mebibyte.
const MAX_SERVERS = 2000;
const MAX_NETWORKS = 200;

function is_text(value) {
	return type(value) == 'string' && value != '';
}

export function setup() {
	const uci = cursor();
	const page = uci.get_all('ringback', 'page');
	const servers = [], networks = [];

	uci.foreach('ringback', 'server', (section) => {
		if (length(servers) < MAX_SERVERS && is_text(section.address) && is_text(section.name))
			push(servers, { address: section.address, name: section.name });
	});

	uci.foreach('network', 'interface', (section) => {
		if (length(networks) < MAX_NETWORKS && section['.name'] != 'loopback')
			push(networks, section['.name']);
	});

	return {
		enabled: uci.get('ringback', 'ringback', 'enabled') in TRUE,
		page: page != null && (page.enabled ?? '1') in TRUE && page.listen != '0',
		servers,
		networks
	};
};
