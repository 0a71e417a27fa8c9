import { lazy, Suspense } from 'react'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import type { QuestionFieldsProps } from './question-fields.tsx'

const QuestionFields = lazy(async () => {
  const [{ QuestionFields: shown }] = await Promise.all([import('./question-fields.tsx'), loadTexts('answers')])
  return { default: shown }
})

/** The fields of what a visit type asks, loaded with their texts where it asks something. */
export function AskedFields(props: QuestionFieldsProps) {
  if (props.questions.length === 0) return null
  return (
    <Suspense fallback={null}>
      <QuestionFields {...props} />
    </Suspense>
  )
}
