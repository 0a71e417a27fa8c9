import type { TFunction } from 'i18next'
import { RefusedError, UnreachableError } from './api-error.ts'

/** What went wrong, in the reader's language: `title` says what, `help` what to do now. Of the namespace `problems`. */
export function problemMessage(error: unknown, t: TFunction<'problems'>): { title: string; help: string } {
  const code =
    error instanceof RefusedError
      ? error.problem.code
      : error instanceof UnreachableError
        ? 'unreachable'
        : 'unexpected'
  return { title: t(`${code}.title`), help: t(`${code}.help`) }
}
