import i18next, { type TFunction } from 'i18next'
import { isOutdatedCode, isUnloadedCode, RefusedError, UnreachableError } from './api-error.ts'

/**
 * The texts of an error: `title` says what went wrong, `help` what to do. They are in the namespace `problems`, or in
 * `other-problems`, where i18next looks next.
 */
export function problemMessage(error: unknown, t: TFunction<'problems'>): { title: string; help: string } {
  const code =
    error instanceof RefusedError
      ? error.problem.code
      : isOutdatedCode(error)
        ? 'outdated'
        : error instanceof UnreachableError || isUnloadedCode(error)
          ? 'unreachable'
          : 'unexpected'
  return { title: t([`${code}.title`, 'unexpected.title']), help: t([`${code}.help`, 'unexpected.help']) }
}

/**
 * Loads the texts of problems that patients' bookings do not have, if this is one. The clinics' pages load them before
 * they are shown, and those of the theatre meanwhile.
 */
export async function loadProblemTexts(code: string): Promise<void> {
  if (i18next.isInitialized && !i18next.exists(`problems:${code}.title`)) await i18next.loadNamespaces('other-problems')
}
