'use strict';
'require baseclass';
'require dom';
'require ui';
'require ringback.api as api';
'require ringback.parts as parts';

/* What people read on the page in a dead server's place: planned work, for instance. */

const MAX_CHARACTERS = 1000;
const MINUTE_MS = 60000;

function spans() {
	return [
		[ 30, _('for 30 minutes') ], [ 60, _('for an hour') ], [ 120, _('for 2 hours') ], [ 240, _('for 4 hours') ],
		[ 480, _('for 8 hours') ], [ 1440, _('for a day') ], [ 10080, _('for a week') ], [ 0, _('until it is removed') ]
	];
}

function current(answer) {
	if (answer.error != null)
		return [ E('p', [ _('The message cannot be read now.') ]), parts.verbatim(answer.error) ];

	if (answer.reply.text == null)
		return [ E('p', [ E('em', [ _('There is no message.') ]) ]) ];

	return [
		E('p', [ answer.reply.until == null
			? _('People read this until it is removed:')
			: _('People read this until %s:').format(parts.when(answer.reply.until)) ]),
		E('blockquote', { 'style': 'margin: 0 0 1em; padding-left: 1em; border-left: .25em solid; white-space: pre-wrap; overflow-wrap: anywhere' }, [ answer.reply.text ])
	];
}

return baseclass.extend({
	/* answer: to message(); setup: the answer of api. */
	section: function(answer, setup) {
		const shown = E('div', { 'aria-live': 'polite' }, current(answer));
		const text = E('textarea', {
			'id': 'ringback-message', 'class': 'cbi-input-textarea', 'rows': 3, 'style': 'width: 100%'
		}, [ answer.reply && answer.reply.text || '' ]);
		const span = E('select', { 'id': 'ringback-message-span', 'class': 'cbi-input-select' }, spans().map(function(it) {
			return E('option', { 'value': it[0], 'selected': it[0] == 120 ? '' : null }, [ it[1] ]);
		}));

		const order = function(wanted, forMs) {
			return api.setMessage(wanted, forMs).then(function(done) {
				if (done.error != null)
					ui.addNotification(null, [ E('p', [ _('The message was not changed.') ]), parts.verbatim(done.error) ], 'error');
				else
					dom.content(shown, current(done));

				return done;
			});
		};

		const set = function() {
			const wanted = text.value.trim();

			if (wanted == '' || Array.from(wanted).length > MAX_CHARACTERS) {
				ui.addNotification(null, [ E('p', [
					_('A message has 1 to %d characters.').format(MAX_CHARACTERS)
				]) ], 'warning');
				return Promise.resolve();
			}

			return order(wanted, span.value == '0' ? null : span.value * MINUTE_MS);
		};

		const remove = function() {
			return order('', null).then(function(done) {
				if (done.error == null)
					text.value = '';
			});
		};

		return parts.section(_("Message on the page in a dead server's place"), [
			setup.page ? '' : E('p', [
				_('There is no page now: nobody reads a message before it is switched on under Settings.')
			]),
			shown,
			E('p', [ E('label', { 'for': 'ringback-message' }, [ _('Message, as on planned work') ]), text ]),
			E('p', [ E('label', { 'for': 'ringback-message-span' }, [ _('How long it stands') ]), ' ', span ]),
			E('p', [
				parts.button(_('Show this message'), 'message-set', ui.createHandlerFn(this, set)), ' ',
				parts.button(_('Remove the message'), 'message-remove', ui.createHandlerFn(this, remove))
			])
		]);
	}
});
