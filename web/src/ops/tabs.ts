/** The pages of operations, as addresses and people name them. */
export const tabs = [
  { id: 'overview', label: 'Overview', title: 'Operations' },
  { id: 'traces', label: 'Traces', title: 'Traces' },
  { id: 'errors', label: 'Errors', title: 'Errors' },
  { id: 'alerts', label: 'Alerts', title: 'Alerts and promises' },
  { id: 'incidents', label: 'Incidents', title: 'Incidents' },
  { id: 'profiles', label: 'Profiles', title: 'Profiles and statements' },
] as const
