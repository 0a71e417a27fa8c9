import type { NewVisitType } from '@holdfast/engine'
import { visitTypeDefaults } from '@holdfast/vocabulary'

/** A visit of 30 minutes that anyone may book with all doctors of a clinic. */
export function aNewVisitType(overrides: Partial<NewVisitType> = {}): NewVisitType {
  return { ...visitTypeDefaults, name: 'First visit', minutes: 30, ...overrides }
}
