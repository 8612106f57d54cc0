import { ICMP_LENGTH, Icmp, Scope, scopeOfIcmp, scopeOfIcmpv6 } from '../../../assembly/wire/icmp';
import { survive } from '../corpus';
import { begin, frameBytes, icmp } from '../frames';
import { edge } from '../room';

function touch(at: usize, captured: u32): bool {
  const header = Icmp.checked(at, captured);
  if (header == null) return false;
  const scopes = <u32>scopeOfIcmp(header.code) + <u32>scopeOfIcmpv6(header.code);
  return header.type + header.code + scopes != 0;
}

describe('an ICMP header', () => {
  it('reads its fields', () => {
    begin();
    icmp(3, 13);
    const header = Icmp.checked(frameBytes(), ICMP_LENGTH);
    expect<bool>(header != null).toBe(true);
    if (header == null) return;
    expect<u32>(header.type).toBe(3);
    expect<u32>(header.code).toBe(13);
  });

  it('refuses every truncation', () => {
    begin();
    icmp(3, 1);
    for (let captured: u32 = 0; captured < ICMP_LENGTH; captured++) {
      const at = edge(captured);
      memory.copy(at, frameBytes(), captured);
      assert(Icmp.checked(at, captured) == null, 'a truncated header is refused');
    }
    expect<bool>(Icmp.checked(edge(ICMP_LENGTH), ICMP_LENGTH) != null).toBe(true);
  });

  it('has no length of its own that could be impossible, whatever its other bytes say', () => {
    begin();
    icmp(3, 1);
    memory.fill(frameBytes() + 2, 0xff, 6);
    const header = Icmp.checked(frameBytes(), ICMP_LENGTH);
    expect<bool>(header != null).toBe(true);
    if (header != null) expect<u32>(header.code).toBe(1);
  });

  it('survives the corpus', () => {
    expect<u32>(survive(touch)).toBeGreaterThan(0);
  });
});

describe('what an unreachable code is about', () => {
  it('is the host, the service, a rule or the path, as the RFCs say for IPv4', () => {
    const hosts: u32[] = [0, 1, 5, 6, 7, 8, 11, 12];
    for (let i = 0; i < hosts.length; i++) assert(scopeOfIcmp(hosts[i]) == Scope.Host, 'a host code');
    expect<u32>(scopeOfIcmp(2)).toBe(Scope.Service);
    expect<u32>(scopeOfIcmp(3)).toBe(Scope.Service);
    expect<u32>(scopeOfIcmp(4)).toBe(Scope.PathMtu);
    const rules: u32[] = [9, 10, 13, 14, 15];
    for (let i = 0; i < rules.length; i++) assert(scopeOfIcmp(rules[i]) == Scope.Policy, 'a policy code');
  });

  it('is the host, the service or a rule, as the RFC says for IPv6', () => {
    expect<u32>(scopeOfIcmpv6(0)).toBe(Scope.Host);
    expect<u32>(scopeOfIcmpv6(1)).toBe(Scope.Policy);
    expect<u32>(scopeOfIcmpv6(2)).toBe(Scope.Policy);
    expect<u32>(scopeOfIcmpv6(3)).toBe(Scope.Host);
    expect<u32>(scopeOfIcmpv6(4)).toBe(Scope.Service);
    expect<u32>(scopeOfIcmpv6(5)).toBe(Scope.Policy);
    expect<u32>(scopeOfIcmpv6(6)).toBe(Scope.Policy);
  });

  it('is no outage where nobody has defined the code', () => {
    for (let code: u32 = 16; code < 256; code++) {
      assert(scopeOfIcmp(code) == Scope.Policy, 'an unknown code');
      assert(scopeOfIcmpv6(code) == Scope.Policy, 'an unknown code');
    }
  });
});
