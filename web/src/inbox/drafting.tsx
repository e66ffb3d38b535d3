import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Sparkles } from 'lucide-react'
import { useEffect, useState } from 'react'
import { read, server } from '../api/client'
import type { Draft, RunTrail } from '../api/types'
import { useWorkspace } from '../shell/session'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { engineName } from '../ui/engine-name'
import { entry, Form, FormActions, SelectField, TextAreaField } from '../ui/form'
import { Stack, Text } from '../ui/layout'
import { Banner } from '../ui/state'
import { outcomeOf, over } from './drafted'
import { draftsQuery } from './outgoing'

const tones = [
  { value: 'professional', label: 'Professional' },
  { value: 'friendly', label: 'Friendly' },
  { value: 'brief', label: 'Brief' },
] as const

const runQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'runs', 'drafting', id],
    queryFn: ({ signal }) => read(server.GET('/v1/workspaces/{workspace}/runs/{id}', { params: { path: { workspace, id } }, signal })),
    refetchInterval: (query) => (query.state.data && over(query.state.data) ? false : 700),
    staleTime: 60_000,
  })

type DraftingProps = { thread: string; draft?: string; onDone: (draft: string, message: string | undefined) => void; onClose: () => void }

/** Asks how an answer shall be, has it drafted, and says when it lies there. */
export function Drafting({ thread, draft, onDone, onClose }: DraftingProps) {
  const workspace = useWorkspace()
  const [run, setRun] = useState<string>()
  const start = useMutation({
    mutationFn: (data: FormData) => {
      const tone = tones.find((t) => t.value === entry(data, 'tone'))?.value ?? 'professional'
      return read(server.POST('/v1/workspaces/{workspace}/threads/{id}/draft-reply', { params: { path: { workspace, id: thread } }, body: { tone, instructions: entry(data, 'instructions') || undefined, draft_id: draft } }))
    },
    onSuccess: ({ run_id }) => setRun(run_id),
  })
  const title = draft ? 'Improve the draft' : 'Draft a reply'
  return (
    <Dialog title={title} onClose={onClose}>
      <Form label={title} onSubmit={(data) => start.mutate(data)}>
        <SelectField label="Tone" name="tone" options={[...tones]} />
        <TextAreaField label={draft ? 'What should be different' : 'What it should say'} name="instructions" rows={4} maxLength={2000} help="In your words. The agent answers only what your side has written in this conversation; you read and send it." />
        {start.isError && <Banner tone="bad">{start.error.message}</Banner>}
        {run && <Progressing run={run} thread={thread} onDone={onDone} />}
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" icon={Sparkles} busy={start.isPending || (run !== undefined && !start.isError)}>
            {draft ? 'Improve' : 'Draft'}
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}

/** How far a run is; what it drafted is opened when it is over. */
function Progressing({ run, thread, onDone }: { run: string; thread: string; onDone: DraftingProps['onDone'] }) {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const state = useQuery(runQuery(workspace, run))
  const made = state.data && over(state.data) ? outcomeOf(state.data) : undefined
  const draft = made?.draft
  useDone(draft, async (id) => {
    await client.refetchQueries(draftsQuery(workspace, thread))
    onDone(id, made?.message)
  })
  if (state.isError) return <Banner tone="bad">{state.error.message}</Banner>
  if (state.data && over(state.data) && !draft) return <Banner tone="bad">{state.data.error || 'No draft came of it.'}</Banner>
  return <Banner>{words(state.data)}</Banner>
}

/** Calls once, when there is something. */
function useDone(id: string | undefined, done: (id: string) => Promise<void>) {
  const [told, setTold] = useState(false)
  useEffect(() => {
    if (!id || told) return
    setTold(true)
    void done(id)
  }, [id, told, done])
}

function words(run: RunTrail | undefined): string {
  const steps = run?.steps.length ?? 0
  if (steps === 0) return 'Waiting for its turn…'
  return steps === 1 ? 'Reading the conversation…' : steps === 2 ? 'Writing…' : 'Checked; putting it into your drafts…'
}

/** Says of a draft that an agent wrote it, with what it answers, what is missing, and a way to a better one. */
export function DraftedNote({ draft, onImprove }: { draft: Draft & { run_id: string }; onImprove: () => void }) {
  const run = useQuery(runQuery(useWorkspace(), draft.run_id))
  const made = run.data && outcomeOf(run.data)
  return (
    <Banner
      actions={
        <Button icon={Sparkles} onClick={onImprove}>
          Improve
        </Button>
      }
    >
      <Stack gap={1}>
        <Text size={13} weight={600}>
          Drafted by the email agent{made?.engine ? `, ${engineName(made.engine)}` : ''}
          {made?.degraded ? ' (in place of a model)' : ''}. Read it before you send it.
        </Text>
        {made?.answers.map((a) => (
          <Text as="p" key={a.quote} size={12} tone="muted">
            “{a.quote}”: {treated[a.treated] ?? a.treated}
          </Text>
        ))}
        {made?.gaps.map((gap) => (
          <Text as="p" key={gap} size={12} tone="warn">
            {gap}
          </Text>
        ))}
      </Stack>
    </Banner>
  )
}

const treated: Record<string, string> = { answered: 'answered from what your side wrote', asked: 'asked back', deferred: 'left to you' }
