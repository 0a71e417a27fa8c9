import type { NewVisitQuestionBody } from '@holdfast/contract'
import type { NewVisitQuestion, VisitType } from '@holdfast/engine'
import { lengths } from '@holdfast/vocabulary'
import { invalidRequest } from '../../edge/bodies/validator.ts'

/** The questions of a body. @throws ProblemError invalid_request */
export function questionsOf(sent: readonly NewVisitQuestionBody[]): NewVisitQuestion[] {
  const errors = [
    ...repeatedIds(sent, '/questions'),
    ...sent.flatMap((question, index) => faultsOf(question, `/questions/${index}`)),
  ]
  if (errors.length > 0) throw invalidRequest(errors)
  const questions = sent.map(({ id, kind, required = false, choices = [], ...texts }) => ({
    id,
    kind,
    ...trimmed(texts),
    required,
    choices: choices.map((choice) => ({ id: choice.id, ...trimmed(choice) })),
  }))
  // Each booking stores a copy of what was asked.
  if (JSON.stringify(questions).length > lengths.questions) {
    const message = `must have at most ${lengths.questions} characters in all, in all languages, as JSON`
    throw invalidRequest([{ path: '/questions', message }])
  }
  return questions
}

type Fault = { path: string; message: string }

function faultsOf({ kind, label, labels = {}, choices = [] }: NewVisitQuestionBody, path: string): Fault[] {
  const faults = repeatedIds(choices, `${path}/choices`)
  const texts = [{ label, labels }, ...choices].flatMap(({ label, labels = {} }) => [label, ...Object.values(labels)])
  if (texts.some((text) => text.trim() === '')) faults.push({ path, message: 'must have no blank texts' })
  const isTooLong = [label, ...Object.values(labels)].some((text) => [...text].length > lengths.question)
  if (kind !== 'consent' && isTooLong) {
    faults.push({ path: `${path}/label`, message: `must have at most ${lengths.question} characters` })
  }
  if (kind === 'choice' && choices.length < 2) faults.push({ path: `${path}/choices`, message: 'must be at least two' })
  if (kind !== 'choice' && choices.length > 0) {
    faults.push({ path: `${path}/choices`, message: 'is allowed only for a choice' })
  }
  return faults
}

function repeatedIds(items: readonly { id: string }[], path: string): Fault[] {
  const ids = items.map(({ id }) => id)
  return ids.flatMap((id, index) =>
    ids.indexOf(id) === index ? [] : [{ path: `${path}/${index}/id`, message: 'is in the list already' }],
  )
}

function trimmed({ label, labels = {} }: Pick<NewVisitQuestionBody, 'label' | 'labels'>) {
  return { label: label.trim(), labels: trimmedTexts(labels) }
}

/** Texts by language. */
export function trimmedTexts(texts: VisitType['names']): VisitType['names'] {
  return Object.fromEntries(Object.entries(texts).map(([language, text]) => [language, text.trim()]))
}
