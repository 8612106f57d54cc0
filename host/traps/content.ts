/**
 * What a decoded trap says: which kind it is, and whom it is about.
 *
 * Kinds are compared as the OIDs of SNMPv2. An SNMPv1 trap becomes one by RFC 3584 section 3.1:
 * generic trap n is snmpTraps.(n + 1), an enterprise's own is ENTERPRISE.0.SPECIFIC.
 */

import type { Pdu, Varbind } from 'net-snmp';
import snmp from 'net-snmp';
import { TRAP_NAMES } from '../net/trap-names.ts';

interface TrapContent {
  /** snmpTrapOID.0 */
  readonly oid: string;
  readonly version: 'v1' | 'v2c' | 'v3';
  /** The address that the message names as its origin, an unauthenticated claim; null: none named. */
  readonly origin: string | null;
}

const SNMP_TRAPS = '1.3.6.1.6.3.1.1.5';
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
const SNMP_TRAP_OID = '1.3.6.1.6.3.1.1.4.1.0';
/** RFC 3584 section 3.1 (4): how a proxy names the agent for which it forwards. */
const SNMP_TRAP_ADDRESS = '1.3.6.1.6.3.18.1.3.0';
const ENTERPRISE_SPECIFIC = 6;
const OID = /^[0-2](\.(0|[1-9]\d{0,9})){1,127}$/;

/** The OID of a trap given by its name or as an OID (a leading dot is allowed); null if it is neither. */
export function trapOid(text: string): string | null {
  const index = TRAP_NAMES.indexOf(text);
  if (index >= 0) return `${SNMP_TRAPS}.${index + 1}`;
  const oid = text.replace(/^\./, '');
  return OID.test(oid) ? oid : null;
}

/** The name of one of the standard traps. */
export function trapName(oid: string): string | null {
  return TRAP_NAMES.find((_, index) => oid === `${SNMP_TRAPS}.${index + 1}`) ?? null;
}

/**
 * What a message of this version says, or null if it lacks anything that makes it a trap: truncated ones
 * are decoded with parts missing, and the library does not hold the version against the kind of PDU.
 */
export function readTrap(pdu: Pdu, version: TrapContent['version']): TrapContent | null {
  if ((pdu.type === snmp.PduType.Trap) !== (version === 'v1')) return null;
  const varbinds = pdu.varbinds ?? [];
  const oid = version === 'v1' ? kindOfVersion1(pdu) : kindOfLater(varbinds);
  if (oid === null || !OID.test(oid)) return null;
  const named = varbinds.find((varbind) => isVarbind(varbind, SNMP_TRAP_ADDRESS, snmp.ObjectType.IpAddress));
  const origin = version === 'v1' ? pdu.agentAddr : named?.value;
  // 0.0.0.0 stands for an agent without an IPv4 address (RFC 3584 section 3.1 (4)).
  return { oid, version, origin: typeof origin === 'string' && origin !== '0.0.0.0' ? origin : null };
}

function isVarbind(varbind: Varbind, oid: string, type: number): boolean {
  return varbind.oid === oid && varbind.type === type;
}

function kindOfVersion1(pdu: Pdu): string | null {
  const { enterprise, generic, specific, upTime } = pdu;
  if (typeof enterprise !== 'string' || typeof pdu.agentAddr !== 'string') return null;
  if (!isCount(generic) || !isCount(specific) || !isCount(upTime) || generic > ENTERPRISE_SPECIFIC)
    return null;
  return generic === ENTERPRISE_SPECIFIC ? `${enterprise}.0.${specific}` : `${SNMP_TRAPS}.${generic + 1}`;
}

function kindOfLater(varbinds: readonly Varbind[]): string | null {
  // RFC 3416 section 4.2.6 wants them first; agents that put others before them are still understood.
  if (!varbinds.some((varbind) => isVarbind(varbind, SYS_UP_TIME, snmp.ObjectType.TimeTicks))) return null;
  const kind = varbinds.find((varbind) => isVarbind(varbind, SNMP_TRAP_OID, snmp.ObjectType.OID));
  return typeof kind?.value === 'string' ? kind.value : null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
