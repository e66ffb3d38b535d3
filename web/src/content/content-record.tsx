import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useBlocker, useNavigate } from '@tanstack/react-router'
import { ArrowLeft, Check, MailCheck, RotateCcw, Send, Trash2 } from 'lucide-react'
import { useMemo, useState } from 'react'
import { onlyVersion, read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import type { Content, ContentKind } from '../api/types'
import { useKeys } from '../shell/keys-provider'
import { useSession, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Button, IconButton } from '../ui/button'
import { Confirm } from '../ui/dialog'
import { EngineMark } from '../ui/engine'
import { entry, Form, FormActions, TextAreaField, TextField } from '../ui/form'
import { Beside, Page, Panel, Row, Scroll, Stack, Text } from '../ui/layout'
import { Banner, ErrorState, SkeletonLines } from '../ui/state'
import { BodyField } from './body-form'
import { Checks } from './checks'
import { Writing } from './progress'
import { draftQuery, kindsQuery } from './queries'
import { objectOf, partOf, shapeOf } from './shape'
import { Versions } from './versions'
import { Facts } from './voice'
import { ContentStatus } from './words'

const route = getRouteApi('/w/$workspace/content/$id')

/** One piece of content: its text, what the checks found, and all its versions. */
export function ContentRecord() {
  const { id } = route.useParams()
  const workspace = useWorkspace()
  const draft = useQuery(draftQuery(workspace, id))
  const kinds = useQuery(kindsQuery(workspace))
  const navigate = useNavigate()
  const toList = () => void navigate({ to: '/w/$workspace/content', params: { workspace }, search: {} })
  useKeys([{ keys: 'escape', label: 'Back to the content', group: 'Content', run: toList }])
  const back = <IconButton icon={ArrowLeft} label="All content" onClick={toList} />
  const failed = draft.error ?? kinds.error
  if (failed)
    return (
      <Page title="Content" back={back}>
        <ErrorState title="This could not be read" error={failed} onRetry={() => void draft.refetch()} />
      </Page>
    )
  const kind = kinds.data?.find((k) => k.name === draft.data?.kind)
  if (!draft.data || !kind)
    return (
      <Page title="Content" back={back}>
        <SkeletonLines count={10} />
      </Page>
    )
  return <Editor key={`${id} ${draft.data.version}`} draft={draft.data} kind={kind} back={back} onGone={toList} />
}

type EditorProps = { draft: Content; kind: ContentKind; back: React.ReactNode; onGone: () => void }

function Editor({ draft, kind, back, onGone }: EditorProps) {
  const { canWrite } = useSession()
  const [body, setBody] = useState<unknown>(draft.body)
  const [title, setTitle] = useState(draft.title)
  const [facts, setFacts] = useState(draft.facts)
  const [run, setRun] = useState<string>()
  const shape = useMemo(() => shapeOf(kind.schema), [kind])
  const faults = useMemo(() => new Map(draft.findings.filter((f) => f.level === 'error').map((f) => [f.path, f.text])), [draft])
  const open = draft.status !== 'sent' && draft.status !== 'archived'
  const dirty = body !== draft.body || title !== draft.title || facts !== draft.facts
  const { save, move, remove } = useChanges(draft, onGone)
  useBlocker({ shouldBlockFn: () => dirty && !save.isPending && !window.confirm('Leave without saving?'), disabled: !dirty, enableBeforeUnload: dirty })
  const store = () => save.mutate({ title, body: objectOf(body), facts: facts.filter((f) => f.text.trim() !== '') })
  useKeys([{ keys: 'mod+s', label: 'Save', group: 'Content', run: () => dirty && store() }])
  const heading = (
    <>
      <Text truncate dir="auto">
        {draft.title}
      </Text>
      <ContentStatus status={draft.status} />
      {draft.engine && <EngineMark engine={draft.engine} version={null} degraded={draft.degraded} />}
    </>
  )
  const error = save.error ?? move.error
  return (
    <Page title={heading} back={back} actions={canWrite && <Moves draft={draft} kind={kind} dirty={dirty} busy={move.isPending} onMove={move.mutate} onRemove={() => remove.mutate()} />}>
      <Scroll>
        <Beside label="About this text" aside={<Aside draft={draft} canWrite={canWrite && open && !dirty} facts={facts} onFacts={canWrite && open ? setFacts : undefined} onRun={setRun} />}>
          <Stack gap={4}>
            {run && <Writing run={run} onDone={() => setRun(undefined)} />}
            {error && <Banner tone="bad">{wordsOf(error)}</Banner>}
            {draft.status === 'sent' && <Banner tone="good">Sent. It stays as it is; make another draft to write again.</Banner>}
            <Panel title={kind.title} actions={<About draft={draft} />}>
              <Stack gap={4}>
                <TextField label="Title" value={title} maxLength={300} disabled={!canWrite || !open} dir="auto" help="For your own lists; no reader sees it." onChange={(e) => setTitle(e.target.value)} />
                <BodyField label={kind.title} shape={shape} value={body} path="" faults={dirty ? new Map() : faults} disabled={!canWrite || !open} onChange={setBody} />
                {canWrite && open && (
                  <Row gap={2} justify="end">
                    {dirty && (
                      <Button
                        variant="quiet"
                        onClick={() => {
                          setBody(draft.body)
                          setTitle(draft.title)
                          setFacts(draft.facts)
                        }}
                      >
                        Discard
                      </Button>
                    )}
                    <Button variant={dirty ? 'primary' : 'secondary'} icon={Check} disabled={!dirty} busy={save.isPending} onClick={store}>
                      Save
                    </Button>
                  </Row>
                )}
              </Stack>
            </Panel>
          </Stack>
        </Beside>
      </Scroll>
    </Page>
  )
}

function wordsOf(error: Error): string {
  if (!(error instanceof ProblemError) || error.errors.length === 0) return error.message
  return `${error.message} ${error.errors.map((e) => e.message).join(' ')}`
}

function About({ draft }: { draft: Content }) {
  const workspace = useWorkspace()
  if (!draft.contact_id) return null
  return (
    <Text size={13} tone="muted">
      For{' '}
      <Link to="/w/$workspace/contacts/$id" params={{ workspace, id: draft.contact_id }}>
        {draft.contact_name ?? 'a contact'}
      </Link>
      {draft.score !== null && `, ${draft.score} of 100 personal`}
    </Text>
  )
}

export type Move = 'submit' | 'approve' | { send: number }

/** The changes that can be made of a draft. */
function useChanges(draft: Content, onGone: () => void) {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const toast = useToast()
  const path = { workspace, id: draft.id }
  const changed = () => client.invalidateQueries({ queryKey: [workspace, 'contents'] })
  const params = { path, header: onlyVersion(draft.version) }
  const save = useMutation({
    mutationFn: (patch: { title: string; body: Record<string, unknown>; facts: Content['facts'] }) => read(server.PATCH('/v1/workspaces/{workspace}/content/{id}', { params, body: patch })),
    onSuccess: (saved) => {
      toast({ title: saved.errors > 0 ? 'Saved; the checks found something' : 'Saved' })
      return changed()
    },
  })
  const move = useMutation({
    mutationFn: (to: Move) => {
      if (to === 'submit') return read(server.POST('/v1/workspaces/{workspace}/content/{id}/submit', { params }))
      if (to === 'approve') return read(server.POST('/v1/workspaces/{workspace}/content/{id}/approve', { params }))
      return read(server.POST('/v1/workspaces/{workspace}/content/{id}/send', { params, body: { subject: to.send } }))
    },
    onSuccess: (moved) => {
      toast({ title: moved.status === 'sent' ? 'On its way; it can be taken back in the inbox for 10 seconds' : moved.status === 'approved' ? 'Approved' : 'In review' })
      return changed()
    },
  })
  const remove = useMutation({
    mutationFn: () => server.DELETE('/v1/workspaces/{workspace}/content/{id}', { params: { path } }),
    onSuccess: () => {
      toast({ title: 'Deleted', action: { label: 'Undo', run: () => void server.POST('/v1/workspaces/{workspace}/content/{id}/restore', { params: { path } }).then(changed) } })
      onGone()
      return changed()
    },
  })
  return { save, move, remove }
}

type MovesProps = { draft: Content; kind: ContentKind; dirty: boolean; busy: boolean; onMove: (to: Move) => void; onRemove: () => void }

/** What comes next for a draft. */
function Moves({ draft, kind, dirty, busy, onMove, onRemove }: MovesProps) {
  const { isAdmin } = useSession()
  const [sending, setSending] = useState(false)
  const [subject, setSubject] = useState(0)
  const lines = partOf(draft.body, 'subject_lines')
  const subjects = Array.isArray(lines) ? lines.map(String) : []
  const held = dirty || draft.errors > 0
  const why = dirty ? 'Save first.' : draft.errors > 0 ? 'Mend what the checks found first.' : undefined
  return (
    <>
      {draft.status === 'draft' && (
        <Button variant="primary" icon={Send} busy={busy} disabled={held} title={why ?? 'Give it to review'} onClick={() => onMove('submit')}>
          Submit
        </Button>
      )}
      {draft.status === 'in_review' && isAdmin && (
        <Button icon={Check} busy={busy} disabled={held} title={why} onClick={() => onMove('approve')}>
          Approve
        </Button>
      )}
      {(draft.status === 'in_review' || draft.status === 'approved') && kind.mail && (
        <Button variant="primary" icon={MailCheck} busy={busy} disabled={held} title={why} onClick={() => setSending(true)}>
          Send
        </Button>
      )}
      {draft.status !== 'sent' && <IconButton icon={Trash2} label="Delete" onClick={onRemove} />}
      {sending && (
        <Confirm title={`Send to ${draft.contact_name ?? 'the contact'}?`} action="Send" busy={busy} onClose={() => setSending(false)} onConfirm={() => (setSending(false), onMove({ send: subject }))}>
          <Stack gap={2}>
            <Text>With which subject?</Text>
            {subjects.map((s, i) => (
              <Row key={s} gap={2}>
                <input type="radio" id={`subject-${i}`} name="subject" checked={i === subject} onChange={() => setSubject(i)} />
                <label htmlFor={`subject-${i}`} dir="auto">
                  {s}
                </label>
              </Row>
            ))}
          </Stack>
        </Confirm>
      )}
    </>
  )
}

type AsideProps = { draft: Content; canWrite: boolean; facts: Content['facts']; onFacts?: (facts: Content['facts']) => void; onRun: (run: string) => void }

function Aside({ draft, canWrite, facts, onFacts, onRun }: AsideProps) {
  return (
    <Stack gap={4}>
      <Checks findings={draft.findings} />
      {canWrite && <Again id={draft.id} onRun={onRun} />}
      <Panel title="Facts for this text">
        <Stack gap={3}>
          {draft.brief && (
            <Text size={13} tone="muted" dir="auto">
              Asked for: {draft.brief}
            </Text>
          )}
          <Facts facts={facts} disabled={!onFacts} onChange={(f) => onFacts?.(f)} />
        </Stack>
      </Panel>
      <Versions draft={draft} canRevert={canWrite} />
    </Stack>
  )
}

/** Has the agent write a new version. */
function Again({ id, onRun }: { id: string; onRun: (run: string) => void }) {
  const workspace = useWorkspace()
  const [round, setRound] = useState(0)
  const ask = useMutation({
    mutationFn: (feedback: string) => read(server.POST('/v1/workspaces/{workspace}/content/{id}/iterate', { params: { path: { workspace, id } }, body: { feedback } })),
    onSuccess: (started) => {
      setRound(round + 1)
      onRun(started.run_id)
    },
  })
  return (
    <Panel title="Ask for a change">
      <Form key={round} label="Ask for a change" onSubmit={(data) => ask.mutate(entry(data, 'feedback'))}>
        {ask.error && <Banner tone="bad">{ask.error.message}</Banner>}
        <TextAreaField label="What shall be different?" name="feedback" rows={2} maxLength={2000} required />
        <FormActions>
          <Button type="submit" icon={RotateCcw} busy={ask.isPending}>
            Write anew
          </Button>
        </FormActions>
      </Form>
    </Panel>
  )
}
