/** Scenarios that take more than a few seconds: `make test-emulator` plays them. */
export const LARGE: readonly string[] = ['crowd-of-a-million', 'everybody-known', 'half-a-million'];
