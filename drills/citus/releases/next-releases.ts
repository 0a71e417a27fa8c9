import type { TableKind } from '@holdfast/engine/table-kinds'

/** A release after this one, which the drill builds from these sources and some changes. */
export type NextRelease = {
  name: string
  /** Folders beside this file whose migrations it has; the functions are those of the last one. */
  parts: readonly string[]
  /** The numbers of the migrations that it has and the one before it has not. */
  versions: readonly number[]
  tables: Readonly<Record<string, TableKind>>
  formerTables: Readonly<Record<string, TableKind>>
  grants: { tables: readonly string[]; functions: readonly string[] }
}

const [visit, country, own, secret] = [
  { drill_visit: 'distributed' },
  { drill_country: 'reference' },
  { drill_own: 'own' },
  { drill_secret: 'coordinator' },
] as const

/** The first adds something of each kind, the second changes and removes it. */
export const nextReleases: readonly NextRelease[] = [
  {
    name: 'first',
    parts: ['first'],
    versions: [9001, 9002, 9003, 9004, 9005, 9006, 9007, 9008, 9009],
    tables: { ...visit, ...country, ...own, ...secret },
    formerTables: {},
    grants: { tables: ['holdfast.drill_visit', 'holdfast.drill_own'], functions: ['drill_total'] },
  },
  {
    name: 'second',
    parts: ['first', 'second'],
    versions: [9101, 9102, 9103, 9104],
    tables: visit,
    formerTables: { ...country, ...own, ...secret },
    grants: { tables: ['holdfast.drill_visit'], functions: ['drill_sum'] },
  },
]
