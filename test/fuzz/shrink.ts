/** A failing input, made small. */

/** Leaves parts out for as long as it still fails: halves first, single parts last (Zeller's ddmin). */
async function withFewer(
  all: readonly Buffer[],
  fails: (input: Buffer) => Promise<boolean>,
): Promise<readonly Buffer[]> {
  let parts = all;
  let some = Math.ceil(parts.length / 2);
  while (parts.length > 0) {
    let isLess = false;
    for (let at = 0; at < parts.length; ) {
      const fewer = [...parts.slice(0, at), ...parts.slice(at + some)];
      if (await fails(Buffer.concat(fewer))) {
        parts = fewer;
        isLess = true;
      } else at += some;
    }
    if (!isLess && some === 1) break;
    some = Math.max(1, Math.min(Math.floor(some / 2), Math.ceil(parts.length / 2)));
  }
  return parts;
}

/**
 * A smaller input for which `fails` still holds, or the same; `fails` says false where there is no more time. By `parts`
 * first, where an input has them, then by bytes.
 */
export async function shrunk(
  input: Buffer,
  fails: (input: Buffer) => Promise<boolean>,
  parts?: (input: Buffer) => Buffer[],
): Promise<Buffer> {
  let small: Buffer = input;
  if (parts !== undefined) small = Buffer.concat(await withFewer(parts(small), fails));
  small = Buffer.concat(
    await withFewer(
      Array.from(small, (byte) => Buffer.of(byte)),
      fails,
    ),
  );
  for (let at = 0; at < small.length; at++) {
    if (small[at] === 0) continue;
    const plain = Buffer.from(small);
    plain[at] = 0;
    if (parts === undefined && (await fails(plain))) small = plain;
  }
  return small;
}
