/** One environment variable. `readConfig` parses these; `holdfast doctor` and docs/configuration.md list them. */
export type Setting<Value> = {
  name: string
  /** The value used when the variable is absent or empty; null: there is none, and `whenAbsent` says what happens. */
  default: string | null
  /** What happens when the variable is absent; null for a setting with a default. */
  whenAbsent: string | null
  description: string
  /** What a valid value looks like, for the message about an invalid one. */
  expected: string
  /** Its value is never printed. */
  secret: boolean
  /** undefined: not a valid value. */
  parse: (text: string) => Value | undefined
  /** What is wrong with an invalid value, without any secret, for one that has parts. */
  explain?: (text: string) => string
}

type Kind<Value> = Pick<Setting<Value>, 'expected' | 'parse' | 'explain'>

/** A setting that always has a value. */
export function setting<Value>(name: string, defaultText: string, description: string, kind: Kind<Value>) {
  return {
    name,
    default: defaultText,
    whenAbsent: null,
    description,
    secret: false,
    ...kind,
  } satisfies Setting<Value>
}

/** A setting that may be absent: its value is then null, and `whenAbsent` says what happens. */
export function optionalSetting<Value>(
  name: string,
  whenAbsent: string,
  description: string,
  kind: Kind<Value>,
): Setting<Value | null> {
  return { name, default: null, whenAbsent, description, secret: false, ...kind }
}

/** An optional setting whose value is never printed. */
export function secretSetting<Value>(
  name: string,
  whenAbsent: string,
  description: string,
  kind: Kind<Value>,
): Setting<Value | null> {
  return { ...optionalSetting(name, whenAbsent, description, kind), secret: true }
}
