/** One environment variable: its name, what it means, what it may be. `holdfast doctor` lists these, `readConfig` reads them. */
export type Setting<Value> = {
  name: string
  /** The value when the variable is absent or empty; null: there is none, `description` says what then happens. */
  default: string | null
  description: string
  /** What a valid value looks like, for the message about one that isn't. */
  expected: string
  /** Its value is never printed. */
  secret: boolean
  /** undefined: not a valid value. */
  parse: (text: string) => Value | undefined
}

type Kind<Value> = Pick<Setting<Value>, 'expected' | 'parse'>

/** A setting that always has a value. */
export function setting<Value>(name: string, defaultText: string, description: string, kind: Kind<Value>) {
  return { name, default: defaultText, description, secret: false, ...kind } satisfies Setting<Value>
}

/** A setting that may be absent: its value is then null. */
export function optionalSetting<Value>(name: string, description: string, kind: Kind<Value>): Setting<Value | null> {
  return { name, default: null, description, secret: false, ...kind }
}

/** The same setting with a value that is never printed. */
export function secretSetting<Value>(plain: Setting<Value>): Setting<Value> {
  return { ...plain, secret: true }
}
