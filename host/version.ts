/** Which version this is: the bundle says it. */
declare const RINGBACK_VERSION: string | undefined;
export const VERSION = typeof RINGBACK_VERSION === 'string' ? RINGBACK_VERSION : 'from sources';
