import { CalendarClock, CheckCheck, ChevronUp, Send as SendIcon, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Letter } from '../api/outgoing'
import type { Draft, Mode, Sender } from '../api/types'
import { useToast } from '../shell/toasts'
import { isAddress } from '../ui/addresses'
import { Button, IconButton, TextButton } from '../ui/button'
import { AttachedFiles, ComposerBox, ComposerFoot, ComposerMore, ComposerRow, Editor, FootSpace, LineInput, LineSelect, PickFiles, QuotedText, SignatureText, SplitButton } from '../ui/composer'
import { Checkbox } from '../ui/form'
import { MenuButton } from '../ui/menu'
import { useAttachments } from './attach'
import { WhenChooser } from './choosers'
import { useDraft } from './draft'
import { assembled, marked, obstacle, written } from './letter'
import { recipients, useDropDraft, useSend } from './outgoing'
import { PeopleField } from './people-field'

export type Start = { letter: Letter; quoted: string; original: { filename: string }[]; draft?: Draft }
type ComposerProps = { start: Start; senders: Sender[]; full?: boolean; onClose: () => void; onSent?: (done: boolean) => void }

const titles: Record<Mode, string> = { new: 'New mail', reply: 'Reply', reply_all: 'Reply to all', forward: 'Forward' }

/** Writes a mail: new, an answer or a forwarded one. What is written is kept as a draft; what is sent can be had back for a moment. */
export function Composer({ start, senders, full, onClose, onSent }: ComposerProps) {
  const toast = useToast()
  const send = useSend()
  const drop = useDropDraft()
  const [letter, setLetter] = useState(() => begun(start, senders))
  const [copies, setCopies] = useState({ cc: letter.cc.length > 0, bcc: letter.bcc.length > 0 })
  const [whole, setWhole] = useState(true)
  const [planning, setPlanning] = useState(false)
  const sender = senders.find((s) => s.id === letter.sender_id)
  const draft = useDraft(start.draft, { ...letter, attachments: start.draft?.attachments.map((a) => a.id) ?? [] })
  const files = useAttachments(start.draft?.attachments ?? [], (attachments) => draft.changed({ attachments }))
  const change = (part: Partial<Letter>) => {
    setLetter((old) => ({ ...old, ...part }))
    draft.changed(part)
  }
  const hand = async (extra: { send_at?: string; done?: boolean } = {}) => {
    const wrong = obstacle({ ...letter, isAddress }) ?? (files.pending ? 'The files are still on their way.' : undefined)
    if (wrong) return toast({ title: 'Not sent', detail: wrong, tone: 'bad' })
    const kept = await draft.end()
    const text = assembled(letter.text, sender?.signature ?? '', start.quoted)
    try {
      await send.mutateAsync({ ...letter, text, format: marked(letter.text) ? 'markdown' : 'text', attachments: files.ids, forward_attachments: start.original.length > 0 && whole, draft_id: kept?.id, send_at: extra.send_at })
      onClose()
      onSent?.(extra.done ?? false)
    } catch (error) {
      draft.resume()
      toast({ title: 'Not sent; everything you wrote is still here', detail: error instanceof Error ? error.message : undefined, tone: 'bad' })
    }
  }
  const discard = async () => {
    const kept = await draft.end()
    onClose()
    if (kept) drop.mutate(kept)
  }
  return (
    <ComposerBox label={titles[letter.mode]} full={full} title={full ? letter.subject || 'New mail' : `${titles[letter.mode]}${letter.to.length > 0 ? ` to ${recipients(letter.to)}` : ''}`} note={draft.saved.words} onSend={() => void hand()} onClose={onClose} onFiles={files.add}>
      <ComposerRow
        label="To"
        side={
          <>
            {!copies.cc && <TextButton onClick={() => setCopies({ ...copies, cc: true })}>Cc</TextButton>}
            {!copies.bcc && <TextButton onClick={() => setCopies({ ...copies, bcc: true })}>Bcc</TextButton>}
          </>
        }
      >
        <PeopleField label="To" value={letter.to} onChange={(to) => change({ to })} autoFocus={letter.to.length === 0} />
      </ComposerRow>
      {copies.cc && (
        <ComposerRow label="Cc">
          <PeopleField label="Cc" value={letter.cc} onChange={(cc) => change({ cc })} />
        </ComposerRow>
      )}
      {copies.bcc && (
        <ComposerRow label="Bcc">
          <PeopleField label="Bcc" value={letter.bcc} onChange={(bcc) => change({ bcc })} />
        </ComposerRow>
      )}
      {senders.length > 1 && (
        <ComposerRow label="From">
          <LineSelect label="From" value={letter.sender_id ?? ''} onChange={(e) => change({ sender_id: e.target.value })} options={senders.map((s) => ({ value: s.id, label: `${s.name} <${s.address}>${s.state === 'trouble' ? ' (has trouble sending)' : ''}` }))} />
        </ComposerRow>
      )}
      {(full || letter.mode === 'forward') && (
        <ComposerRow label="Subject">
          <LineInput label="Subject" value={letter.subject} onChange={(subject) => change({ subject })} />
        </ComposerRow>
      )}
      <Editor label="Text" value={letter.text} onChange={(text) => change({ text })} autoFocus={letter.to.length > 0} placeholder="Write…" />
      <ComposerMore>
        {sender?.signature && <SignatureText>{sender.signature}</SignatureText>}
        {start.quoted && <QuotedText>{start.quoted}</QuotedText>}
        {start.original.length > 0 && <Checkbox label={`With the files of the original: ${start.original.map((f) => f.filename).join(', ')}`} checked={whole} onChange={setWhole} />}
        <AttachedFiles files={files.files} onRemove={files.remove} />
      </ComposerMore>
      <ComposerFoot>
        <SplitButton>
          <Button variant="primary" icon={SendIcon} busy={send.isPending} title="Ctrl or Cmd and Enter" onClick={() => void hand()}>
            Send
          </Button>
          <MenuButton
            label="Other ways to send"
            look="primary"
            square
            entries={[
              ...(onSent ? [{ id: 'done', label: 'Send, and mark done', icon: CheckCheck, onAction: () => void hand({ done: true }) }] : []),
              { id: 'later', label: 'Send later…', icon: CalendarClock, onAction: () => setPlanning(true) },
            ]}
          >
            <ChevronUp size={16} strokeWidth={1.5} aria-hidden />
          </MenuButton>
        </SplitButton>
        <PickFiles label="Attach files" onFiles={files.add} />
        <FootSpace />
        <IconButton icon={Trash2} label="Throw the draft away" onClick={() => void discard()} />
      </ComposerFoot>
      {planning && <WhenChooser title="Send later" about={`Send “${letter.subject || 'No subject'}”`} verb="Send then" onChoose={(at) => void hand({ send_at: at })} onClose={() => setPlanning(false)} />}
    </ComposerBox>
  )
}

function begun({ letter, quoted, draft }: Start, senders: Sender[]): Letter {
  const from = draft ?? letter
  const sender = senders.find((s) => s.id === from.sender_id) ?? senders.find((s) => s.is_default) ?? senders[0]
  const { mode, to, cc, bcc, subject } = from
  return { mode, message_id: from.message_id ?? undefined, sender_id: sender?.id, to, cc, bcc, subject, text: written(from.text, sender?.signature ?? '', quoted) }
}
