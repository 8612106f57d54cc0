/** Rules like those that OpenWrt's fw4 makes of its default configuration, for the lab's router. */

interface Zones {
  /** The card of the zone `lan`: input accepted, forwarded to wan. */
  readonly lan: string;
  /** The card of the zone `wan`: input rejected, but for ping and neighbour discovery. */
  readonly wan: string;
  /** What files in chain-pre/input add. */
  readonly included?: string;
}

/** As `fw4 start` and `fw4 reload` give it to nft. Port 8080 of the router is a forwarding to 172.27.178.81, port 80. */
export function firewall({ lan, wan, included = '' }: Zones): string {
  return `table inet fw4
flush table inet fw4
table inet fw4 {
	chain input {
		type filter hook input priority filter; policy drop;
		iif "lo" accept comment "!fw4: Accept traffic from loopback"
		${included}
		ct state vmap { established : accept, related : accept } comment "!fw4: Handle inbound flows"
		tcp flags & (fin | syn | rst | ack) == syn jump syn_flood comment "!fw4: Rate limit TCP syn packets"
		iifname "${lan}" jump input_lan comment "!fw4: Handle lan IPv4/IPv6 input traffic"
		iifname "${wan}" jump input_wan comment "!fw4: Handle wan IPv4/IPv6 input traffic"
		jump handle_reject
	}
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state vmap { established : accept, related : accept } comment "!fw4: Handle forwarded flows"
		iifname "${lan}" jump forward_lan comment "!fw4: Handle lan IPv4/IPv6 forward traffic"
		iifname "${wan}" jump forward_wan comment "!fw4: Handle wan IPv4/IPv6 forward traffic"
		jump handle_reject
	}
	chain output {
		type filter hook output priority filter; policy accept;
		oif "lo" accept comment "!fw4: Accept traffic towards loopback"
		ct state vmap { established : accept, related : accept } comment "!fw4: Handle outbound flows"
	}
	chain handle_reject {
		meta l4proto tcp reject with tcp reset comment "!fw4: Reject TCP traffic"
		reject with icmpx type port-unreachable comment "!fw4: Reject any other traffic"
	}
	chain syn_flood {
		limit rate 25/second burst 50 packets return comment "!fw4: Accept SYN packets below rate-limit"
		drop comment "!fw4: Drop excess packets"
	}
	chain input_lan {
		iifname "${lan}" accept comment "!fw4: accept lan IPv4/IPv6 traffic"
	}
	chain forward_lan {
		ct status dnat accept comment "!fw4: Accept port forwards"
		oifname "${wan}" accept comment "!fw4: Accept lan to wan forwarding"
		jump handle_reject
	}
	chain input_wan {
		icmp type echo-request accept comment "!fw4: Allow-Ping"
		icmpv6 type { echo-request, nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept comment "!fw4: Allow-ICMPv6-Input"
		iifname "${wan}" jump handle_reject
	}
	chain forward_wan {
		oifname "${lan}" tcp dport 80 accept comment "!fw4: the servers are public"
		jump handle_reject
	}
	chain dstnat {
		type nat hook prerouting priority dstnat; policy accept;
		iifname "${lan}" jump dstnat_lan comment "!fw4: Handle lan IPv4/IPv6 dstnat traffic"
	}
	chain dstnat_lan {
		meta nfproto ipv4 tcp dport 8080 ip daddr 172.27.179.1 dnat ip to 172.27.178.81:80 comment "!fw4: web"
	}
	chain srcnat {
		type nat hook postrouting priority srcnat; policy accept;
		oifname "${wan}" jump srcnat_wan comment "!fw4: Handle wan IPv4/IPv6 srcnat traffic"
	}
	chain srcnat_wan {
		meta nfproto ipv4 masquerade comment "!fw4: Masquerade IPv4 wan traffic"
	}
}
`;
}
