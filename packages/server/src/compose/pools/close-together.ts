import type { DatabasePool } from '@holdfast/engine'

/** All are connected to one server: when it does not respond to one, the others close what has been idle since. */
export function closeTogether(pools: readonly DatabasePool[]): void {
  for (const pool of pools) {
    pool.onNoResponse = (reason, beganAtMs) => {
      for (const other of pools) if (other !== pool) other.closeIdle(reason, beganAtMs)
    }
  }
}
