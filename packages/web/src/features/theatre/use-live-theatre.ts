import { useQueryClient } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useState } from 'react'
import type { LiveState } from '../../lib/live/live-feed.ts'
import { theatreKey } from './board-query.ts'
import { createLiveTheatre } from './live-theatre.ts'
import { liveParts } from './theatre-queries.ts'

const StateContext = createContext<LiveState>('connecting')

export const LiveTheatreState = StateContext.Provider

/** Whether changes of the theatre are reported as they happen. */
export function useLiveTheatreState(): LiveState {
  return useContext(StateContext)
}

/** Keeps what is shown of a clinic's theatre up to date while the component is mounted. */
export function useLiveTheatre(clinicId: string): LiveState {
  const queryClient = useQueryClient()
  const [state, setState] = useState<LiveState>('connecting')
  useEffect(() => {
    const live = createLiveTheatre({
      open: () => new EventSource(`/api/v1/clinics/${clinicId}/theatre/live`),
      onChange() {
        for (const part of liveParts) {
          void queryClient.invalidateQueries({ queryKey: [...theatreKey(clinicId), part] })
        }
      },
      isVisible: () => document.visibilityState === 'visible',
    })
    const stopListening = live.onState(() => setState(live.state()))
    return () => {
      stopListening()
      live.stop()
    }
  }, [queryClient, clinicId])
  return state
}
