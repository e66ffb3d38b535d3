import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { read, server } from '../api/client'
import { searchQuery } from '../api/queries'
import { records } from '../api/records'
import { useDebounced } from '../shell/debounced'
import { useWorkspace } from '../shell/session'
import { Button } from '../ui/button'
import { Combobox, type Choice } from '../ui/combobox'
import { Row, Stack, Text } from '../ui/layout'

type Props = { label: string; kind: 'contact' | 'thread'; error: string; onChange: (id: string) => void }

/** A contact or a conversation, found by words; a goal is about it. */
export function RecordPicker({ label, kind, error, onChange }: Props) {
  const [chosen, setChosen] = useState<Choice>()
  const [words, setWords] = useState('')
  const choices = useChoices(kind, words)
  const choose = (choice: Choice | undefined) => {
    setChosen(choice)
    setWords('')
    onChange(choice?.id ?? '')
  }
  return (
    <Stack gap={1}>
      <Text size={13} weight={500}>
        {label}
      </Text>
      {chosen ? (
        <Row justify="between">
          <Text truncate dir="auto">
            {chosen.label}
          </Text>
          <Button size="small" variant="quiet" onClick={() => choose(undefined)}>
            Another one
          </Button>
        </Row>
      ) : (
        <Combobox label={label} words={words} choices={choices} onWords={setWords} onChoose={choose} onLeave={() => setWords('')} />
      )}
      {error && !chosen && (
        <Text as="p" size={12} tone="bad">
          {error}
        </Text>
      )}
    </Stack>
  )
}

/** What fits the words; without them the first contacts, or the conversations that await an answer. */
function useChoices(kind: Props['kind'], words: string): Choice[] {
  const workspace = useWorkspace()
  const q = useDebounced(words.trim(), 150)
  const contacts = useQuery({
    queryKey: [workspace, 'contacts', 'choices', q],
    queryFn: ({ signal }) => records.contacts.list(workspace, { q: q || undefined, limit: 8 }, signal),
    placeholderData: keepPreviousData,
    enabled: kind === 'contact',
  })
  const threads = useQuery({ ...searchQuery(workspace, q), enabled: kind === 'thread' && q !== '', placeholderData: keepPreviousData })
  const open = useQuery({
    queryKey: [workspace, 'threads', 'choices'],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/threads', { params: { path: { workspace }, query: { folder: 'needs_reply', limit: 8 } }, signal })),
    enabled: kind === 'thread' && q === '',
  })
  if (kind === 'contact') return (contacts.data?.data ?? []).map((c) => ({ id: c.id, label: c.name, note: c.company_name ?? undefined }))
  if (q === '') return (open.data?.data ?? []).map((t) => ({ id: t.id, label: t.subject, note: t.from_name || t.from_address }))
  return (threads.data?.data ?? []).filter((h) => h.entity === 'thread').map((h) => ({ id: h.id, label: h.title, note: h.subtitle }))
}
