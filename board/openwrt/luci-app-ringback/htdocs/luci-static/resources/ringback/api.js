'use strict';
'require baseclass';
'require rpc';

/*
 * Questions to the running program and orders for it, through its plugin in rpcd. None of them fails: the answer is
 * { reply: … }, or { error: text for people }.
 */

const calls = {
	status: rpc.declare({ object: 'ringback', method: 'status', params: [ 'role' ], reject: true }),
	mistakes: rpc.declare({ object: 'ringback', method: 'mistakes', reject: true }),
	setup: rpc.declare({ object: 'ringback', method: 'setup', reject: true }),
	history: rpc.declare({ object: 'ringback', method: 'history', params: [ 'last' ], reject: true }),
	outbox: rpc.declare({ object: 'ringback', method: 'outbox', params: [ 'last' ], reject: true }),
	retry: rpc.declare({ object: 'ringback', method: 'outbox_retry', params: [ 'ids', 'all' ], reject: true }),
	drop: rpc.declare({ object: 'ringback', method: 'outbox_drop', params: [ 'ids', 'all' ], reject: true }),
	message: rpc.declare({ object: 'ringback', method: 'message', params: [ 'text', 'forMs' ], reject: true })
};

/* An exception of LuCI's has the stack behind its first line. */
function textOf(error) {
	return String(error && error.message || error).split('\n')[0];
}

function answer(call) {
	return call.then(function(reply) {
		if (!L.isObject(reply))
			return { error: _('The router gave no answer.') };

		return reply.error != null ? { error: String(reply.error) } : { reply: reply };
	}, function(error) {
		return { error: textOf(error) };
	});
}

return baseclass.extend({
	/* What is in hand. role: null for the router's, or relay, or takeover. */
	status: function(role) {
		return answer(role ? calls.status(role) : calls.status());
	},

	/* What is wrong with the configuration as it was saved, as lines; none where it is in force, or where nobody can say. */
	mistakes: function() {
		return answer(calls.mistakes()).then(function(told) {
			return told.reply && Array.isArray(told.reply.mistakes) ? told.reply.mistakes.map(String) : [];
		});
	},

	/* What is said in the configuration and no secret; whoever may only read has no right to the file, for passwords are in it. */
	setup: function() {
		return answer(calls.setup()).then(function(told) {
			return Object.assign({ enabled: true, page: false, servers: [], networks: [] }, told.reply);
		});
	},

	/* The last outages that are over, latest first. */
	history: function(last) {
		return answer(calls.history(last));
	},

	/* Notices, those that are not delivered first. */
	outbox: function(last) {
		return answer(calls.outbox(last));
	},

	/* ids: null for all of them. */
	retry: function(ids) {
		return answer(ids ? calls.retry(ids) : calls.retry(undefined, true));
	},

	drop: function(ids) {
		return answer(ids ? calls.drop(ids) : calls.drop(undefined, true));
	},

	/* What people read on the page in a dead server's place. */
	message: function() {
		return answer(calls.message());
	},

	/* text: '' for none; forMs: null for no end. */
	setMessage: function(text, forMs) {
		return answer(calls.message(text, forMs == null ? undefined : forMs));
	}
});
