// Runs by itself before the scripts of the pages are there: it imports nothing.

/** How many rows of a list are asked for at a time. */
export const pageSize = 100

/** The order of a list whose address names none. */
export const usualSort = { contacts: '-last_interaction_at', companies: 'name' }

const asked = new Map<string, Promise<Response>>()

/** What the page at an address reads first. Whoever narrows a list down knows its address only later. */
export function wanted({ pathname, search }: { pathname: string; search: string }): string[] {
  const [, place, page] = /^\/w\/([^/]+)\/(contacts|companies|inbox)\/?$/.exec(pathname) ?? []
  if (place === undefined || page === undefined) return []
  const root = `/v1/workspaces/${place}`
  if (page === 'inbox') {
    const [, folder = 'needs_reply'] = /^(?:\?folder=(\w+))?$/.exec(search) ?? [undefined, '']
    return folder ? ['/v1/me', `${root}/threads?folder=${folder}&sort=-last_message_at&limit=${pageSize}`] : ['/v1/me']
  }
  const kind = page === 'contacts' ? page : 'companies'
  return search ? ['/v1/me'] : ['/v1/me', `${root}/${kind}?sort=${usualSort[kind]}&limit=${pageSize}`]
}

/** The answer to a request that was sent early, once. */
export function early(url: string): Promise<Response> | undefined {
  const answer = asked.get(url)
  asked.delete(url)
  return answer
}

/** Who does not take an answer soon wants a newer one. */
const patience = 5_000

function ask(path: string): void {
  const answer = fetch(path, { headers: { Accept: 'application/json' } })
  answer.catch(() => undefined) // whoever takes it hears of it
  asked.set(new URL(path, location.href).href, answer)
}

// Without this cookie nobody is signed in.
if (typeof document !== 'undefined' && document.cookie.includes('rapport_csrf=')) {
  wanted(location).forEach(ask)
  setTimeout(() => asked.clear(), patience)
}
