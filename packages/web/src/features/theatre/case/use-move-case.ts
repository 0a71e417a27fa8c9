import type { Case, CaseConflict, CaseMove } from '@holdfast/contract/client'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { RefusedError } from '../../../lib/api/api-error.ts'
import { problemMessage } from '../../../lib/api/problem-message.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { formatNumber, formatTime, formatTimes } from '../../../lib/i18n/format.ts'
import { toastDone, toastFailed } from '../../../ui/toast.ts'
import type { Plan } from '../case-plan.ts'
import { isMovable } from '../case-state.ts'
import type { Resolution } from '../resolution.ts'
import { useTheatre } from '../use-theatre.ts'

/** Who and what a case needs, if that changes too. */
export type TeamChange = Pick<CaseMove, 'surgeonId' | 'anaesthetistId' | 'staffIds' | 'equipment'>
export type CaseMoveRequest = { one: Case; plan: Plan; team?: TeamChange } & Resolution
/** What the server said about a move that it refused. */
export type RefusedMove = CaseMoveRequest & { conflicts: readonly CaseConflict[] }

/**
 * Moves a case, and says what the server answered: moved, or what is in the way. Nothing is retried silently.
 *
 * @param nameOfRoom by its id
 */
export function useMoveCase(nameOfRoom: (roomId: string) => string) {
  const { t } = useTranslation('theatre')
  const { t: tProblem } = useTranslation('problems')
  const { timeZone, reread } = useTheatre()
  const requestKeys = useRequestKeys()
  const [refused, setRefused] = useState<RefusedMove | null>(null)
  const moving = useMutation({
    mutationFn: async ({ one, plan, team, override, bump }: CaseMoveRequest) => {
      const change: CaseMove = { ...changesOf(one, plan), ...team, ...(override === undefined ? {} : { override }) }
      const path = { caseId: one.id }
      const headersFor = (body: object) => requestKeys.headersFor({ caseId: one.id, version: one.version, body })
      if (bump === undefined) {
        return { moved: await dataOf(api.moveCase({ path, body: change, headers: headersFor(change) })), bumped: 0 }
      }
      const body = { ...change, ...bump }
      const outcome = await dataOf(api.bumpCases({ path, body, headers: headersFor(body) }))
      return { moved: outcome.case, bumped: outcome.bumped.length }
    },
    onSuccess: async ({ moved, bumped }, { one }) => {
      requestKeys.clear()
      setRefused(null)
      await reread()
      const { procedure, startsAt, endsAt, updatedAt } = moved
      const name = procedure.display
      const times = formatTimes(startsAt, endsAt, timeZone)
      toastDone({
        message: isMovable(one)
          ? t('move.done', { room: nameOfRoom(moved.roomId), times, name })
          : t('relief.done', { name, time: formatTime(updatedAt, timeZone) }),
      })
      if (bumped > 0) toastDone({ message: t('bump.done', { cases: formatNumber(bumped) }) })
    },
    onError: async (error, request) => {
      const { title, help } = problemMessage(error, tProblem)
      const conflicts = error instanceof RefusedError ? (error.problem.conflicts ?? []) : []
      if (conflicts.length > 0) setRefused({ ...request, conflicts })
      else toastFailed({ title, message: help })
      await reread()
    },
  })
  return { moving, refused, forget: () => setRefused(null) }
}

/** Only what differs: what is not sent, stays. */
function changesOf(one: Case, plan: Plan): CaseMove {
  return {
    ...(plan.roomId === one.roomId ? {} : { roomId: plan.roomId }),
    ...(plan.startsAt === Date.parse(one.startsAt) ? {} : { startsAt: new Date(plan.startsAt).toISOString() }),
    ...(plan.minutes === one.minutes ? {} : { minutes: plan.minutes }),
  }
}
