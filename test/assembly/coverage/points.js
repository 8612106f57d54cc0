/** What the transform has found, and how often the tests came by: one process, so that both know it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const points = {
  /** `file` and `line` of each statement; its place is its id. */
  lines: [],
  /** `file`, `line`, `name`, and `id`: that of its first statement. */
  functions: [],
  times: new Map(),
};

export function onHit(id) {
  points.times.set(id, (points.times.get(id) ?? 0) + 1);
}

/** In the form of geninfo(1). */
function lcov() {
  const files = [...new Set(points.lines.map(({ file }) => file))].sort();
  return files.map(fileRecord).join('');
}

function fileRecord(file) {
  const functions = points.functions.filter((one) => one.file === file);
  const lines = new Map();
  points.lines.forEach((point, id) => {
    if (point.file === file)
      lines.set(point.line, Math.max(lines.get(point.line) ?? 0, points.times.get(id) ?? 0));
  });
  const ran = (id) => points.times.get(id) ?? 0;
  const rows = [
    `SF:${file}`,
    ...functions.map(({ line, name }) => `FN:${line},${name}`),
    ...functions.map(({ id, name }) => `FNDA:${ran(id)},${name}`),
    `FNF:${functions.length}`,
    `FNH:${functions.filter(({ id }) => ran(id) > 0).length}`,
    ...[...lines].sort(([a], [b]) => a - b).map(([line, times]) => `DA:${line},${times}`),
    `LF:${lines.size}`,
    `LH:${[...lines.values()].filter((times) => times > 0).length}`,
    'end_of_record',
  ];
  return `${rows.join('\n')}\n`;
}

export function writeAtExit(directory) {
  mkdirSync(directory, { recursive: true });
  process.on('exit', () => writeFileSync(join(directory, 'module.info'), lcov()));
}
