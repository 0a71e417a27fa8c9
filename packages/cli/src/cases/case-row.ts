/** A row of a file of operating-room cases. Times are local to the hospital, as in the file. */
export type CaseRow = {
  caseId: string
  room: string
  service: string
  procedureCode: string
  procedure: string
  minutes: number
  startsAt: Temporal.PlainDateTime
  /** What happened; null: the file does not say. */
  wheelsIn: Temporal.PlainDateTime | null
  incisionStart: Temporal.PlainDateTime | null
  incisionEnd: Temporal.PlainDateTime | null
  wheelsOut: Temporal.PlainDateTime | null
}

/** When a case was planned to end. */
export function plannedEndOf({ startsAt, minutes }: CaseRow): Temporal.PlainDateTime {
  return startsAt.add({ minutes })
}

/** When a case was planned. */
export function timesOf(row: CaseRow): { from: string; to: string } {
  return { from: localText(row.startsAt), to: localText(plannedEndOf(row)) }
}

/** `YYYY-MM-DDTHH:MM` */
export function localText(local: Temporal.PlainDateTime): string {
  return local.toString({ smallestUnit: 'minute' })
}
