import type { TFunction } from 'i18next'
import { isOutdatedCode, isUnloadedCode, RefusedError, UnreachableError } from './api-error.ts'

/** The texts of an error, from the namespace `problems`: `title` says what went wrong, `help` what to do. */
export function problemMessage(error: unknown, t: TFunction<'problems'>): { title: string; help: string } {
  const code =
    error instanceof RefusedError
      ? error.problem.code
      : isOutdatedCode(error)
        ? 'outdated'
        : error instanceof UnreachableError || isUnloadedCode(error)
          ? 'unreachable'
          : 'unexpected'
  return { title: t(`${code}.title`), help: t(`${code}.help`) }
}
