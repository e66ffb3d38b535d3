import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { onlyVersion, read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import type { BrandVoice, Fact } from '../api/types'
import { useSession, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Button, IconButton } from '../ui/button'
import { entry, Fieldset, Form, FormActions, TextAreaField, TextField } from '../ui/form'
import { Grow, Panel, Row, Stack, Text } from '../ui/layout'
import { Banner, ErrorState, SkeletonLines } from '../ui/state'
import { voiceQuery } from './queries'

/** How the workspace sounds, and what it may claim. */
export function Voice() {
  const voice = useQuery(voiceQuery(useWorkspace()))
  if (voice.isPending) return <SkeletonLines count={8} />
  if (voice.isError) return <ErrorState title="The brand voice could not be read" error={voice.error} onRetry={() => void voice.refetch()} />
  return <VoiceForm key={voice.data.version ?? 0} voice={voice.data} />
}

const lines = (text: string) =>
  text
    .split('\n')
    .map((l) => l.trim())
    .filter(Boolean)

function VoiceForm({ voice }: { voice: BrandVoice }) {
  const workspace = useWorkspace()
  const { isAdmin } = useSession()
  const client = useQueryClient()
  const toast = useToast()
  const [facts, setFacts] = useState(voice.facts)
  const save = useMutation({
    mutationFn: (data: FormData) =>
      read(
        server.PUT('/v1/workspaces/{workspace}/brand-voice', {
          params: { path: { workspace }, header: onlyVersion(voice.version ?? 0) },
          body: {
            tone_words: lines(entry(data, 'tone').replaceAll(',', '\n')),
            dos: lines(entry(data, 'dos')),
            donts: lines(entry(data, 'donts')),
            facts: facts.filter((f) => f.text.trim() !== ''),
            signature: entry(data, 'signature'),
            domains: lines(entry(data, 'domains')),
          },
        }),
      ),
    onSuccess: () => {
      toast({ title: 'The brand voice is saved' })
      return client.invalidateQueries(voiceQuery(workspace))
    },
  })
  const errors = save.error instanceof ProblemError ? save.error.errors : []
  const of = (name: string) => errors.find((e) => e.pointer?.includes(name))?.message
  return (
    <Form label="Brand voice" onSubmit={(data) => save.mutate(data)}>
      {save.error && errors.length === 0 && <Banner tone="bad">{save.error.message}</Banner>}
      {!isAdmin && <Banner>Admins and owners change the brand voice.</Banner>}
      <Panel title="Facts">
        <Stack gap={3}>
          <Text tone="muted">All that texts may claim: figures, customers, prices, terms. What stands here may be said; what does not is refused by the checks.</Text>
          <Facts facts={facts} disabled={!isAdmin} error={of('/facts')} onChange={setFacts} />
        </Stack>
      </Panel>
      <Panel title="Voice">
        <Stack gap={3}>
          <TextField label="How it sounds" name="tone" defaultValue={voice.tone_words.join(', ')} help="A few words: calm, precise, friendly." disabled={!isAdmin} error={of('/tone_words')} />
          <TextAreaField label="Always" name="dos" rows={3} defaultValue={voice.dos.join('\n')} help="One a line." disabled={!isAdmin} error={of('/dos')} />
          <TextAreaField label="Words that are never used" name="donts" rows={3} defaultValue={voice.donts.join('\n')} help="One a line." disabled={!isAdmin} error={of('/donts')} />
          <TextAreaField label="Signature" name="signature" rows={3} defaultValue={voice.signature} disabled={!isAdmin} error={of('/signature')} />
          <TextAreaField label="Where links may lead" name="domains" rows={2} defaultValue={voice.domains.join('\n')} help="Hosts, one a line: example.com. Nothing else is linked." disabled={!isAdmin} error={of('/domains')} />
        </Stack>
      </Panel>
      {isAdmin && (
        <FormActions>
          <Button type="submit" variant="primary" busy={save.isPending}>
            Save
          </Button>
        </FormActions>
      )}
    </Form>
  )
}

type FactsProps = { facts: Fact[]; disabled: boolean; error?: string; onChange: (facts: Fact[]) => void }

/** A list of facts. Each has a name of its own, by which proofs cite it. */
export function Facts({ facts, disabled, error, onChange }: FactsProps) {
  const free = () => {
    const taken = new Set(facts.map((f) => f.id))
    let n = facts.length + 1
    while (taken.has(`fact-${n}`)) n++
    return `fact-${n}`
  }
  return (
    <Fieldset legend="What is so">
      <Stack gap={2}>
        {error && <Text tone="bad">{error}</Text>}
        {facts.map((f, i) => (
          <Row key={f.id} gap={2} align="baseline">
            <Grow>
              <TextField label={`Fact ${i + 1}`} value={f.text} maxLength={500} disabled={disabled} dir="auto" onChange={(e) => onChange(facts.map((x) => (x.id === f.id ? { ...x, text: e.target.value } : x)))} />
            </Grow>
            {!disabled && <IconButton icon={X} size="small" label={`Remove fact ${i + 1}`} onClick={() => onChange(facts.filter((x) => x.id !== f.id))} />}
          </Row>
        ))}
        {!disabled && (
          <Row>
            <Button size="small" variant="quiet" icon={Plus} onClick={() => onChange([...facts, { id: free(), text: '' }])}>
              Add a fact
            </Button>
          </Row>
        )}
      </Stack>
    </Fieldset>
  )
}
