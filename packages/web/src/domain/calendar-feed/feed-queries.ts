import type { ClinicCalendarFeed } from '@holdfast/contract/client'
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../lib/api/api.ts'
import { currentLanguage } from '../../lib/i18n/i18n.ts'

/** The owner of the calendar. */
export type FeedOwner = { kind: 'mine' } | { kind: 'doctor'; doctorId: string } | { kind: 'clinic'; clinicId: string }

type FeedState = { createdAt: string | null; patientNames: boolean | null }

/** Since when there is a feed, and whether it names patients; null: it has one's own bookings, which name none. */
export function feedQuery(owner: FeedOwner) {
  return queryOptions({ queryKey: ['calendar-feed', owner], queryFn: () => read(owner) })
}

async function read(owner: FeedOwner): Promise<FeedState> {
  if (owner.kind === 'doctor') return dataOf(api.getDoctorCalendarFeed({ path: { doctorId: owner.doctorId } }))
  if (owner.kind === 'clinic') return dataOf(api.getClinicCalendarFeed({ path: { clinicId: owner.clinicId } }))
  return { ...(await dataOf(api.getMyCalendarFeed())), patientNames: null }
}

/** @returns the URL, which is not shown again */
async function create(owner: FeedOwner, confirmation: { password?: string }): Promise<string> {
  const body = { language: currentLanguage(), ...confirmation }
  if (owner.kind === 'mine') return (await dataOf(api.createMyCalendarFeed({ body }))).url
  if (owner.kind === 'clinic') {
    return (await dataOf(api.createClinicCalendarFeed({ path: { clinicId: owner.clinicId }, body }))).url
  }
  return (await dataOf(api.createDoctorCalendarFeed({ path: { doctorId: owner.doctorId }, body }))).url
}

async function revoke(owner: FeedOwner): Promise<void> {
  if (owner.kind === 'mine') await dataOf(api.deleteMyCalendarFeed())
  else if (owner.kind === 'clinic') await dataOf(api.deleteClinicCalendarFeed({ path: { clinicId: owner.clinicId } }))
  else await dataOf(api.deleteDoctorCalendarFeed({ path: { doctorId: owner.doctorId } }))
}

export function useFeedActions(owner: FeedOwner) {
  const queryClient = useQueryClient()
  const onSettled = () => queryClient.invalidateQueries({ queryKey: feedQuery(owner).queryKey })
  return {
    create: useMutation({
      mutationFn: (confirmation: { password?: string }) => create(owner, confirmation),
      onSettled,
    }),
    revoke: useMutation({ mutationFn: () => revoke(owner), onSettled }),
  }
}

/** Whether the feeds of the clinic and of its doctors name patients. */
export function useNamesPatients(clinicId: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (patientNames: boolean): Promise<ClinicCalendarFeed> =>
      dataOf(api.updateClinicCalendarFeed({ path: { clinicId }, body: { patientNames } })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['calendar-feed'] }),
  })
}
