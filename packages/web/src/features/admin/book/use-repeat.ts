import type { AppointmentType, SeriesDate, Slot, VisitType } from '@holdfast/contract/client'
import { localDay, type SeriesUnit } from '@holdfast/vocabulary'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, dataOf } from '../../../lib/api/api.ts'

/** The rule of a series; a field that is empty is not entered yet. */
export type RepeatDraft = {
  every: number | string
  unit: SeriesUnit
  end: 'count' | 'until'
  count: number | string
  until: string
}

const firstDraft: RepeatDraft = { every: 1, unit: 'week', end: 'count', count: 6, until: '' }

/** By a date's number: another time that was chosen, or null: it is left out. */
type Choices = ReadonlyMap<number, string | null>

/** What is repeated. */
type Repeated = { slot: Slot | null; visitType: VisitType | undefined; type: AppointmentType; timeZone: string }

/** What of a rule is sent to look at its dates, and to book them. */
function ruleOf(draft: RepeatDraft, { slot, visitType, type, timeZone }: Repeated) {
  const { every, unit, end, count, until } = draft
  const isWhole = Number(every) >= 1 && (end === 'count' ? Number(count) >= 1 : until !== '')
  if (slot === null || !isWhole || (end === 'until' && until < localDay(slot.startsAt, timeZone))) return null
  return {
    doctorId: slot.doctorId,
    ...(visitType === undefined ? {} : { visitTypeId: visitType.id }),
    startsAt: slot.startsAt,
    every: Number(every),
    unit,
    ...(end === 'count' ? { count: Number(count) } : { until }),
    appointmentType: type,
  }
}

/** A series of visits that the desk plans, from the time that was chosen on. */
export function useRepeat(of: Repeated) {
  const [draft, setDraft] = useState<RepeatDraft | null>(null)
  const [choices, setChoices] = useState<Choices>(new Map())
  const rule = draft === null ? null : ruleOf(draft, of)
  const [choicesFor, setChoicesFor] = useState('')
  const ruleText = JSON.stringify(rule)
  // What was chosen for other dates says nothing of these.
  const current: Choices = choicesFor === ruleText ? choices : new Map()
  const preview = useQuery({
    queryKey: ['series', 'preview', rule],
    queryFn: () => dataOf(api.createBookingSeries({ query: { dryRun: true }, body: rule as never })),
    enabled: rule !== null,
    gcTime: 0,
    retry: false,
  })
  const dates = preview.data?.dates ?? []
  const choose = (number: number, choice: string | null | undefined) => {
    const next = new Map(current)
    if (choice === undefined) next.delete(number)
    else next.set(number, choice)
    setChoices(next)
    setChoicesFor(ruleText)
  }
  const kept = dates.filter(({ number }) => current.get(number) !== null)
  const isReady = kept.length > 0 && kept.every((date) => isBookable(date, current))
  const plan = rule === null || !isReady ? null : planOf(rule, current)
  return {
    draft,
    start: () => setDraft(firstDraft),
    reset: () => setDraft(null),
    change: (changed: Partial<RepeatDraft>) => setDraft((now) => (now === null ? null : { ...now, ...changed })),
    preview,
    dates,
    choices: current,
    choose,
    plan,
  }
}

export type Repeat = ReturnType<typeof useRepeat>
export type SeriesPlan = NonNullable<Repeat['plan']>

function isBookable({ number, outcome }: SeriesDate, choices: Choices): boolean {
  return outcome === 'free' || typeof choices.get(number) === 'string'
}

function planOf(rule: NonNullable<ReturnType<typeof ruleOf>>, choices: Choices) {
  const replacements = [...choices].flatMap(([number, startsAt]) => (startsAt === null ? [] : [{ number, startsAt }]))
  const without = [...choices].flatMap(([number, startsAt]) => (startsAt === null ? [number] : []))
  return { ...rule, replacements, without }
}
