import { useThrottledCallback } from '@mantine/hooks'
import { onlineManager, useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { clinicDoctorsQuery, clinicKey } from '../queries/clinic-queries.ts'
import { type LiveState, pollMs } from './live-feed.ts'
import { useLiveSlots } from './use-live-slots.ts'

/** The minimum time between two reads, however many people book. */
const rereadMsMin = 2_500
/**
 * One connection follows so many doctors, unless the server is set to more: a clinic with more is read at intervals.
 */
const followedDoctorsMax = 50

/** Keeps a clinic's cached data up to date while the component is mounted. @returns the state of the connection */
export function useLiveClinic(clinicId: string, doctorIds: readonly string[]): LiveState {
  const queryClient = useQueryClient()
  const reread = useThrottledCallback(() => {
    void queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
  }, rereadMsMin)
  const followed = followedDoctors(doctorIds)
  const isPolled = followed.length === 0
  const isEmpty = doctorIds.length === 0
  useEffect(() => {
    if (!isPolled) return
    const timer = setInterval(() => {
      reread()
      if (isEmpty) void queryClient.invalidateQueries({ queryKey: clinicDoctorsQuery(clinicId).queryKey })
    }, pollMs)
    return () => clearInterval(timer)
  }, [isPolled, isEmpty, clinicId, queryClient, reread])
  const feed = useLiveSlots(followed, { onSlots: reread, onStale: reread })
  const isOnline = useSyncExternalStore(subscribeOnline, isOnlineNow)
  return clinicLiveState(doctorIds.length, feed, isOnline)
}

/** The doctors whose changes the live feed sends: all of them or none, so that no doctor's changes are left out. */
export function followedDoctors(doctorIds: readonly string[]): readonly string[] {
  return doctorIds.length > followedDoctorsMax ? [] : doctorIds
}

/** Without doctors there is nothing to follow: the page is up to date while there is a network. */
export function clinicLiveState(doctorCount: number, feed: LiveState, isOnline: boolean): LiveState {
  if (doctorCount === 0) return isOnline ? 'live' : 'polling'
  return doctorCount > followedDoctorsMax ? 'polling' : feed
}

const subscribeOnline = (listener: () => void) => onlineManager.subscribe(listener)
const isOnlineNow = () => onlineManager.isOnline()
