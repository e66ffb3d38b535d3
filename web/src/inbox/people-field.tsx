import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Address } from '../api/types'
import { records } from '../api/records'
import { useWorkspace } from '../shell/session'
import { Recipients } from '../ui/recipients'

/** Recipients, found among the contacts by name or address. */
export function PeopleField({ label, value, onChange, autoFocus }: { label: string; value: Address[]; onChange: (value: Address[]) => void; autoFocus?: boolean }) {
  const workspace = useWorkspace()
  const [words, setWords] = useState('')
  const q = words.trim()
  const found = useQuery({
    queryKey: [workspace, 'contacts', 'recipients', q],
    queryFn: ({ signal }) => records.contacts.list(workspace, { q, sort: '-last_interaction_at', limit: 8 }, signal),
    enabled: q.length > 0,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  })
  const suggestions = (found.data?.data ?? []).flatMap((c) => (c.email ? [{ name: c.name, address: c.email, note: [c.company_name, c.email].filter(Boolean).join(' · ') }] : []))
  return <Recipients label={label} value={value} onChange={onChange} words={words} onWords={setWords} suggestions={q ? suggestions : []} autoFocus={autoFocus} />
}
