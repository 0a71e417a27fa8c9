/** One check of `holdfast doctor`. `fix`: what to do about it; null: nothing. */
export type Check = {
  name: string
  state: 'ok' | 'warning' | 'error'
  found: string
  fix: string | null
}

export function ok(name: string, found: string): Check {
  return { name, state: 'ok', found, fix: null }
}

export function warning(name: string, found: string, fix: string): Check {
  return { name, state: 'warning', found, fix }
}

export function problem(name: string, found: string, fix: string): Check {
  return { name, state: 'error', found, fix }
}
