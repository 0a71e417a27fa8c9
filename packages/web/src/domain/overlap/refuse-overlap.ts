/** What a request says of another appointment at the same time: it is refused, until somebody has decided. */
export function refuseOverlap(mayOverlap: boolean): { refuseOverlap: true } | { allowOverlap: true } {
  return mayOverlap ? { allowOverlap: true } : { refuseOverlap: true }
}
