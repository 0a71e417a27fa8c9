import { useState } from 'react'
import { useRetry } from './use-retry.ts'

type Change = 'confirm' | 'extend'

/**
 * Starts changes of a hold, and repeats the last one while its failure may pass. One that is started later takes its
 * place: an extension is not repeated beside a confirmation.
 */
export function useChangesOfHold(changes: Record<Change, () => Promise<void>>) {
  const [failure, setFailure] = useState<{ change: Change; error: unknown } | null>(null)
  const run = async (change: Change) => {
    try {
      await changes[change]()
      setFailure(null)
    } catch (error) {
      setFailure({ change, error })
    }
  }
  useRetry(failure === null ? null : failure.error, () => {
    if (failure !== null) void run(failure.change)
  })
  return {
    /** The last failure of this change; null: none. */
    errorOf: (change: Change) => (failure?.change === change ? failure.error : null),
    /** What failed is changed by the patient before it is sent again. */
    forget: () => setFailure(null),
    start(change: Change) {
      setFailure(null)
      void run(change)
    },
  }
}
