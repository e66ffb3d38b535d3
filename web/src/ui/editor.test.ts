import { expect, test } from 'vitest'
import { continued, difference, linked, wrapped } from './editor'

const at = (text: string) => ({ text: text.replace('|', ''), start: text.indexOf('|'), end: text.indexOf('|') })
const shown = (typed: { text: string; start: number } | undefined) => typed && `${typed.text.slice(0, typed.start)}|${typed.text.slice(typed.start)}`

test('Enter goes on with a list and counts on', () => {
  expect(shown(continued(at('- one|')))).toBe('- one\n- |')
  expect(shown(continued(at('a\n9. nine| b')))).toBe('a\n9. nine\n10. | b')
  expect(shown(continued(at('> said|')))).toBe('> said\n> |')
})

test('Enter on an empty entry ends the list, elsewhere it is just Enter', () => {
  expect(shown(continued(at('- one\n- |')))).toBe('- one\n|')
  expect(continued(at('plain|'))).toBeUndefined()
  expect(continued(at('-5 degrees|'))).toBeUndefined()
})

test('marks go around what is chosen, and away again', () => {
  const bold = wrapped({ text: 'a word b', start: 2, end: 6 }, '**')
  expect(bold).toEqual({ text: 'a **word** b', start: 4, end: 8 })
  expect(wrapped(bold, '**')).toEqual({ text: 'a word b', start: 2, end: 6 })
})

test('only what differs is replaced', () => {
  expect(difference('- one b', '- one\n-  b')).toEqual({ from: 5, to: 5, words: '\n- ' })
  expect(difference('- one\n- ', '- one\n')).toEqual({ from: 6, to: 8, words: '' })
  expect(difference('aa', 'aaa')).toEqual({ from: 2, to: 2, words: 'a' })
})

test('a link is made of what is chosen, and its address is typed next', () => {
  expect(linked({ text: 'our prices', start: 4, end: 10 })).toEqual({ text: 'our [prices](https://)', start: 13, end: 21 })
  expect(linked({ text: 'https://a.example', start: 0, end: 17 })).toEqual({ text: '[link](https://a.example)', start: 1, end: 5 })
})
