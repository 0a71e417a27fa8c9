/** What a request says of another appointment at the same time. Nothing is the default: the patient may have one. */
export function refuseOverlap(mayOverlap: boolean): { refuseOverlap?: true } {
  return mayOverlap ? {} : { refuseOverlap: true }
}
