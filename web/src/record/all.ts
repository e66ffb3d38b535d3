import { useCallback, useState } from 'react'
import type { BulkNoun } from '../api/bulk'
import type { BulkQuery } from '../api/types'
import { useCountMatching } from './bulk'

/** All that a list shows, once they are chosen: as it was asked then. Another question drops the choice. */
export function useAll(noun: BulkNoun, query: BulkQuery) {
  const count = useCountMatching(noun)
  const key = JSON.stringify(query)
  const [chosen, setChosen] = useState<{ key: string; query: BulkQuery; count: number }>()
  const chooseAll = async () => {
    const n = await count(query)
    if (n !== undefined) setChosen({ key, query, count: n })
  }
  const dropAll = useCallback(() => setChosen(undefined), [])
  return { all: chosen?.key === key ? chosen : undefined, chooseAll, dropAll }
}
