// Generated from the contract by scripts/scopes.mjs; do not edit.

/** Every scope that an API key can hold, by noun. */
export const scopes = [
  { noun: 'activity', acts: ['read', 'write', 'delete'] },
  { noun: 'api_key', acts: ['read', 'write', 'delete'] },
  { noun: 'change', acts: ['read', 'write'] },
  { noun: 'company', acts: ['read', 'write', 'delete'] },
  { noun: 'contact', acts: ['read', 'write', 'delete'] },
  { noun: 'custom_field', acts: ['read', 'write', 'delete'] },
  { noun: 'import', acts: ['read', 'write'] },
  { noun: 'mailbox', acts: ['read', 'write'] },
  { noun: 'member', acts: ['read', 'write', 'delete'] },
  { noun: 'message', acts: ['write'] },
  { noun: 'note', acts: ['read', 'write', 'delete'] },
  { noun: 'run', acts: ['read'] },
  { noun: 'tag', acts: ['read', 'write', 'delete'] },
  { noun: 'task', acts: ['read', 'write', 'delete'] },
  { noun: 'thread', acts: ['read', 'write'] },
  { noun: 'view', acts: ['read', 'write'] },
  { noun: 'workspace', acts: ['read', 'write', 'delete'] },
]
