import type { Case } from '@holdfast/contract/client'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { problemMessage } from '../../../lib/api/problem-message.ts'
import { announce } from '../../../ui/announce.ts'
import { toastDone, toastFailed } from '../../../ui/toast.ts'
import { useTheatre } from '../use-theatre.ts'

type CaseAction<Result> = {
  /** Sends the request; it may be repeated, because each of these actions is idempotent. */
  run: () => Promise<Result>
  /** What was done, for people to read. */
  done: string
}

/**
 * `shows`: whether the form shows an error beside a field. `isShown`: the page shows what was done where it was done,
 * so that it is said to screen readers alone.
 */
type CaseActionOptions = { shows?: (error: Error) => boolean; isShown?: boolean }

/** Changes a case, says what happened, and reads the theatre again. */
export function useCaseAction<Result = Case>({ shows = () => false, isShown = false }: CaseActionOptions = {}) {
  const { t: tProblem } = useTranslation('problems')
  const { reread } = useTheatre()
  return useMutation({
    mutationFn: ({ run }: CaseAction<Result>) => run(),
    onSuccess: (_result, { done }) => (isShown ? announce(done) : toastDone({ message: done })),
    onError: (error) => {
      if (shows(error)) return
      const { title, help } = problemMessage(error, tProblem)
      toastFailed({ title, message: help })
    },
    onSettled: reread,
  })
}
