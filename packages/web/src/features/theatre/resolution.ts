import type { Bump, RuleOverride } from '@holdfast/contract/client'

/** What is sent again with a refused case: rules to override, and cases that give way. */
export type Resolution = { override?: RuleOverride; bump?: Bump }
