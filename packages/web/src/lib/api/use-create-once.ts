import { useMutation } from '@tanstack/react-query'
import { isFinal } from './api-error.ts'
import { useRequestKeys } from './request-keys.ts'

type Creation<Body, Created> = {
  /** What the new one belongs to. */
  of: string
  send(body: Body, headers: { 'Idempotency-Key': string }): Promise<Created>
  onSettled(): Promise<unknown>
}

/** Creates something. Repeated after a lost response, it creates no second one. */
export function useCreateOnce<Body extends object, Created>({ of, send, onSettled }: Creation<Body, Created>) {
  const requestKeys = useRequestKeys()
  return useMutation({
    mutationFn: (body: Body) => send(body, requestKeys.headersFor({ of, body })),
    onSuccess: () => requestKeys.clear(),
    // What the first request created may have been removed since.
    onError: (error) => {
      if (isFinal(error)) requestKeys.clear()
    },
    onSettled,
  })
}
