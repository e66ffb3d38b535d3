import { useMutation } from '@tanstack/react-query'
import { read, server } from '../api/client'
import { ProblemError } from '../api/problem'
import type { NewCompany as Draft } from '../api/types'
import { useTouched, useWorkspace } from '../shell/session'
import { useToast } from '../shell/toasts'
import { Button } from '../ui/button'
import { Dialog } from '../ui/dialog'
import { entry, Form, FormActions, TextField } from '../ui/form'
import { Banner } from '../ui/state'

/** A small form for a company that no mail brought in. */
export function NewCompany({ onClose, onOpen }: { onClose: () => void; onOpen: (id: string) => void }) {
  const workspace = useWorkspace()
  const touched = useTouched()
  const toast = useToast()
  const create = useMutation({
    mutationFn: (body: Draft) => read(server.POST('/v1/workspaces/{workspace}/companies', { params: { path: { workspace } }, body })),
    onSuccess: (company) => {
      onClose()
      toast({ title: `Added ${company.name}`, action: { label: 'Open', run: () => onOpen(company.id) } })
      return touched('companies')
    },
  })
  const problem = create.error instanceof ProblemError ? create.error : undefined
  const submit = (data: FormData) => {
    create.mutate({ name: entry(data, 'name'), domain: entry(data, 'domain') || undefined, industry: entry(data, 'industry') || undefined })
  }
  return (
    <Dialog title="New company" onClose={onClose}>
      <Form label="New company" onSubmit={submit}>
        {create.error && !problem?.errors.length && <Banner tone="bad">{create.error.message}</Banner>}
        <TextField label="Name" name="name" autoFocus required error={problem?.field('name')} />
        <TextField label="Domain" name="domain" placeholder="example.com" help="People with an address there belong to it." error={problem?.field('domain')} />
        <TextField label="Industry" name="industry" error={problem?.field('industry')} />
        <FormActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={create.isPending}>
            Add company
          </Button>
        </FormActions>
      </Form>
    </Dialog>
  )
}
