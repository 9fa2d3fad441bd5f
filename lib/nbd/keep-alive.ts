/**
 * After how long the system asks a peer over TCP that has said nothing whether it is there; of one that has vanished
 * without a word it is noticed some minutes after that at most, and not only after hours.
 */
export const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelay: 60_000 } as const;
