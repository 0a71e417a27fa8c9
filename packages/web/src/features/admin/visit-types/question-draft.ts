import type { NewVisitQuestion, VisitQuestion } from '@holdfast/contract/client'
import { type MessageLanguage, messageLanguages } from '@holdfast/vocabulary'
import { randomKey } from '../../../lib/api/random-key.ts'

type LabelDraft = { id: string; label: string; labels: Record<MessageLanguage, string> }

/** The values of a question's fields. `choices` stay while another kind is chosen. */
export type QuestionDraft = LabelDraft & Pick<VisitQuestion, 'kind' | 'required'> & { choices: LabelDraft[] }

const noLabels = { en: '', de: '', ar: '' }

export const emptyChoice = (): LabelDraft => ({ id: newId(), label: '', labels: noLabels })

export const emptyQuestion = (): QuestionDraft => ({
  ...emptyChoice(),
  kind: 'text',
  required: false,
  choices: [emptyChoice(), emptyChoice()],
})

export function questionDraftOf({ id, kind, label, labels, required, choices }: VisitQuestion): QuestionDraft {
  return {
    ...{ id, kind, label, required },
    labels: { ...noLabels, ...labels },
    choices:
      kind === 'choice'
        ? choices.map((choice) => ({ ...choice, labels: { ...noLabels, ...choice.labels } }))
        : [emptyChoice(), emptyChoice()],
  }
}

/** A UUID. */
function newId(): string {
  return randomKey().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** The question for the API. */
export function questionOf({ id, kind, label, labels, required, choices }: QuestionDraft) {
  return {
    ...{ id, kind, label: label.trim(), labels: filledTexts(labels), required },
    choices:
      kind === 'choice'
        ? choices.map((choice) => ({ id: choice.id, label: choice.label.trim(), labels: filledTexts(choice.labels) }))
        : [],
  } satisfies NewVisitQuestion
}

/** The texts of the languages that have one. */
export function filledTexts(texts: Record<MessageLanguage, string>): Partial<Record<MessageLanguage, string>> {
  const filled: Partial<Record<MessageLanguage, string>> = {}
  for (const language of messageLanguages) {
    const text = texts[language].trim()
    if (text !== '') filled[language] = text
  }
  return filled
}

/** The list with one item moved by so many places; it stays within the list. */
export function moved<Item>(items: readonly Item[], index: number, by: number): Item[] {
  const target = Math.min(Math.max(index + by, 0), items.length - 1)
  const rest = items.toSpliced(index, 1)
  return rest.toSpliced(target, 0, ...items.slice(index, index + 1))
}
