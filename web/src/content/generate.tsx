import { useMutation, useQuery } from '@tanstack/react-query'
import { PenLine } from 'lucide-react'
import { useState } from 'react'
import { read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import { contactQuery, searchQuery } from '../api/queries'
import type { ContentOrder } from '../api/types'
import { useWorkspace } from '../shell/session'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { Checkbox, entry, Form, FormActions, Select, SelectField, TextAreaField, TextField } from '../ui/form'
import { Row, Stack, Text } from '../ui/layout'
import { Banner } from '../ui/state'
import { useKinds } from './queries'

const platforms = ['linkedin', 'facebook', 'instagram', 'tiktok', 'twitter'] as const
const pages = ['homepage', 'product', 'service', 'lead_capture', 'sales', 'event'] as const
const tones = ['professional', 'consultative', 'friendly'] as const
const named = (list: readonly string[]) => list.map((v) => ({ value: v, label: v.charAt(0).toUpperCase() + v.slice(1).replaceAll('_', ' ') }))

type Props = { contact?: string; kind?: string; onClose: () => void; onStarted: (run: string) => void }

/** What shall be written, for whom, and what it shall say. */
export function Generate({ contact, kind: first = 'followup', onClose, onStarted }: Props) {
  const workspace = useWorkspace()
  const kinds = useKinds()
  const [name, setName] = useState(first)
  const [reader, setReader] = useState(contact)
  const [confirm, setConfirm] = useState(false)
  const kind = kinds.find((k) => k.name === name)
  const start = useMutation({
    mutationFn: (order: ContentOrder) => read(server.POST('/v1/workspaces/{workspace}/content/generate', { params: { path: { workspace } }, body: order })),
    onSuccess: (started) => onStarted(started.run_id),
    onError: (error) => setConfirm(error instanceof ProblemError && error.code === 'content_low_score'),
  })
  const send = (data: FormData) =>
    start.mutate({
      kind: name,
      contact_id: reader,
      instructions: entry(data, 'instructions'),
      topic: entry(data, 'topic'),
      text: entry(data, 'text'),
      tone: tones.find((t) => t === entry(data, 'tone')),
      platform: platforms.find((p) => p === entry(data, 'platform')),
      page_type: pages.find((p) => p === entry(data, 'page_type')),
      steps: Number(entry(data, 'steps')) || undefined,
      deep: data.has('deep'),
      confirm,
    })
  return (
    <Dialog title="Have something written" onClose={onClose}>
      <Form label="Have something written" onSubmit={send}>
        {start.error && !confirm && <Banner tone="bad">{start.error.message}</Banner>}
        {confirm && <Banner tone="warn">{start.error?.message ?? 'This contact has a low score.'}</Banner>}
        <SelectField label="What" value={name} onChange={(e) => setName(e.target.value)} options={kinds.map((k) => ({ value: k.name, label: k.title }))} />
        {(kind?.mail || name === 'persona' || name === 'sequence') && <Reader id={reader} onChange={setReader} />}
        {kind?.mail && <SelectField label="Tone" name="tone" defaultValue="" options={[{ value: '', label: 'As the brand voice' }, ...named(tones)]} />}
        {['social_post', 'social_variations', 'hooks', 'campaign_plan'].includes(name) && <SelectField label="Platform" name="platform" options={named(platforms)} />}
        {name === 'landing_copy' && <SelectField label="Page" name="page_type" options={named(pages)} />}
        {name === 'sequence' && <TextField label="Letters" name="steps" type="number" min={1} max={10} defaultValue={5} />}
        {name === 'improve' || name === 'social_variations' ? <TextAreaField label="Text" name="text" rows={6} maxLength={8000} required /> : <TextField label="About" name="topic" maxLength={300} help="A few words, as they may stand in a sentence." />}
        <TextAreaField label="Instructions" name="instructions" rows={3} maxLength={2000} help="Figures and names in them may be used. Everything else must be a fact of the brand voice." />
        {kind?.deep && <Checkbox name="deep" label="Think longer; it costs more" />}
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" icon={PenLine} busy={start.isPending} disabled={kind?.mail && !reader}>
            {confirm ? 'Write all the same' : 'Write a draft'}
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}

/** Whom it is for: looked up by name. */
function Reader({ id, onChange }: { id: string | undefined; onChange: (id: string | undefined) => void }) {
  const workspace = useWorkspace()
  const [q, setQ] = useState('')
  const chosen = useQuery({ ...contactQuery(workspace, id ?? ''), enabled: id !== undefined })
  const found = useQuery({ ...searchQuery(workspace, q), enabled: q.trim().length > 1 && id === undefined })
  const contacts = found.data?.data.filter((h) => h.entity === 'contact') ?? []
  if (id !== undefined)
    return (
      <Row justify="between">
        <Text truncate dir="auto">
          For {chosen.data?.name ?? '…'}
        </Text>
        <Button size="small" variant="quiet" onClick={() => onChange(undefined)}>
          Somebody else
        </Button>
      </Row>
    )
  return (
    <Stack gap={2}>
      <TextField label="For" value={q} onChange={(e) => setQ(e.target.value)} help="Type a name." />
      {contacts.length > 0 && <Select label="Contacts found" defaultValue="" onChange={(e) => onChange(e.target.value || undefined)} options={[{ value: '', label: `${contacts.length} found: choose one` }, ...contacts.map((h) => ({ value: h.id, label: h.title }))]} />}
    </Stack>
  )
}
