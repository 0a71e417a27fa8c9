/** One thing `holdfast doctor` looked at. `mend` says what to do, where something is to be done. */
export type Check = {
  name: string
  state: 'ok' | 'warning' | 'error'
  found: string
  mend: string | null
}

export function ok(name: string, found: string): Check {
  return { name, state: 'ok', found, mend: null }
}

export function warning(name: string, found: string, mend: string): Check {
  return { name, state: 'warning', found, mend }
}

export function problem(name: string, found: string, mend: string): Check {
  return { name, state: 'error', found, mend }
}
