import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultOf, structureOf } from '../../../../host/page/steering/listing.ts';
import { type Contents, NOTHING } from '../../../../host/page/steering/ruleset.ts';

/** As nft 1.0.6 writes it, with some of the sets. */
const LISTING = `table inet ringback {
	set lease {
		type nf_proto
		timeout 10s
		elements = { ipv4 expires 9s976ms, ipv6 expires 9s976ms }
	}

	map targets4 {
		type ipv4_addr . inet_service : ipv4_addr . inet_service
		elements = { 172.27.178.80 . 80 : 198.18.0.1 . 8480,
			     172.27.178.81 . 80 : 198.18.0.2 . 8480,
			     172.27.178.82 . 80 : 198.18.0.3 . 8480 }
	}

	map targets6 {
		type ipv6_addr . inet_service : ipv6_addr . inet_service
		elements = { 2001:db8:178::80 . 80 : fd72:696e:6762:6163::1 . 8480 }
	}

	set pass4 {
		type ipv4_addr
		elements = { 172.27.179.150, 172.27.179.151 }
	}

	set pass6 {
		type ipv6_addr
	}

	set open4 {
		type ipv4_addr . inet_service
		limit rate 1/day burst 1 packets
		timeout 10s
	}

	chain prerouting {
		type nat hook prerouting priority dstnat - 5; policy accept;
		ip saddr @pass4 accept
		meta nfproto @lease dnat ip to ip daddr . tcp dport map @targets4
	}
}
`;

const STRUCTURE = structureOf(LISTING);

const CONTENTS: Contents = {
  targets4: new Map([
    ['172.27.178.82 . 80', '198.18.0.3 . 8480'],
    ['172.27.178.80 . 80', '198.18.0.1 . 8480'],
    ['172.27.178.81 . 80', '198.18.0.2 . 8480'],
  ]),
  targets6: new Map([['2001:db8:178::80 . 80', 'fd72:696e:6762:6163::1 . 8480']]),
  pass4: new Map([
    ['172.27.179.150', ''],
    ['172.27.179.151', ''],
  ]),
  pass6: new Map(),
};

/** What is found where one piece of the listing is another. */
function found(piece: string | RegExp, other: string): string | null {
  const listing = LISTING.replace(piece, other);
  assert.notEqual(listing, LISTING);
  return faultOf(listing, CONTENTS, STRUCTURE);
}

describe('a listing of the table', () => {
  it('is right when it has what is wanted, in any order', () => {
    assert.equal(faultOf(LISTING, CONTENTS, STRUCTURE), null);
  });

  it('tells what was lost, and what is somebody else’s', () => {
    assert.equal(
      faultOf(LISTING, { ...CONTENTS, pass6: new Map([['2001:db8:179::150', '']]) }, STRUCTURE),
      'pass6 has lost 1 elements and got 0 of somebody else',
    );
    assert.equal(
      faultOf(LISTING, NOTHING, STRUCTURE),
      'targets4 has lost 0 elements and got 3 of somebody else',
    );
    assert.equal(
      found(/\t\telements = \{ 172.27.178.80 [^}]*\}\n/, ''),
      'targets4 has lost 3 elements and got 0 of somebody else',
    );
    assert.equal(
      found('172.27.179.151 }', '172.27.179.151, 172.27.179.152 }'),
      'pass4 has lost 0 elements and got 1 of somebody else',
    );
  });

  it('is wrong where a target has another alias, or an element that means more', () => {
    const fault = 'targets4 has lost 1 elements and got 1 of somebody else';
    assert.equal(found('198.18.0.2 . 8480', '198.18.0.9 . 8480'), fault);
    assert.equal(found('172.27.178.81 . 80 :', '172.27.178.81 . 80 comment "x" :'), fault);
  });

  it('is wrong with any rule, chain or set more or less, and with another policy or flag', () => {
    const fault = 'its sets, chains or rules are not those that were made';
    assert.equal(found('\t\tip saddr @pass4 accept\n', ''), fault);
    assert.equal(found('\t}\n}\n', '\t\tdrop\n\t}\n}\n'), fault);
    assert.equal(found('\t}\n}\n', '\t}\n\n\tchain other {\n\t}\n}\n'), fault);
    assert.equal(found('\n\tset pass6 {\n\t\ttype ipv6_addr\n\t}\n', ''), fault);
    assert.equal(found('policy accept', 'policy drop'), fault);
    assert.equal(found('ringback {', 'ringback {\n\tflags dormant'), fault);
    assert.equal(found('172.27.179.151 }', '172.27.179.151 comment "}" }'), fault, 'or what can’t be read');
    assert.equal(faultOf('', CONTENTS, STRUCTURE), fault);
  });

  it('does not mind what comes and goes by itself, and the counts of newer versions', () => {
    assert.equal(found(/\t\telements = \{ ipv4 .*\n/, ''), null);
    const open = '\t\telements = { 172.27.178.80 . 80 limit rate 1/day burst 1 packets expires 3s }\n\t}\n';
    assert.equal(found(/(burst 1 packets\n\t\ttimeout 10s\n)\t\}\n/, `$1${open}`), null);
    assert.equal(found('\t\ttype nf_proto\n', '\t\ttype nf_proto\n\t\t# count 2\n'), null);
    assert.equal(found('\t\ttype nf_proto\n', '\t\ttype nf_proto\t# count 2\n'), null);
  });
});
