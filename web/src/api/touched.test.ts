import { QueryClient } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { isTouched, restOf } from './touched'

const ana = '00000000-0000-7000-8000-000000000001'
const ben = '00000000-0000-7000-8000-000000000002'

describe('isTouched', () => {
  const thread = { entity: 'thread', ids: [ana], kind: 'changed' }
  it('asks again for the list, the counts and the record that changed', () => {
    expect(isTouched(['demo', 'threads', 'list', { folder: 'open' }], 'demo', thread)).toBe(true)
    expect(isTouched(['demo', 'threads', 'counts'], 'demo', thread)).toBe(true)
    expect(isTouched(['demo', 'threads', 'one', ana], 'demo', thread)).toBe(true)
  })
  it('leaves another record and another workspace alone', () => {
    expect(isTouched(['demo', 'threads', 'one', ben], 'demo', thread)).toBe(false)
    expect(isTouched(['other', 'threads', 'counts'], 'demo', thread)).toBe(false)
    expect(isTouched(['demo', 'contacts', 'list', {}], 'demo', thread)).toBe(false)
  })
  it('takes no ids for all', () => {
    expect(isTouched(['demo', 'threads', 'one', ben], 'demo', { ...thread, ids: null })).toBe(true)
  })
  it('reads a goal again with any run, for it may have started it', () => {
    const run = { entity: 'run', ids: [ana], kind: 'changed' }
    expect(isTouched(['demo', 'goals', 'one', ben], 'demo', run)).toBe(true)
    expect(isTouched(['demo', 'runs', 'one', ben], 'demo', run)).toBe(false)
  })
  it('tells timelines of mail, and the log of what it holds', () => {
    expect(isTouched(['demo', 'contacts', 'timeline', ben, 'all'], 'demo', thread)).toBe(true)
    expect(isTouched(['demo', 'changes', 'list'], 'demo', thread)).toBe(false)
    expect(isTouched(['demo', 'changes', 'list'], 'demo', { ...thread, kind: 'updated' })).toBe(true)
  })
  it('asks whether an approval is stale, and what waits about a record', () => {
    expect(isTouched(['demo', 'approvals', 'one', ben], 'demo', thread)).toBe(true)
    const approval = { entity: 'approval', ids: [ana], kind: 'created' }
    expect(isTouched(['demo', 'approvals', 'count'], 'demo', approval)).toBe(true)
    expect(isTouched(['demo', 'approvals', 'about', { subject: ben }], 'demo', approval)).toBe(true)
    expect(isTouched(['demo', 'approvals', 'one', ben], 'demo', approval)).toBe(false)
  })
  it('asks again for the runs of a message when its conversation changed', () => {
    expect(isTouched(['demo', 'runs', 'of', ben], 'demo', thread)).toBe(true)
  })
  it('finds the nouns of entities by their plural', () => {
    expect(isTouched(['demo', 'custom-fields'], 'demo', { entity: 'custom_field', ids: null, kind: 'created' })).toBe(true)
    expect(isTouched(['demo', 'companies', 'one', ana], 'demo', { entity: 'company', ids: [ana], kind: 'updated' })).toBe(true)
    expect(isTouched(['organization', ana, 'members'], 'demo', { entity: 'member', ids: null, kind: 'updated' })).toBe(true)
    expect(isTouched(['organization', ana, 'api-keys'], 'demo', { entity: 'member', ids: null, kind: 'updated' })).toBe(false)
  })
})

describe('restOf', () => {
  it('spares long lists', () => {
    const client = new QueryClient()
    const query = (data: unknown) => {
      client.setQueryData(['q'], data ?? null)
      const found = client.getQueryCache().find({ queryKey: ['q'] })
      if (!found) throw new Error('not there')
      return found
    }
    expect(restOf(query({ pages: [1, 2] }))).toBe(2_000)
    expect(restOf(query({ pages: [1, 2, 3, 4, 5] }))).toBe(20_000)
    expect(restOf(query(undefined))).toBe(1_000)
  })
})
