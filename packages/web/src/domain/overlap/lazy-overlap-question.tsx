import { lazy, Suspense } from 'react'
import { refusalCode } from '../../lib/api/api-error.ts'
import type { OverlapQuestionProps } from './overlap-question.tsx'

const Question = lazy(async () => ({ default: (await import('./overlap-question.tsx')).OverlapQuestion }))

/** Whether the patient has another appointment at the same time: the site asks whether to go on. */
export function isOverlap(error: unknown): boolean {
  return refusalCode(error) === 'patient_booked'
}

/** Loaded with its texts only when it is asked. */
export function LazyOverlapQuestion(props: OverlapQuestionProps) {
  return (
    <Suspense fallback={null}>
      <Question {...props} />
    </Suspense>
  )
}
