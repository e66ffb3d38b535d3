import type { ProblemError } from '../../api/problem'
import { SelectField, TextField } from '../../ui/form'
import { FieldRow } from '../../ui/rows'
import type { MailServer } from '../../api/types'
import { usualPort } from './hosts'

const securities: { value: MailServer['security']; label: string }[] = [
  { value: 'tls', label: 'TLS' },
  { value: 'starttls', label: 'STARTTLS' },
  { value: 'none', label: 'None' },
]

type Props = { kind: 'imap' | 'smtp'; label: string; server: MailServer; onChange: (server: MailServer) => void; problem?: ProblemError; placeholder?: string }

/** Host, port and protection of a server; the port follows the protection until somebody changes it. */
export function ServerFields({ kind, label, server, onChange, problem, placeholder }: Props) {
  const secure = (value: string) => {
    const security = securities.find((s) => s.value === value)?.value ?? 'tls'
    const usual = server.port === usualPort(kind, server.security)
    onChange({ ...server, security, port: usual ? usualPort(kind, security) : server.port })
  }
  return (
    <FieldRow>
      <TextField label={label} value={server.host} placeholder={placeholder} spellCheck={false} autoCapitalize="off" onChange={(e) => onChange({ ...server, host: e.target.value })} error={problem?.field(`${kind}/host`)} />
      <TextField
        label="Port"
        inputMode="numeric"
        value={server.port || ''}
        onChange={(e) => onChange({ ...server, port: Math.min(65_535, Number(e.target.value.replaceAll(/\D/g, ''))) })}
        error={problem?.field(`${kind}/port`)}
      />
      <SelectField label="Protection" options={securities} value={server.security} onChange={(e) => secure(e.target.value)} error={problem?.field(`${kind}/security`)} />
    </FieldRow>
  )
}
