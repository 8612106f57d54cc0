/** What a scenario's keys say, each for itself: names are not looked up yet, and times of day are none since the beginning. */
import type { RelayConfiguration } from '../../config/relay/types.ts';
import type { TakeoverConfiguration } from '../../config/takeover/types.ts';
import type { RouterConfiguration } from '../../config/types.ts';
import type { Prefix } from '../../net/address.ts';
import type { LabName } from './lab.ts';
import type {
  BackgroundPlan,
  LinkPlan,
  PeoplePlan,
  Scenario,
  ScriptStep,
  ServersPlan,
  Span,
  StackName,
} from './types.ts';
import type { Moment } from './values.ts';
import type { VerbText } from './verbs.ts';

export interface LinkText {
  readonly link: LinkPlan;
}

export interface BehindText extends LinkText {
  readonly port: string;
  readonly via: readonly string[];
  readonly network: readonly Prefix[];
  /** Many networks alike out of those; null: one. */
  readonly count: number | null;
}

export interface NetworkText {
  readonly is: LabName;
  readonly limits: Scenario['limits'];
  readonly lan: LinkText;
  readonly wan: LinkText;
  readonly behind: ReadonlyMap<string, BehindText>;
}

export interface HostText {
  readonly is: StackName | null;
  readonly on: string | null;
  readonly addresses: readonly string[] | null;
  readonly serves: readonly number[] | null;
  readonly answers: Span | null;
  readonly boot: Span | null;
  readonly up: boolean;
}

export type PopulationText =
  | ({ readonly kind: 'people' } & Omit<PeoplePlan, 'name'>)
  | ({ readonly kind: 'servers'; readonly network: string } & Omit<ServersPlan, 'name' | 'networks'>);

export interface TrafficText {
  readonly from: string;
  readonly to: string | null;
  readonly connections: number | null;
  readonly day: 'even' | 'office';
  readonly popularity: number | 'even';
  readonly at: Moment | null;
  readonly forUs: number | null;
  readonly kinds: BackgroundPlan['kinds'] | null;
}

export interface StepText {
  readonly at: Moment | null;
  readonly verbs: readonly VerbText[];
  /** As it stands in the file. */
  readonly text: string;
  readonly forUs: number | null;
  readonly backUs: number | null;
  readonly everyUs: number | null;
  readonly times: number | null;
  readonly any: string | null;
  readonly trap: number;
  readonly crowd: { readonly from: string; readonly overUs: number | null } | null;
  readonly rate: number | null;
  readonly forged: string | null;
  readonly patienceUs: number | null;
  readonly expect: 'served' | 'turned away' | 'shown' | null;
  readonly within: NonNullable<ScriptStep['expect']>['withinUs'];
}

export type ExpectationText =
  | {
      readonly kind: 'event';
      readonly event: string;
      readonly fields: Readonly<Record<string, string | number | boolean>>;
      readonly within: readonly [number, number] | null;
      readonly times: readonly [number, number] | null;
    }
  | {
      readonly kind: 'told';
      readonly told: readonly string[] | 'everybody who waited' | 'nobody else';
      readonly once: boolean;
      readonly within: readonly [number, number] | null;
    }
  | { readonly kind: 'latency'; readonly p50Us: number | null; readonly p99Us: number | null }
  /** Parts of one of the table. */
  | { readonly kind: 'clients'; readonly peak: number };

export interface ScenarioText {
  readonly title: string;
  readonly seed: number;
  readonly clock: {
    readonly startMs: number;
    /** Since midnight, as people read the clock. */
    readonly ofDayUs: number;
    readonly zone: string;
  };
  readonly endUs: number;
  readonly router: RouterConfiguration | null;
  readonly relays: ReadonlyMap<string, RelayConfiguration>;
  readonly takeover: ReadonlyMap<string, TakeoverConfiguration>;
  readonly network: NetworkText;
  readonly hosts: ReadonlyMap<string, HostText>;
  readonly population: ReadonlyMap<string, PopulationText>;
  readonly traffic: readonly TrafficText[];
  readonly frames: readonly string[];
  readonly script: readonly StepText[];
  readonly expect: readonly ExpectationText[];
  readonly kernel: 'real' | 'lab';
}
