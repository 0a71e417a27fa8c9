import { useMutation } from '@tanstack/react-query'
import { toastDone } from '../../ui/toast.ts'
import { useRefreshFactors } from './second-factors-query.ts'

/** Changes second factors. Then they are read again, a toast shows `message`, and `onDone` is called. */
export function useFactorChange<Input>(
  change: (input: Input) => Promise<unknown>,
  message: string,
  onDone: () => void,
) {
  const refresh = useRefreshFactors()
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      await refresh()
      toastDone({ message })
      onDone()
    },
  })
}
