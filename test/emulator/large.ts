/** Scenarios that take more than 10 s of CPU: `make test-emulator` plays them. */
export const LARGE: readonly string[] = ['crowd-of-a-million', 'half-a-million'];
