/** What commands say about themselves where that is long. */
import { GRAMMAR } from './emulator.ts';

/** A role, which stays in the foreground. */
export const FOREGROUND_HELP = `Stays in the foreground and logs one JSON object a line, or readable lines on a terminal.
SIGTERM and SIGINT end it, SIGHUP makes it reread the configuration.`;

export const TAKEOVER_HELP = `Without an option it is one node of a duplex pair: \`takeover.role\` says which, active (has addresses,
and gives them) or standby (takes them). With one it asks the node that is running here, by the same -c FILE.
${FOREGROUND_HELP}
An active that is stopped leaves its addresses where they are, and the standby waits (\`stop: give\` gives them to
it before); a standby that is stopped leaves what it has taken on its interfaces, and finds it when it starts again.

--give [ADDRESS…]         on an active: these addresses, or all, go to the standby
--return [NAME|ADDRESS…]  on either: these addresses, or all, come back to their active; a standby also takes an active's name
--status                  on either: who has what
Status 1 when an address could not be moved; the message says why.

--json prints {"addresses": [{"address", "done", "reason"}]}; for --status {"role": "active", "healthy", "faults",
"standby", "addresses", "refused"}, or {"role": "standby", "adapters", "needed", "sufficient", "actives", "taken",
"refused"}; "refused" counts messages that were not believed, by reason.`;

export const BESIDE_HELP = `For \`fabric: {host: beside, router: USER@ADDRESS, interfaces: […]}\`. Makes a key for this program in \`fabric.keys\`, unless there is
one; enters it there, by your own ssh, which may ask for a password and whether the router is the right one; notes the keys by which the router
is known; and asks the daemon. Again after \`fabric.interfaces\` has changed: they stand beside the key, and replace those of before.

The router needs the package ringback-fabricd, and dropbear or OpenSSH.`;

export const EMULATE_HELP = `SCENARIO is a file, or the name of one that is shipped. \`ringback check SCENARIO\` says what will happen in it; docs/emulator.md
has every key. With -c FILE the router of the world is configured as that file of \`ringback run\` says, without one as the scenario does.
The same scenario and seed give the same world, to the last frame.

With --realtime, or up to 100 times as fast, mails go over SMTP: to a mail server of its own that shows them (--mails writes them), or, with
-c FILE, to that file's mail server, and so to whomever it names. Where the router has a page, it says for each dead server where on
127.0.0.1 a browser finds it (\`page for s80: http://127.0.0.1:PORT/\`): whoever opens it stands for the client that was turned away there last and is
not known yet, or else for one that the router does not know.

With --as-daemon the router's program is yours: \`fabric: {socket: SOCKET}\`. Its own connections and mails leave by this machine's kernel, so
the servers of the world answer on the wire alone: \`recover: {confirm: none}\`, \`detect: {ask: none}\`. With --on the whole router is real,
with the addresses of the scenario's networks; clients and servers are emulated on both sides of it, and it is judged by its mails and its status.

A script's verbs, as in the lab:
${Object.values(GRAMMAR)
  .map(({ usage }) => `  ${usage}`)
  .join('\n')}

Exit status 0 when all promises, and all that the scenario expects, were kept; 1 when one was not; 2 when the scenario is wrong.`;

export const TEST_MAIL_HELP = `Sends one mail to ADDRESS by the configuration's smtp, of a router or a relay, and says what the mail server said of it. With --verbose
the whole conversation is on standard error, without passwords. Nothing is kept, and no running process is asked.

--json prints {"sent", "to", "server": {"host", "port"}, "messageId", "reply", "reason", "code"}; "reply" is the last thing that the server
said. Status 1 when the mail was not taken: the message says where, why, and which key to change.`;

export const TEST_NOTICE_HELP = `Sends the notice that ADDRESS would get if SERVER (an address or a name of \`servers:\`; the first of them) were back now after ten minutes: its
language is that of the client with this address. Its subject says that it is a test. Otherwise as \`ringback test-mail\`.`;

export const EXPLAIN_HELP = `Asks the running router. An address of a watched network, or a name or address of \`servers:\`, is a server; any other address is a client.
It says what is known, what was tried, why it was or was not counted, who is told, held back, limited or not told, what is being asked, and what comes next;
below that, the latest events about it since the start, with what they mean.

--json prints {"of", "is": "server", "client", "server and client" or "mail", "says": [SENTENCE…], "lately": [{"time", "at", "level", "event", "fields"}]}.`;
