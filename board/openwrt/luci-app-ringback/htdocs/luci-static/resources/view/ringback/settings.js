'use strict';
'require view';
'require form';
'require uci';
'require ringback.api as api';
'require ringback.parts as parts';
'require ringback.values as values';

/* The usual keys of /etc/config/ringback. What is not here is left as it is. */

/* Sections that may be missing, and mean nothing when they are empty. */
const ALWAYS = [ 'ringback', 'fabric', 'detect', 'recover', 'notify' ];

function option(section, kind, name, title, description, more) {
	return Object.assign(section.option(kind, name, title, description), more);
}

function value(section, name, title, description, more) {
	return option(section, form.Value, name, title, description, more);
}

/* A key that is true where it is missing. */
function flag(section, name, title, description, isOn) {
	return option(section, form.Flag, name, title, description, { default: isOn ? '1' : '0' });
}

/* The first of the choices is what holds where the key is missing, unless it is said what does. */
function choice(section, name, title, description, choices, otherwise) {
	const list = section.option(form.ListValue, name, title, description);

	list.optional = true;
	list.placeholder = otherwise || _('%s (default)').format(choices[0][1]);
	choices.forEach(function(it) {
		list.value(it[0], it[1]);
	});

	return list;
}

function secret(section, name, title, description) {
	return value(section, name, title, description, { password: true });
}

function general(map) {
	const s = map.section(form.NamedSection, 'ringback', 'ringback', _('General'));

	flag(s, 'enabled', _('Enabled'), _('Notice outages, and tell people.'), false);
	value(s, 'state', _('State'), _('The directory in which who waits is kept, on flash so that a restart loses nobody. 0: in memory only.'),
		{ placeholder: '/etc/ringback/state' });
	secret(s, 'list_key', _('List key'), _('Signs what a relay is sent, and is needed where one tells people: the same in its file.'));
}

/* setup: the answer of api. */
function fabric(map, setup) {
	const s = map.section(form.NamedSection, 'fabric', 'fabric', _('Interfaces'),
		_('A server and a client in the same network segment are invisible: their traffic does not pass through the router.'));
	const interfaces = option(s, form.DynamicList, 'interfaces', _('Interfaces'),
		_('Both sides: where people come in, and where servers are. Networks as lan and wan, or devices as br-lan.'));

	setup.networks.forEach(function(name) {
		interfaces.value(name);
	});
}

function detect(map) {
	const s = map.section(form.NamedSection, 'detect', 'detect', _('Detection'));

	option(s, form.DynamicList, 'watch', _('Networks of the servers'), _('Nothing is learnt of addresses outside of them.'),
		{ validate: values.network, placeholder: '172.27.178.0/24' });
	value(s, 'unanswered', _('No answer for'), _('A connection request without an answer for so long is a failure. auto: as its service usually needs, 3s to 30s. 0: silence does not count.'),
		{ validate: values.duration('1s', '1h', [ '0', 'auto' ]), placeholder: '30s' });
	flag(s, 'unreachable', _('Unreachable counts'), _('ICMP messages say that a server is out of reach.'), true);
	flag(s, 'refused', _('A refusal counts'), _('At services that are known.'), true);
	flag(s, 'known_clients_only', _('Known people only'), _('Only clients whose mail address is known are noted.'), false);
	choice(s, 'ask', _('Ask the server'), _('Before it is believed that it is down.'), [
		[ 'connect', _('connect to it') ], [ 'none', _('believe it at once') ]
	]);
	option(s, form.DynamicList, 'datagrams', _('Ports of UDP'), _('A datagram to a server is a request there, and none that comes back is silence. 53 for names; 443, for QUIC, takes time of the processor.'),
		{ validate: values.port });
	choice(s, 'forwarded', _('Forwarded ports'), _('Whether ports that this router forwards to watched servers are services of theirs.'), [
		[ 'found', _('found in its rules') ], [ 'named', _('those of servers alone') ]
	]);
	flag(s, 'own', _("This machine's own tries"), _('Count as those of a client do. For a PC that wants to know for itself; a router needs none.'), false);
}

function recover(map) {
	const s = map.section(form.NamedSection, 'recover', 'recover', _('Recovery'));

	value(s, 'settle', _('Answers for'), _('So long a server has to answer before anybody is told.'),
		{ validate: values.duration('0s', '1h'), placeholder: '5s' });
	choice(s, 'confirm', _('Sign of life'), _('What a sign of life does.'), [
		[ 'connect', _('starts a check') ], [ 'none', _('is believed') ]
	]);
	flag(s, 'arp', _('ARP and neighbour discovery'), _('Are signs of life.'), true);
	flag(s, 'syn_ack', _('Accepted connections'), _('Are signs of life.'), true);
	flag(s, 'traps', _('SNMP traps'), _('Are signs of life; a port of this router is opened for them.'), true);
	value(s, 'traps_listen', _('Traps come in at'), _('A port, or ADDRESS:PORT.'), { validate: values.endpoint, placeholder: '162' });
	option(s, form.DynamicList, 'traps_communities', _('Communities'), _('Of SNMP v1 and v2c, that are believed.'), { placeholder: 'public' });
}

/* Of SNMP v3. */
function trapUsers(map) {
	const s = map.section(form.TableSection, 'recover_traps_user', _('Users of SNMP v3'), _('Whose traps are believed.'));

	s.anonymous = true;
	s.addremove = true;
	value(s, 'name', _('Name'), null, { datatype: 'maxlength(32)', rmempty: false });
	choice(s, 'auth_protocol', _('Authentication'), null, [
		[ 'sha256', 'SHA-256' ], [ 'sha384', 'SHA-384' ], [ 'sha512', 'SHA-512' ], [ 'sha224', 'SHA-224' ], [ 'sha', 'SHA-1' ], [ 'md5', 'MD5' ]
	], _('none'));
	secret(s, 'auth_key', _('Its password'), null);
	choice(s, 'priv_protocol', _('Encryption'), null, [ [ 'aes', 'AES-128' ], [ 'aes256', 'AES-256' ], [ 'des', 'DES' ] ], _('none'));
	secret(s, 'priv_key', _('Its password'), null);
}

/* Who tells the people. The first is what holds where nothing is said. */
function ways() {
	return [ [ 'direct', _('this router') ], [ 'server', _('the relay on the server') ], [ 'station', _("the station's relay") ] ];
}

function notify(map) {
	const s = map.section(form.NamedSection, 'notify', 'notify', _('Notices'));

	choice(s, 'via', _('Who tells people'), _('A relay is sent a list, signed with the list key.'), ways());
	choice(s, 'language', _('Language'), _('Of mails to people who have none of their own.'), [
		[ 'en', _('English') ], [ 'ja', _('Japanese') ]
	]);
	value(s, 'fresh', _('Told if tried within'), _('Who last tried longer ago is not told.'),
		{ validate: values.duration('1s'), placeholder: '12h' });
	value(s, 'sweep', _('Forgotten after'), _('Who last tried longer ago is forgotten; not shorter than the line above.'),
		{ validate: values.duration('1s'), placeholder: '7d' });
	value(s, 'give_up', _('Mails given up after'), null, { validate: values.duration('1s'), placeholder: '3d' });
}

function smtp(map) {
	const s = map.section(form.NamedSection, 'smtp', 'smtp', _('Mail server'), _('By which mails go out.'));

	s.addremove = true;
	flag(s, 'enabled', _('Enabled'), null, true);
	value(s, 'host', _('Host'), null, { datatype: 'host', rmempty: false });
	value(s, 'port', _('Port'), null, { validate: values.port, placeholder: '25' });
	choice(s, 'tls', _('TLS'), null, [
		[ 'auto', _('where it is offered') ], [ 'starttls', _('STARTTLS or not at all') ],
		[ 'implicit', _('from the first byte') ], [ 'none', _('never') ]
	]);
	value(s, 'user', _('User'), null);
	secret(s, 'password', _('Password'), null);
	value(s, 'from', _('Sender'), _('Of all mails.'), { validate: values.mail, rmempty: false, placeholder: 'ringback@router.example' });
}

function station(map) {
	const s = map.section(form.NamedSection, 'station', 'station', _('Station'), _('Whose relay tells people, for servers that have it so.'));

	s.addremove = true;
	flag(s, 'enabled', _('Enabled'), null, true);
	value(s, 'mail', _('Mail'), _('Where its relay reads lists.'), { validate: values.mail, rmempty: false });
}

function page(map) {
	const s = map.section(form.NamedSection, 'page', 'page', _('Page'),
		_("What browsers get in a dead server's place; it asks people for their mail address. None without this section."));

	s.addremove = true;
	flag(s, 'enabled', _('Enabled'), null, true);
	value(s, 'listen', _('Served at'), _('A port, or ADDRESS:PORT.'), { validate: values.endpoint, placeholder: '8480' });
	option(s, form.DynamicList, 'ports', _('Answers at'), _('Ports of dead servers. HTTPS can not be answered.'),
		{ validate: values.port, placeholder: '80' });
	option(s, form.DynamicList, 'greet', _('Refusals at'), _('Ports of dead servers at which one line says that they are down: of FTP (21), SMTP (25), NNTP (119), POP (110) and IMAP (143).'),
		{ validate: values.port });
	choice(s, 'known', _('Known people'), _('Whose mail address is known already.'), [
		[ 'show', _('get the page, too') ], [ 'pass', _('get none') ]
	]);
	value(s, 'router_url', _('URL of this router'), _('As people reach it, in the links of mails.'), { placeholder: 'http://172.27.179.1:8480' });
}

function dashboard(map) {
	const s = map.section(form.NamedSection, 'dashboard', 'dashboard', _('Dashboard'),
		_('A page of its own for whoever has the token, metrics for Prometheus, and health. None without this section; it is read at the start.'));

	s.addremove = true;
	flag(s, 'enabled', _('Enabled'), null, true);
	value(s, 'listen', _('Served at'), _('A port, or ADDRESS:PORT.'), { validate: values.endpoint, placeholder: '127.0.0.1:8481' });
	Object.assign(secret(s, 'token', _('Token'), _('16 characters or more.')), { datatype: 'minlength(16)', rmempty: false });
	option(s, form.DynamicList, 'names', _('Names'), _('By which browsers may ask for it, beside addresses and localhost.'), { datatype: 'hostname' });
	choice(s, 'people', _('People'), null, [
		[ 'counted', _('are counted') ], [ 'named', _('are named') ]
	]);
}

function clients(map) {
	const s = map.section(form.TableSection, 'client', _('People'), _('Whose mail addresses are known, and the machines that they use.'));

	s.anonymous = true;
	s.addremove = true;
	value(s, 'address', _('Address'), null, { datatype: 'ipaddr', rmempty: false });
	value(s, 'mail', _('Mail'), null, { validate: values.mail, rmempty: false });
	choice(s, 'language', _('Language'), null, [ [ 'en', _('English') ], [ 'ja', _('Japanese') ] ], _('as of all'));
}

function servers(map) {
	const s = map.section(form.TableSection, 'server', _('Servers'), _('That are known from the start. Others are learnt.'));

	s.anonymous = true;
	s.addremove = true;
	value(s, 'address', _('Address'), null, { datatype: 'ipaddr', rmempty: false });
	value(s, 'name', _('Name'), null, { datatype: 'maxlength(253)' });
	option(s, form.DynamicList, 'ports', _('Ports'), null, { validate: values.port });
	choice(s, 'via', _('Who tells people'), null, ways(), _('as of all'));
	value(s, 'mail', _('Mail of its relay'), null, { validate: values.mail });
}

function hooks(map) {
	const s = map.section(form.TableSection, 'hook', _('Commands that are told'),
		_('When a server is down, is up again, and somebody is told. The package has one, for scripts in /etc/hotplug.d/ringback.'));

	s.anonymous = true;
	s.addremove = true;
	flag(s, 'enabled', _('Enabled'), null, true);
	option(s, form.DynamicList, 'command', _('Command'), _('And its arguments, an item each.'), { rmempty: false });
}

return view.extend({
	load: function() {
		/* Passwords are in it: whoever may only read has no right to the file, and LuCI takes a refusal for the end of a session. */
		return L.hasViewPermission()
			? Promise.all([ api.status(), api.mistakes(), api.setup(), uci.load('ringback') ])
			: null;
	},

	render: function(answers) {
		if (answers == null)
			return E('div', [
				E('h2', { 'name': 'content' }, [ _('Settings') ]),
				parts.alert('notice', _('Settings are for those who may change them'), [
					_('Passwords are among them.')
				])
			]);

		const map = new form.Map('ringback', _('Settings'), _('The usual keys of /etc/config/ringback. Others are left as they are.'));

		ALWAYS.forEach(function(name) {
			if (uci.get('ringback', name) == null)
				uci.add('ringback', name, name);
		});

		[ general, fabric, detect, recover, trapUsers, notify, smtp, station, page, dashboard, clients, servers, hooks ].forEach(function(add) {
			add(map, answers[2]);
		});

		return map.render().then(function(node) {
			return E('div', [
				answers[1].length ? parts.refused(answers[1], answers[0].error == null) : '',
				node
			]);
		});
	}
});
