import { aPractice } from './a-practice.ts'
import { aClinicScene } from './clinic-scene.ts'
import { test as siteTest } from './site-test.ts'
import { aTheatre } from './theatre-scene.ts'

/** `test` with a new clinic for each test that names it, as a `scene`, `practice` or `theatre`, and with a `page`. */
export const test = siteTest
  .extend('scene', ({ site }) => aClinicScene(site))
  .extend('practice', ({ site }) => aPractice(site))
  .extend('theatre', ({ site }) => aTheatre(site))
  .extend('page', ({ site }) => site.newPage())
