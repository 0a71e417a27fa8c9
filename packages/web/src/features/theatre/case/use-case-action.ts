import type { Case } from '@holdfast/contract/client'
import { useMutation } from '@tanstack/react-query'
import { announce } from '../../../ui/announce.ts'
import { toastDone } from '../../../ui/toast.ts'
import { useShowError } from '../../../ui/use-show-error.ts'
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
  const showError = useShowError()
  const { reread } = useTheatre()
  return useMutation({
    mutationFn: ({ run }: CaseAction<Result>) => run(),
    onSuccess: (_result, { done }) => (isShown ? announce(done) : toastDone({ message: done })),
    onError: (error) => {
      if (shows(error)) return
      showError(error)
    },
    onSettled: reread,
  })
}
