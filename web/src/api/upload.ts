import { csrfToken } from './client'
import { ProblemError } from './problem'
import { root } from './queries'
import type { Import } from './types'

type Upload = { workspace: string; file: File; own: string; signal: AbortSignal; onProgress: (sent: number) => void }

/** Sends a mail file as the raw body of a POST and hears of bytes sent. Fetch cannot report that, so this is XHR. */
export function uploadMail({ workspace, file, own, signal, onProgress }: Upload): Promise<Import> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', `${root(workspace)}/imports?${new URLSearchParams({ filename: file.name, ...(own && { own }) })}`)
    request.setRequestHeader('X-CSRF-Token', csrfToken())
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.upload.addEventListener('progress', (event) => onProgress(event.loaded))
    request.addEventListener('load', () => {
      const body = parse(request.responseText)
      if (request.status < 300) resolve(body)
      else reject(new ProblemError(request.status, body))
    })
    request.addEventListener('error', () => reject(new Error('The connection broke. Nothing was lost: drop the file again; messages already read are recognised.')))
    request.addEventListener('abort', () => reject(new Error('Upload stopped.')))
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}

function parse(text: string) {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
