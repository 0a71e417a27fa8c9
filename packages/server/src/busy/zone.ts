/** What a clock shows, in milliseconds as if it were in UTC, and when. */
export type Zone = { msOf(wallMs: number): number; wallAt(ms: number): number }
