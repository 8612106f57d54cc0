/** The timeline as a picture of its own, which a README shows. */
import type { Scenario } from '../scenario/types.ts';
import type { Directory } from '../truth/witness.ts';
import type { Chronicle } from './chronicle.ts';
import { nameAt } from './lanes.ts';
import { Moments } from './spoken.ts';
import { CHART_STYLE } from './style.ts';
import { Timeline } from './timeline.ts';

/** About as wide as a page of text. */
const WIDTH = 880;

export function pictureOf(scenario: Scenario, directory: Directory, chronicle: Chronicle): string {
  const timeline = new Timeline({
    ...{ chronicle, endUs: scenario.endUs, moments: new Moments(scenario) },
    nameOf: (address) => nameAt(directory, address),
    alone: { width: WIDTH, style: CHART_STYLE },
  });
  // A line for each element: what differs is seen.
  return `${timeline.draw().text.replaceAll('><', '>\n<')}\n`;
}
