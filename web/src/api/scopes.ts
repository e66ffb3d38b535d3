// Generated from the contract by scripts/scopes.mjs; do not edit.

/** Every scope that an API key can hold, by noun. */
export const scopes = [
  { noun: 'api_key', acts: ['read'] },
  { noun: 'audit', acts: ['read'] },
  { noun: 'change', acts: ['read', 'write'] },
  { noun: 'company', acts: ['read', 'write', 'delete'] },
  { noun: 'contact', acts: ['read', 'write', 'delete'] },
  { noun: 'custom_field', acts: ['read', 'write', 'delete'] },
  { noun: 'import', acts: ['read', 'write'] },
  { noun: 'invitation', acts: ['read'] },
  { noun: 'mailbox', acts: ['read', 'write'] },
  { noun: 'member', acts: ['read'] },
  { noun: 'message', acts: ['write'] },
  { noun: 'run', acts: ['read'] },
  { noun: 'tag', acts: ['read', 'write', 'delete'] },
  { noun: 'thread', acts: ['read', 'write'] },
  { noun: 'view', acts: ['read', 'write'] },
  { noun: 'workspace', acts: ['read', 'write'] },
]
