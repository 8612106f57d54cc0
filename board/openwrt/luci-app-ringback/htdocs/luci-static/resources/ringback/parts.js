'use strict';
'require baseclass';
'require dom';

/*
 * What several views show. Texts of others are children in lists, which LuCI makes text nodes of; a text that is no list
 * it would take for HTML.
 */

/* Rows that a table has before somebody asks for more. */
const ROWS = 50;

function children(content) {
	if (content == null || content === '')
		return [ '-' ];

	return Array.isArray(content) ? content : [ typeof(content) == 'object' ? content : String(content) ];
}

function cell(content, title) {
	return E('td', { 'class': 'td left', 'data-title': title || null, 'style': 'overflow-wrap: anywhere' }, children(content));
}

function heads(titles) {
	return E('tr', { 'class': 'tr table-titles' }, titles.map(function(title) {
		return E('th', { 'class': 'th left', 'scope': 'col' }, [ title ]);
	}));
}

function locale() {
	const tag = (document.documentElement.lang || '').replace('_', '-');

	try {
		return Intl.getCanonicalLocales(tag)[0];
	}
	catch (error) {
		return undefined;
	}
}

const CAUSES = {
	unreachable: _('Not reachable'),
	unanswered: _('No answer'),
	refused: _('Refuses connections')
};

return baseclass.extend({
	/* rows: of cells, which are a text, a node or a list of these. more: keeps how many rows are shown, and redraws. */
	table: function(titles, rows, nothing, more) {
		const shown = more ? rows.slice(0, more.count || ROWS) : rows;
		const table = E('table', { 'class': 'table' }, [ heads(titles) ]);

		shown.forEach(function(row) {
			table.appendChild(E('tr', { 'class': 'tr' }, row.cells.map(function(content, i) {
				return cell(content, titles[i]);
			})));

			if (row.below)
				table.appendChild(E('tr', { 'class': 'tr' }, [
					E('td', { 'class': 'td left', 'colspan': titles.length }, [ row.below ])
				]));
		});

		if (rows.length == 0)
			table.appendChild(E('tr', { 'class': 'tr placeholder' }, [
				E('td', { 'class': 'td', 'colspan': titles.length }, [ E('em', [ nothing ]) ])
			]));

		if (shown.length == rows.length)
			return table;

		return E('div', [ table, E('p', [
			_('%d of %d are shown.').format(shown.length, rows.length), ' ',
			this.button(_('Show more'), 'more-' + more.name, function() {
				/* Ten times as many, so that thousands are not twenty clicks away. */
				more.count = shown.length * 10;
				more.redraw();
			})
		]) ]);
	},

	/* rows: a name and a value each. */
	facts: function(rows) {
		return E('table', { 'class': 'table' }, rows.map(function(row) {
			return E('tr', { 'class': 'tr' }, [
				E('td', { 'class': 'td left', 'width': '33%' }, [ row[0] ]),
				cell(row[1])
			]);
		}));
	},

	/* key: a name for it that is the same after it was drawn again, for then it has the focus again. */
	button: function(label, key, click, attributes) {
		return E('button', Object.assign({
			'type': 'button', 'class': 'btn cbi-button', 'data-key': key, 'click': click
		}, attributes), [ label ]);
	},

	section: function(title, content) {
		return E('div', { 'class': 'cbi-section' }, [ E('h3', [ title ]) ].concat(content));
	},

	/* Draws node anew if what it shows has changed. */
	redraw: function(node, shown, make) {
		const text = JSON.stringify(shown);
		const active = document.activeElement;
		const key = node.contains(active) ? active.getAttribute('data-key') : null;

		if (node.ringbackShown === text)
			return;

		node.ringbackShown = text;
		dom.content(node, make());

		if (key == null)
			return;

		const again = Array.from(node.querySelectorAll('[data-key]')).filter(function(element) {
			return element.getAttribute('data-key') === key;
		});

		if (again.length)
			again[0].focus();
	},

	/* In the colour of what is around it: alerts have backgrounds of their own. */
	link: function(text, ...path) {
		return E('a', { 'href': L.url(...path), 'style': 'color: inherit; text-decoration: underline' }, [ text ]);
	},

	/* lines: texts, or nodes. */
	alert: function(kind, title, lines) {
		return E('div', { 'class': 'alert-message ' + kind, 'style': 'overflow-wrap: anywhere' }, [
			E('p', [ E('strong', [ title ]) ])
		].concat(lines.map(function(line) {
			return E('p', children(line));
		})));
	},

	/* Texts of the program as it wrote them. */
	verbatim: function(text) {
		return E('pre', { 'style': 'white-space: pre-wrap; overflow-wrap: anywhere' }, [ String(text) ]);
	},

	/* A time in ISO 8601, or null where the router's clock was wrong. */
	when: function(time) {
		if (time == null)
			return _('unknown: the clock was wrong');

		const date = new Date(time);

		return isNaN(date.getTime()) ? String(time) : date.toLocaleString(locale());
	},

	/* A duration in two units. */
	span: function(seconds) {
		if (typeof(seconds) != 'number')
			return '-';

		const s = Math.max(0, Math.round(seconds));

		if (s < 60)
			return _('%d s').format(s);

		if (s < 3600)
			return _('%d min %d s').format(Math.floor(s / 60), s % 60);

		if (s < 86400)
			return _('%d h %d min').format(Math.floor(s / 3600), Math.floor(s % 3600 / 60));

		return _('%d d %d h').format(Math.floor(s / 86400), Math.floor(s % 86400 / 3600));
	},

	cause: function(cause) {
		return Object.prototype.hasOwnProperty.call(CAUSES, cause) ? CAUSES[cause] : String(cause || '-');
	},

	/* port 0 is the host as a whole. */
	service: function(port) {
		return port ? String(port) : _('whole host');
	},

	/* Names from the configuration, by address. setup: the answer of api. */
	names: function(setup) {
		return new Map(setup.servers.map(function(it) { return [ it.address, it.name ]; }));
	},

	server: function(address, names) {
		const name = names.get(address);

		return name ? '%s (%s)'.format(name, address) : String(address);
	},

	/* How many wait: the router cuts long lists, and says then how many there are. */
	waiting: function(outage) {
		return typeof(outage.waiting) == 'number' ? outage.waiting : (outage.clients || []).length;
	},

	/* The program goes on as it was; or it has not begun. mistakes: lines. */
	refused: function(mistakes, isRunning) {
		return this.alert('error', _('The configuration is refused'), [
			[ isRunning ? _('ringback goes on as it was before the change.') : _('ringback starts when this is mended.'), ' ',
			  this.link(_('Settings'), 'admin/services/ringback/settings') ],
			[ this.verbatim(mistakes.join('\n')) ]
		]);
	},

	/* What is wrong where the program gave no answer, and what to do. setup: the answer of api. */
	silent: function(error, setup) {
		const off = !setup.enabled;

		return this.alert('warning', off ? _('ringback is switched off') : _('ringback does not answer'), [
			off
				? [ _('Nobody is noticed, and nobody is told.'), ' ',
				    this.link(_('Switch it on under Settings.'), 'admin/services/ringback/settings') ]
				: [ _('If its configuration is wrong, it says so in the system log, and starts when it is right.'), ' ',
				    this.link(_('Settings'), 'admin/services/ringback/settings'), ', ',
				    this.link(_('System log'), 'admin/status/logs/syslog'), ', ',
				    this.link(_('Startup'), 'admin/system/startup') ],
			[ this.verbatim(error) ]
		]);
	}
});
