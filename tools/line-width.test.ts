import { expect, test } from 'vitest'
import { wideLines, wrapComments } from './line-width.ts'

test('a line of 120 columns passes, and one of 121 is named, whatever it consists of', () => {
  const comment = `// ${'x'.repeat(117)}`
  expect(wideLines('tools/a.ts', `${comment}\n${comment}x\n`)).toEqual(['tools/a.ts:2: 121 columns'])
  expect(wideLines('a.sql', `-- ${'é'.repeat(117)}\n-- ${'é'.repeat(118)}`)).toEqual(['a.sql:2: 121 columns'])
  expect(wideLines('a.ts', '😀'.repeat(120))).toEqual([])
})

test('comments that are too wide are wrapped into the next line of the same text; code stays', () => {
  const [half, word] = ['x'.repeat(59), 'y'.repeat(10)]
  const wrap = (...lines: string[]) => wrapComments('a.ts', lines.join('\n')).split('\n')
  expect(wrap(`// ${half} ${half} ${word}`, '// more', 'code()')).toEqual([
    `// ${half}`,
    `// ${half} ${word} more`,
    'code()',
  ])
  expect(wrap(` * ${half} ${word} ${half}`, ' * @throws nothing', ' */')).toEqual([
    ` * ${half} ${word}`,
    ` * ${half}`,
    ' * @throws nothing',
    ' */',
  ])
  expect(wrap(`  /** ${half} ${half} ${word} */`, 'code()')).toEqual([
    '  /**',
    `   * ${half}`,
    `   * ${half} ${word}`,
    '   */',
    'code()',
  ])
  const unbreakable = [`// https://${'x'.repeat(120)}`, `const a = '${'x'.repeat(120)}' // no`]
  expect(wrap(...unbreakable)).toEqual(unbreakable)
})
