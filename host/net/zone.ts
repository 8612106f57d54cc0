/** The local zone, as its distance from UTC. */

/** `+09:00`, at that moment. */
export function zoneText(at: Date): string {
  const east = -at.getTimezoneOffset();
  const away = Math.abs(east);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${east < 0 ? '-' : '+'}${two(Math.floor(away / 60))}:${two(away % 60)}`;
}
