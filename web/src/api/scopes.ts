// Generated from the contract by scripts/scopes.mjs; do not edit.

/** Every scope that an API key can hold, by noun. */
export const scopes = [
  { noun: 'activity', acts: ['read', 'write', 'delete'] },
  { noun: 'api_key', acts: ['read'] },
  { noun: 'audit', acts: ['read'] },
  { noun: 'change', acts: ['read', 'write'] },
  { noun: 'company', acts: ['read', 'write', 'delete'] },
  { noun: 'contact', acts: ['read', 'write', 'delete'] },
  { noun: 'custom_field', acts: ['read', 'write', 'delete'] },
  { noun: 'draft', acts: ['read', 'write'] },
  { noun: 'import', acts: ['read', 'write'] },
  { noun: 'invitation', acts: ['read'] },
  { noun: 'mailbox', acts: ['read', 'write', 'delete'] },
  { noun: 'member', acts: ['read'] },
  { noun: 'message', acts: ['write'] },
  { noun: 'note', acts: ['read', 'write', 'delete'] },
  { noun: 'notification', acts: ['read', 'write'] },
  { noun: 'outbox', acts: ['read', 'write'] },
  { noun: 'run', acts: ['read'] },
  { noun: 'sender', acts: ['read', 'write', 'delete'] },
  { noun: 'tag', acts: ['read', 'write', 'delete'] },
  { noun: 'task', acts: ['read', 'write', 'delete'] },
  { noun: 'thread', acts: ['read', 'write'] },
  { noun: 'view', acts: ['read', 'write'] },
  { noun: 'workspace', acts: ['read', 'write'] },
]
