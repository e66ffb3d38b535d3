import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Sparkles } from 'lucide-react'
import { useState } from 'react'
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
    staleTime: 60_000,
  })

type DraftingProps = { thread: string; draft?: string; onDone: (draft: string, message: string | undefined) => void; onClose: () => void }

/** Asks how an answer shall be, has it drafted, and says when it lies there. */
export function Drafting({ thread, draft, onDone, onClose }: DraftingProps) {
  const workspace = useWorkspace()
  const client = useQueryClient()
  const [seen, setSeen] = useState<RunTrail>()
  const write = useMutation({
    mutationFn: async (data: FormData) => {
      setSeen(undefined)
      const tone = tones.find((t) => t.value === entry(data, 'tone'))?.value ?? 'professional'
      const { run_id } = await read(server.POST('/v1/workspaces/{workspace}/threads/{id}/draft-reply', { params: { path: { workspace, id: thread } }, body: { tone, instructions: entry(data, 'instructions') || undefined, draft_id: draft } }))
      const trail = await ended(() => client.fetchQuery({ ...runQuery(workspace, run_id), staleTime: 0 }), setSeen)
      const made = outcomeOf(trail)
      if (!made.draft) throw new Error(trail.error || 'No draft came of it.')
      await client.refetchQueries(draftsQuery(workspace, thread))
      return { id: made.draft, message: made.message }
    },
  })
  // Who has closed the dialog is not taken anywhere; the draft lies in the thread all the same.
  const submit = (data: FormData) => write.mutate(data, { onSuccess: ({ id, message }) => onDone(id, message) })
  const title = draft ? 'Improve the draft' : 'Draft a reply'
  return (
    <Dialog title={title} onClose={onClose}>
      <Form label={title} onSubmit={submit}>
        <SelectField label="Tone" name="tone" options={[...tones]} />
        <TextAreaField label={draft ? 'What should be different' : 'What it should say'} name="instructions" rows={4} maxLength={2000} help="In your words. The agent answers only what your side has written in this conversation; you read and send it." />
        {write.isError && <Banner tone="bad">{write.error.message}</Banner>}
        {write.isPending && <Banner>{words(seen)}</Banner>}
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" icon={Sparkles} busy={write.isPending}>
            {draft ? 'Improve' : 'Draft'}
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}

/** Looks at a run until it is over. */
async function ended(look: () => Promise<RunTrail>, tell: (run: RunTrail) => void): Promise<RunTrail> {
  const run = await look()
  tell(run)
  if (over(run)) return run
  await new Promise((resolve) => setTimeout(resolve, 700))
  return ended(look, tell)
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
