/** How the benches print: a table for people, with `--json` one JSON object a line. */

type Row = Readonly<Record<string, string | number>>;

const rounded = (value: string | number): string | number =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;

export class Report {
  readonly #bench: string;
  readonly #json: boolean;
  readonly #rows: string[][] = [];

  constructor(bench: string, json: boolean) {
    this.#bench = bench;
    this.#json = json;
  }

  /** A row for machines. */
  record(row: Row): void {
    if (!this.#json) return;
    const fields = Object.entries(row).map(([key, value]) => [key, rounded(value)]);
    console.log(JSON.stringify({ bench: this.#bench, ...Object.fromEntries(fields) }));
  }

  /** A line of the table for people; the first one is its head. */
  line(...cells: readonly string[]): void {
    this.#rows.push([...cells]);
  }

  /** Prints the table: the first column to the left, numbers to the right. */
  end(): void {
    if (this.#json) return;
    const widths =
      this.#rows[0]?.map((_, i) => Math.max(...this.#rows.map((row) => row[i]?.length ?? 0))) ?? [];
    for (const row of this.#rows) {
      const cells = row.map((cell, i) =>
        i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart((widths[i] ?? 0) + 2),
      );
      console.log(cells.join('').trimEnd());
    }
    console.log();
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
