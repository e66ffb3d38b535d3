import { describe, expect, it } from 'vitest'
import { canRetry, isOver, memoriesOf, pretty, runStates, runTitle, runWords, summaryOf } from './words'

describe('runs', () => {
  it('have words for each state, and only what is stuck is tried again', () => {
    expect(runStates.map((s) => runWords(s).words)).not.toContain(undefined)
    expect(runStates.filter(canRetry)).toEqual(['paused', 'failed', 'dead'])
    expect(runStates.filter((s) => !isOver(s))).toEqual(['queued', 'running', 'waiting', 'paused'])
  })
  it('are called by their title, and say what came of them', () => {
    expect(runTitle({ title: '', agent: 'contact' })).toBe('Run of contact')
    expect(summaryOf({ summary: 'Assessed Ana.' })).toBe('Assessed Ana.')
    expect(summaryOf(null)).toBe('')
    expect(pretty({})).toBe('')
  })
  it('show the memories that a step was told, wherever they are, and nothing that is none', () => {
    const memory = { id: '1', kind: 'lesson', body: 'Shorter.', source: 'approval', day: '2026-03-01' }
    expect(memoriesOf({ brief: { memories: [memory] } })).toEqual([memory])
    expect(memoriesOf({ Input: { memories: [memory, { id: 2 }] } })).toEqual([memory])
    expect(memoriesOf({ input: {} })).toEqual([])
    expect(memoriesOf('text')).toEqual([])
  })
})
