import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'
import { threadsQuery, type ThreadsAsked } from './queries'

const hour = 3_600_000

/** What is shown at once of a list, after another one was. */
function shownAfter(before: ThreadsAsked, asked: ThreadsAsked) {
  const client = new QueryClient()
  client.setQueryData(threadsQuery('studio', before).queryKey, { pages: [{ data: [], next_cursor: null, has_more: false }], pageParams: [''] })
  const observer = new InfiniteQueryObserver(client, { ...threadsQuery('studio', before), staleTime: hour })
  const leave = observer.subscribe(() => undefined)
  observer.setOptions({ ...threadsQuery('studio', asked), queryFn: () => new Promise(() => undefined) })
  const { data } = observer.getCurrentResult()
  leave()
  client.clear()
  return data
}

test('conversations stay on screen while they are narrowed', () => {
  expect(shownAfter({ folder: 'open' }, { folder: 'open', q: 'pricing' })).toBeDefined()
})

test('a folder that is being read shows nothing of the one before', () => {
  expect(shownAfter({ folder: 'needs_reply' }, { folder: 'all' })).toBeUndefined()
})
