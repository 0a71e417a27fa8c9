import type { VisitQuestion } from '@holdfast/contract/client'
import { lengths } from '@holdfast/vocabulary'
import { Checkbox, NativeSelect, Stack, Textarea, Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { DateField } from '../../ui/fields/date-field.tsx'
import classes from './answers.module.css'
import { localLabel } from './local-label.ts'
import { fieldId, isAgreed, missingAnswers, type TypedAnswers, typedText } from './typed-answers.ts'
import type { RefusedAnswer } from './use-asked.ts'

export type QuestionFieldsProps = {
  /** A heading above them. */
  title?: string
  questions: readonly VisitQuestion[]
  typed: TypedAnswers
  onChange: (typed: TypedAnswers) => void
  /** What is missing is marked. */
  isTried: boolean
  /** What the server refused as it is now; null: nothing. */
  refused: RefusedAnswer | null
  /** The clinic asks for the patient, and may skip what is no consent. */
  byDesk?: boolean
  /** Only the patient gives consents now: they are shown, and not changed. */
  areConsentsFixed?: boolean
  /** What is said beside fields, by the ids of their questions. */
  notes?: Readonly<Record<string, string>>
}

/** The fields of what a visit type asks, in its order. */
export function QuestionFields({ title, questions, typed, onChange, byDesk = false, ...shown }: QuestionFieldsProps) {
  const { t } = useTranslation('answers')
  const { isTried, refused, areConsentsFixed = false, notes = {} } = shown
  const missing = isTried ? missingAnswers(questions, typed, byDesk) : []
  const errorOf = (question: VisitQuestion) => {
    // A consent whose text has changed is missing, too.
    if (refused?.questionId === question.id) return t(`error.${refused.why}`)
    if (!missing.includes(question)) return null
    return t(question.kind === 'consent' ? 'error.consent' : 'error.missing')
  }
  return (
    <Stack gap="md">
      {title === undefined ? null : <Title order={3}>{title}</Title>}
      {questions.map((question) => (
        <Field
          key={question.id}
          question={question}
          typed={typed}
          onAnswer={(value) => onChange({ ...typed, [question.id]: value })}
          error={errorOf(question)}
          byDesk={byDesk}
          isConsentFixed={areConsentsFixed}
          note={notes[question.id] ?? null}
        />
      ))}
    </Stack>
  )
}

type FieldProps = {
  question: VisitQuestion
  typed: TypedAnswers
  onAnswer: (value: string | number) => void
  error: string | null
  byDesk: boolean
  isConsentFixed: boolean
  note: string | null
}

function Field({ question, typed, onAnswer, error, byDesk, isConsentFixed, note }: FieldProps) {
  const { t } = useTranslation('answers')
  const { kind, required, choices, version } = question
  if (kind === 'consent') {
    return (
      <Checkbox
        id={fieldId(question.id)}
        size="md"
        classNames={{ label: classes.consent ?? '' }}
        label={<ConsentText question={question} />}
        aria-required={required}
        disabled={isConsentFixed}
        description={isConsentFixed ? t('error.patient_only') : null}
        checked={isAgreed(question, typed)}
        onChange={({ currentTarget }) => onAnswer(currentTarget.checked ? version : '')}
        error={error}
      />
    )
  }
  const shared = {
    id: fieldId(question.id),
    label: localLabel(question),
    labelProps: { dir: 'auto' },
    withAsterisk: required && !byDesk,
    'aria-required': required && !byDesk,
    description: note ?? (byDesk && required ? t('skip') : null),
    value: typedText(question, typed),
    error,
  } as const
  if (kind === 'date') return <DateField {...shared} min="1800-01-01" max="2999-12-31" onChange={onAnswer} />
  if (kind === 'choice') {
    return (
      <NativeSelect
        {...shared}
        onChange={({ currentTarget }) => onAnswer(currentTarget.value)}
        data={[
          { value: '', label: t('choose') },
          ...choices.map((choice) => ({ value: choice.id, label: localLabel(choice) })),
        ]}
      />
    )
  }
  return (
    <Textarea
      {...shared}
      dir="auto"
      autosize
      minRows={1}
      maxLength={lengths.answer}
      onChange={({ currentTarget }) => onAnswer(currentTarget.value)}
    />
  )
}

function ConsentText({ question }: { question: VisitQuestion }) {
  return (
    <span dir="auto">
      {localLabel(question)}
      {question.required ? (
        <span aria-hidden="true" className={classes.required}>
          {' *'}
        </span>
      ) : null}
    </span>
  )
}
