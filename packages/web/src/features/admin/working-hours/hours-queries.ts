import type { ChangedWorkingHours, NewWorkingHours } from '@holdfast/contract/client'
import { addDays, listedDaysMax } from '@holdfast/vocabulary'
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../lib/api/api.ts'
import { clinicKey, rereadMs } from '../../../lib/queries/clinic-queries.ts'

type Of = { clinicId: string; doctorId: string }

const hoursKey = ({ clinicId, doctorId }: Of) => [...clinicKey(clinicId), 'working-hours', doctorId] as const

export function workingHoursQuery(of: Of) {
  return queryOptions({
    queryKey: hoursKey(of),
    queryFn: () => dataOf(api.getWorkingHours({ path: { doctorId: of.doctorId } })),
    refetchInterval: rereadMs,
  })
}

/** The sessions of the next {@link listedDaysMax} days. */
export function comingSessionsQuery(of: Of, today: string) {
  const query = { from: today, to: addDays(today, listedDaysMax - 1) }
  return queryOptions({
    queryKey: [...hoursKey(of), 'sessions', query],
    queryFn: async () => (await dataOf(api.listOpenSessions({ path: { doctorId: of.doctorId }, query }))).items,
    refetchInterval: rereadMs,
  })
}

/** What new hours would change, and the change; all that is shown is read again after it. */
export function useHoursActions({ doctorId }: Of) {
  const queryClient = useQueryClient()
  const send = (dryRun: boolean) => (body: NewWorkingHours) =>
    dataOf<ChangedWorkingHours>(api.setWorkingHours({ path: { doctorId }, query: { dryRun }, body }))
  return {
    preview: useMutation({ mutationFn: send(true) }),
    apply: useMutation({ mutationFn: send(false), onSettled: () => queryClient.invalidateQueries() }),
  }
}

type SessionDraft = { startsAt: string; endsAt: string; gridMinutes: number }

/** Opens and withdraws single sessions. Both are safe to repeat. */
export function useSessionActions({ doctorId }: Of) {
  const queryClient = useQueryClient()
  const onSettled = () => queryClient.invalidateQueries()
  return {
    add: useMutation({
      mutationFn: ({ gridMinutes, ...session }: SessionDraft) =>
        dataOf(api.createOpenSessions({ path: { doctorId }, body: { sessions: [session], gridMinutes } })),
      onSettled,
    }),
    withdraw: useMutation({
      mutationFn: (sessionId: string) => dataOf(api.withdrawOpenSession({ path: { doctorId, sessionId } })),
      onSettled,
    }),
  }
}
