import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { uploadMail } from '../api/upload'
import { useTouched, useWorkspace } from '../shell/session'
import { Button } from '../ui/button'
import { FileDrop } from '../ui/file-drop'
import { TextField } from '../ui/form'
import { Row, Stack } from '../ui/layout'
import { Progress } from '../ui/progress'
import { Banner } from '../ui/state'
import { fileSize } from '../ui/time'

/** Takes a mail file, sends it with progress, and opens the import. */
export function Uploader() {
  const workspace = useWorkspace()
  const navigate = useNavigate()
  const touched = useTouched()
  const [own, setOwn] = useState('')
  const [sending, setSending] = useState<{ file: File; sent: number; stop: AbortController }>()
  const send = useMutation({
    mutationFn: (file: File) => {
      const stop = new AbortController()
      setSending({ file, sent: 0, stop })
      const cleaned = own.split(/[\s,;]+/).filter(Boolean).join(',')
      return uploadMail({ workspace, file, own: cleaned, signal: stop.signal, onProgress: (sent) => setSending({ file, sent, stop }) })
    },
    onSuccess: async (created) => {
      await touched('imports')
      await navigate({ to: '/w/$workspace/imports/$id', params: { workspace, id: created.id } })
    },
    onSettled: () => setSending(undefined),
  })
  return (
    <Stack gap={4}>
      {send.error && <Banner tone="bad">{send.error.message}</Banner>}
      {sending ? (
        <Row gap={4}>
          <Stack grow>
            <Progress label={`Sending ${sending.file.name}`} value={sending.sent} max={sending.file.size || 1} note={`${fileSize(sending.sent)} of ${fileSize(sending.file.size)}`} />
          </Stack>
          <Button onClick={() => sending.stop.abort()}>Stop</Button>
        </Row>
      ) : (
        <FileDrop
          label="Drop a mailbox here, or choose one"
          accept=".mbox,.gz,.eml"
          onFiles={([file]) => {
            if (file) send.mutate(file)
          }}
        >
          mbox, mbox.gz or a single .eml. Dropping the same file again makes no duplicates.
        </FileDrop>
      )}
      <TextField
        label="More addresses of your own in this file"
        value={own}
        onChange={(e) => setOwn(e.target.value)}
        placeholder="you@old-company.example"
        help="Mail from these is yours, beside the addresses under Settings. They do not become contacts. Separate them by commas."
      />
    </Stack>
  )
}
