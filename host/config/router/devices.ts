/** Whether the interfaces of a configuration are there, for `ringback check`. The file may be another machine's: nothing of that is a mistake. */
import { basename } from 'node:path';
import { DAEMON } from '../sections.ts';
import { and } from '../sentences.ts';
import type { FabricConfiguration } from '../types.ts';

/** This machine's, as its kernel and, on OpenWrt, netifd have them. */
export interface Devices {
  readonly names: readonly string[];
  /** The kernel's number of the device of that name, or of that other name; null: there is none. */
  numberOf(name: string): number | null;
  /** The device that carries a network of that name; null: nobody knows of one. `unknown`: nobody can say. */
  carrierOf(name: string): string | null | 'unknown';
}

/** `devices`: null where nobody has looked. */
export function deviceWarnings(
  { interfaces, daemon, remote }: FabricConfiguration,
  devices: Devices | null,
): readonly string[] {
  // A daemon that something else brings up, ssh for instance, may listen on another machine.
  const isHere = remote === null && daemon !== null && basename(daemon[0] ?? '') === DAEMON;
  if (devices === null || !isHere) return [];
  const places = interfaces.map((name) => ({ name, place: placeOf(name, devices) }));
  const missing = places.filter(({ place }) => place === null).map(({ name }) => name);
  const found: string[] = [];
  if (missing.length > 0) {
    const are = missing.length === 1 ? 'is no interface' : 'are no interfaces';
    found.push(
      `fabric.interfaces: ${and(missing)} ${are} of this machine, which has ${and(devices.names)}: nothing is seen there until there is one. On the machine where it runs, give one of its own.`,
    );
  }
  const byPlace = new Map<string, string[]>();
  for (const { name, place } of places) {
    if (place !== null && place !== 'unknown') byPlace.set(place, [...(byPlace.get(place) ?? []), name]);
  }
  for (const [place, names] of byPlace) {
    if (names.length < 2) continue;
    found.push(
      `fabric.interfaces: ${and(names)} are one device (${place}), on which all would be seen twice: keep one of them.`,
    );
  }
  return found;
}

/** The device by which it is known; null: it is not there. */
function placeOf(name: string, { names, numberOf, carrierOf }: Devices): string | null | 'unknown' {
  const carrier = carrierOf(name);
  if (carrier === 'unknown') return numberOf(name) === null ? 'unknown' : name;
  const device = carrier ?? name;
  const number = numberOf(device);
  if (number === null) return carrier;
  return names.find((one) => numberOf(one) === number) ?? device;
}
