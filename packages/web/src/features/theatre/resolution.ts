import type { Bump, RuleOverride } from '@holdfast/contract/client'

/** With what a refused case is sent again: rules to override, and cases that give way. */
export type Resolution = { override?: RuleOverride; bump?: Bump }
