import { expect, test } from 'vitest'
import { blocksOf } from './markdown'

test('a report is cut into headings, text, lists and tables', () => {
  expect(blocksOf('# Week\n\nOne line.\nAnother.\n\n| | Now | Before |\n|---|---:|---:|\n| Sent | 2 | 1 |\n\n## Leads\n\n- Ana, 82\n- Ben, 71\n')).toEqual([
    { kind: 'heading', level: 1, text: 'Week' },
    { kind: 'text', text: 'One line.\nAnother.' },
    { kind: 'table', head: ['', 'Now', 'Before'], rows: [['Sent', '2', '1']] },
    { kind: 'heading', level: 2, text: 'Leads' },
    { kind: 'list', items: ['Ana, 82', 'Ben, 71'] },
  ])
})

test('escapes are taken off, and what is not known is text', () => {
  expect(blocksOf('- Ada \\[x\\]\\(y\\)\\-1')).toEqual([{ kind: 'list', items: ['Ada [x](y)-1'] }])
  expect(blocksOf('> <b>quoted</b>')).toEqual([{ kind: 'text', text: '> <b>quoted</b>' }])
  expect(blocksOf('')).toEqual([])
})
