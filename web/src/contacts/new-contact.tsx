import { useMutation } from '@tanstack/react-query'
import { read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import type { NewContact as Draft } from '../api/types'
import { statuses } from '../record/words'
import { useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Button, TextButton } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { entry, Form, FormActions, SelectField, TextField } from '../ui/form'
import { Banner } from '../ui/state'

/** A small form for a person that no mail brought in. */
export function NewContact({ onClose, onOpen }: { onClose: () => void; onOpen: (id: string) => void }) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const create = useMutation({
    mutationFn: (body: Draft) => read(server.POST('/v1/workspaces/{workspace}/contacts', { params: { path: { workspace } }, body })),
    onSuccess: (contact) => {
      onClose()
      toast({ title: `Added ${contact.name}`, action: { label: 'Open', run: () => onOpen(contact.id) } })
      return touched('contacts')
    },
  })
  const problem = create.error instanceof ProblemError ? create.error : undefined
  const existing = problem?.code === 'duplicate_email' ? problem.errors[0]?.allowed?.[0] : undefined
  const submit = (data: FormData) => {
    const given = (name: string) => entry(data, name) || undefined
    const status = statuses.find((s) => s.value === entry(data, 'status'))?.value ?? 'prospect'
    create.mutate({ name: entry(data, 'name'), email: given('email'), title: given('title'), phone: given('phone'), status })
  }
  return (
    <Dialog title="New contact" onClose={onClose}>
      <Form label="New contact" onSubmit={submit}>
        {existing && (
          <Banner tone="warn" actions={<TextButton onClick={() => onOpen(existing)}>Open that contact</TextButton>}>
            Someone has this address already.
          </Banner>
        )}
        {create.error && !problem?.errors.length && <Banner tone="bad">{create.error.message}</Banner>}
        <TextField label="Name" name="name" autoFocus required error={problem?.field('name')} />
        <TextField label="Email" name="email" type="email" error={problem?.field('email') ?? problem?.field('emails')} />
        <TextField label="Title" name="title" error={problem?.field('title')} />
        <TextField label="Phone" name="phone" type="tel" error={problem?.field('phone')} />
        <SelectField label="Status" name="status" options={statuses} defaultValue="prospect" />
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={create.isPending}>
            Add contact
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}
