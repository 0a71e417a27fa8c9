import type { FieldError } from '@holdfast/contract'
import { latestStart, type SlotDraft, slotHoursMax, slotsAheadYearsMax } from '@holdfast/engine'
import { timeText } from '../responses/bodies/time-text.ts'

const lengthMsMax = slotHoursMax * 3_600_000
/** More errors are not reported. */
const errorsMax = 20

/** Parsed drafts, or what is wrong with them, by the path of each item. */
export type SlotDraftsOutcome = { kind: 'parsed'; drafts: SlotDraft[] } | { kind: 'invalid'; errors: FieldError[] }

type SentDraft = { startsAt: string; endsAt: string; capacity?: number }

/**
 * Checks what a schema cannot: that each slot ends after it starts, is not over, begins by
 * `latestStart`, lasts at most `slotHoursMax`, and overlaps no other slot of the same request.
 */
export function parseSlotDrafts(sent: readonly SentDraft[], now: Date): SlotDraftsOutcome {
  const latest = latestStart(now).getTime()
  const drafts = sent.map(({ startsAt, endsAt, capacity }) => ({
    startsAt: new Date(startsAt),
    endsAt: new Date(endsAt),
    capacity: capacity ?? 1,
  }))
  const errors: FieldError[] = []
  for (const [index, draft] of drafts.entries()) {
    const error = errorOf(draft, index, now.getTime(), latest)
    if (error) errors.push(error)
    if (errors.length === errorsMax) break
  }
  if (errors.length === 0) errors.push(...overlaps(drafts))
  return errors.length > 0 ? { kind: 'invalid', errors } : { kind: 'parsed', drafts }
}

function errorOf(draft: SlotDraft, index: number, now: number, latest: number): FieldError | null {
  const starts = draft.startsAt.getTime()
  const ends = draft.endsAt.getTime()
  const at = `/slots/${index}`
  const startText = timeText(draft.startsAt)
  if (ends <= starts) {
    return { path: `${at}/endsAt`, message: `must be after startsAt (${startText}), not ${timeText(draft.endsAt)}` }
  }
  if (ends <= now) {
    return { path: `${at}/endsAt`, message: `must be in the future, not ${timeText(draft.endsAt)}` }
  }
  if (starts > latest) {
    return { path: `${at}/startsAt`, message: `must be at most ${slotsAheadYearsMax} years ahead, not ${startText}` }
  }
  if (ends - starts > lengthMsMax) {
    const message = `must be at most ${slotHoursMax} hours after startsAt, not ${timeText(draft.endsAt)}`
    return { path: `${at}/endsAt`, message }
  }
  return null
}

/** If two overlap, the one that is later in the request is reported. */
function overlaps(drafts: readonly SlotDraft[]): FieldError[] {
  const byStart = drafts
    .map((draft, index) => ({ starts: draft.startsAt.getTime(), ends: draft.endsAt.getTime(), index }))
    .sort((a, b) => a.starts - b.starts || a.index - b.index)
  const errors = new Map<number, FieldError>()
  let reaching = byStart[0]
  for (const slot of byStart.slice(1)) {
    if (reaching && slot.starts < reaching.ends) {
      const [first, second] = [Math.min(slot.index, reaching.index), Math.max(slot.index, reaching.index)]
      errors.set(second, { path: `/slots/${second}`, message: `must not overlap /slots/${first}` })
    }
    if (!reaching || slot.ends > reaching.ends) reaching = slot
  }
  return [...errors.entries()]
    .sort(([a], [b]) => a - b)
    .slice(0, errorsMax)
    .map(([, error]) => error)
}
