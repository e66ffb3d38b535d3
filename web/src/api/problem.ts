export type FieldProblem = { pointer?: string; code?: string; message: string; allowed?: string[] }

type Document = { status?: number; title?: string; detail?: string; code?: string; request_id?: string; errors?: FieldProblem[] }

/** An answer of the server that says what is wrong, for a person or for a form. */
export class ProblemError extends Error {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly requestId: string
  readonly errors: FieldProblem[]

  constructor(status: number, document: Document) {
    super(document.detail ?? document.title ?? `The server answered ${status}.`)
    this.name = 'ProblemError'
    this.status = status
    this.code = document.code ?? 'unknown'
    this.title = document.title ?? 'Something is wrong'
    this.requestId = document.request_id ?? ''
    this.errors = document.errors ?? []
  }

  /** The message for one form field, by its JSON name. */
  field(name: string): string | undefined {
    return this.errors.find((e) => e.pointer === `/${name}` || e.pointer === name || e.pointer?.startsWith(`/${name}/`))?.message
  }
}

export async function problemFrom(response: Response): Promise<ProblemError> {
  const type = response.headers.get('content-type') ?? ''
  if (!type.includes('json')) return new ProblemError(response.status, { title: response.statusText })
  const document: Document = await response.json().catch(() => ({}))
  return new ProblemError(response.status, document)
}
