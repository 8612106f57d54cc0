/** Who is who in the tests: the addresses of the lab network. */

import { Address } from '../../assembly/wire/address';

export function newAddress(): Address {
  const address = changetype<Address>(heap.alloc(16));
  address.hi = 0;
  address.lo = 0;
  return address;
}

export function ipv4(a: u32, b: u32, c: u32, d: u32): Address {
  const address = newAddress();
  const at = changetype<usize>(address);
  store<u16>(at, 0xffff, 10);
  store<u8>(at, <u8>a, 12);
  store<u8>(at, <u8>b, 13);
  store<u8>(at, <u8>c, 14);
  store<u8>(at, <u8>d, 15);
  return address;
}

/** 2001:db8:subnet::host */
export function ipv6(subnet: u32, host: u32): Address {
  const address = newAddress();
  const at = changetype<usize>(address);
  store<u32>(at, bswap<u32>(0x20010db8));
  store<u16>(at, bswap<u16>(<u16>subnet), 4);
  store<u16>(at, bswap<u16>(<u16>host), 14);
  return address;
}

/** The `number`th of many clients, all different, on either IP version by turns. */
export function someClient(number: u32): Address {
  if ((number & 1) != 0) return ipv6(0x179, 0x1000 + number);
  return ipv4(10, number >> 16, (number >> 8) & 255, number & 255);
}

export const SATO = ipv4(172, 27, 179, 151);
export const TANAKA = ipv4(172, 27, 179, 150);
export const NAKAMURA = ipv4(172, 27, 179, 152);
export const ROUTER = ipv4(172, 27, 179, 1);
export const SERVER = ipv4(172, 27, 178, 80);
export const SECOND = ipv4(172, 27, 178, 81);
export const THIRD = ipv4(172, 27, 178, 82);
/** Outside of what is watched. */
export const ELSEWHERE = ipv4(192, 0, 2, 1);

export const SATO6 = ipv6(0x179, 0x151);
export const TANAKA6 = ipv6(0x179, 0x150);
export const ROUTER6 = ipv6(0x179, 1);
export const SERVER6 = ipv6(0x178, 0x80);
export const ELSEWHERE6 = ipv6(0x177, 1);
