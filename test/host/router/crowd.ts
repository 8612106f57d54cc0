/** Very many clients, by their numbers. */

export const clientOf = (n: number): string => `10.0.${n >> 8}.${n & 255}`;

export const mailOf = (n: number): string => `client-${n}@example.jp`;

export const crowd = (count: number): string[] => Array.from({ length: count }, (_, n) => clientOf(n));
